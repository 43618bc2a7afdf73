"""Selling: products, orders paid in fiat, refunds, reviews, and the documents that say so."""

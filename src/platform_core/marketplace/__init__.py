"""Selling: products, orders paid in fiat, refunds, reviews."""

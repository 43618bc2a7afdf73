"""Marketplace: what creators sell, and the documents that say so."""

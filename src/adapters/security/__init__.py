"""Keeping secrets: password hashing, sealing, and keys derived from the one secret an installation has."""

"""Wallets: balances with escrow, tips, token packages and their purchase."""

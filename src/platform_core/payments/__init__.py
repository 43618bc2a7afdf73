"""Payments: the payment provider, and an inbox of what it says, for every context that is paid through it."""

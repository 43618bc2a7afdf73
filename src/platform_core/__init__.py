"""The domain of a creator platform: wallets with escrow, identity and a ledger, and nothing of the outside world."""

from platform_core.platform import Platform

__all__ = ["Platform"]

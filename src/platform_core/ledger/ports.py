"""What other contexts may use of the ledger."""

from platform_core.ledger.chart import (
    ISSUANCE,
    REVENUE,
    escrow,
    payable,
    psp,
    psp_fees,
    receivable,
    sales_revenue,
    tax,
    token_sales,
    unmatched,
    user_accounts,
    wallet,
)
from platform_core.ledger.fees import FeePolicy
from platform_core.ledger.holds import HOLDS, Hold, HoldExpiredError, HoldResolved, HoldState

__all__ = [
    "HOLDS",
    "ISSUANCE",
    "REVENUE",
    "FeePolicy",
    "Hold",
    "HoldExpiredError",
    "HoldResolved",
    "HoldState",
    "escrow",
    "payable",
    "psp",
    "psp_fees",
    "receivable",
    "sales_revenue",
    "tax",
    "token_sales",
    "unmatched",
    "user_accounts",
    "wallet",
]

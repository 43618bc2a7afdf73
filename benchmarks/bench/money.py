"""The books after a cell that wrote: not one token lost, made up, or paid without an answer."""

from __future__ import annotations

from dataclasses import dataclass

from bench.datasets import Dataset
from bench.places import HERE, CommandFailed, sh
from bench.postgres import Postgres

PEER_FACTS = (
    "sum_bad",
    "negative_bad",
    "wallet_ledger_bad",
    "tx_ledger_bad",
    "last_entry_bad",
    "chain_bad",
    "replay_balance_bad",
)
OUR_FACTS = ("sum_bad", "negative_bad", "account_bad", "entry_bad", "chain_bad", "answer_bad")


@dataclass(frozen=True)
class Books:
    """One database and what its books must say."""

    postgres: Postgres
    database: str
    dataset: Dataset
    ours: str

    def check(self, accepted: int | None = None, slack: int = 0) -> str:
        """What is wrong, or nothing; with the tips answered as accepted and how many more were under way at the end."""
        family = self.dataset.family
        query = (HERE / f"sql/{family}_check.sql").read_text()
        out = self.postgres.sql(self.database, "-v", f"history={self.dataset.history}", given=query)
        tips, *facts = (int(number) for number in out.strip().split("|"))
        names = PEER_FACTS if family == "peers" else OUR_FACTS
        bad = [name for name, count in zip(names, facts, strict=True) if count]
        if accepted is not None and not accepted <= tips <= accepted + slack:
            bad.append(f"{tips} tips for {accepted} accepted")
        if family == "ours":
            try:
                sh("bash", "-c", f"{self.ours} ledger verify --database-url {self.postgres.url(self.database)}")
            except CommandFailed as error:
                bad.append(f"ledger verify: {error}")
        return ", ".join(bad)

"""What the databases refuse even to plain SQL: the books only grow (invariant 5, MON-18)."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.sql.connection import Connection, Poisoned
from adapters.sql.store import SqlStore
from platform_core.kernel.changes import Changes
from platform_core.ledger.verification import verify
from platform_core.platform import Storage
from support.builders import a_wallet, an_entry, opening
from support.world import World

ANNA, BEN = a_wallet("usr_anna"), a_wallet("usr_ben")

ENTRY = "txn_1', 'tip', '2026-01-01T00:00:00.000000+00:00', 'thief', NULL, '{}', NULL, false"
LINE = "'wallet:usr_anna:TZT', 2, 'txn_1', 999, 999"

CHANGES = {
    "an entry changed": "UPDATE journal SET actor = 'thief' WHERE id = 'txn_1'",
    "an entry deleted": "DELETE FROM journal WHERE id = 'txn_1'",
    "all entries deleted": "DELETE FROM journal",
    "a line changed": "UPDATE postings SET amount = 999 WHERE entry = 'txn_1'",
    "a line deleted": "DELETE FROM postings WHERE entry = 'txn_1'",
    "all lines deleted": "DELETE FROM postings",
    "an entry changed by an insertion": f"INSERT INTO journal VALUES ('{ENTRY})"
    " ON CONFLICT (id) DO UPDATE SET actor = excluded.actor",
    "a line changed by an insertion": f"INSERT INTO postings VALUES ({LINE})"
    " ON CONFLICT (account, sequence) DO UPDATE SET amount = excluded.amount",
    "an entry inserted again": f"INSERT INTO journal VALUES ('{ENTRY})",
    "a line inserted again": f"INSERT INTO postings VALUES ({LINE})",
}
ON_SQLITE = {
    "an entry replaced": f"INSERT OR REPLACE INTO journal VALUES ('{ENTRY})",
    "a line replaced": f"REPLACE INTO postings VALUES ({LINE})",
    "an entry given another's id": "UPDATE OR REPLACE journal SET id = 'txn_1'",
    "a line moved over another": "UPDATE OR REPLACE postings SET sequence = 1",
}
ON_POSTGRES = {
    "all entries gone at once": "TRUNCATE journal",
    "all lines gone at once": "TRUNCATE postings",
    "everything gone at once": "TRUNCATE journal, postings, accounts CASCADE",
    "a line without its other side": "INSERT INTO postings VALUES ('wallet:usr_anna:TZT', 3, 'txn_2', 5, 5)",
    "two lines that do not balance": "INSERT INTO postings VALUES"
    " ('wallet:usr_anna:TZT', 3, 'txn_2', 5, 5), ('wallet:usr_ben:TZT', 3, 'txn_2', -4, 0)",
    "two lines that balance across currencies": "INSERT INTO postings VALUES"
    " ('wallet:usr_anna:TZT', 3, 'txn_2', 5, 5), ('wallet:usr_ben:EUR', 1, 'txn_2', -5, 0)",
}


async def written(store: Storage) -> SqlStore:
    """The store, with a tip in its books."""
    assert isinstance(store, SqlStore)
    await store.commit(opening(ANNA, BEN, tokens=100))
    await store.commit(Changes(entries=(an_entry("txn_1", (ANNA, -30), (BEN, 30)),)))
    return store


async def execute(store: SqlStore, sql: str) -> None:
    """Run a statement that commits, on a connection like those of the server."""

    async def work(connection: Connection) -> None:
        await connection.query(sql)

    await store._backend.side(work)


async def books(store: Storage) -> list[Any]:
    """Everything in the books."""
    return [
        [entry async for entry in store.entries()],
        [line async for line in store.lines()],
        [account async for account in store.accounts()],
    ]


async def refused(store: Storage, sql: str) -> None:
    """Let the database refuse this, and the books be as they were."""
    sql_store = await written(store)
    before = await books(store)

    with pytest.raises(Poisoned):
        await execute(sql_store, sql)

    assert await books(store) == before


@pytest.mark.parametrize("stores", ["sqlite", "postgres"], indirect=True)
@pytest.mark.parametrize("sql", CHANGES.values(), ids=CHANGES)
async def test_what_is_written_stays_as_it_is(store: Storage, sql: str) -> None:
    await refused(store, sql)


@pytest.mark.parametrize("stores", ["sqlite"], indirect=True)
@pytest.mark.parametrize("sql", ON_SQLITE.values(), ids=ON_SQLITE)
async def test_sqlite_replaces_nothing_that_is_written(store: Storage, sql: str) -> None:
    await refused(store, sql)


@pytest.mark.parametrize("stores", ["postgres"], indirect=True)
@pytest.mark.parametrize("sql", ON_POSTGRES.values(), ids=ON_POSTGRES)
async def test_postgres_empties_no_books_and_takes_nothing_that_does_not_balance(store: Storage, sql: str) -> None:
    """Invariant 1."""
    await refused(store, sql)


@pytest.mark.parametrize("stores", ["sqlite"], indirect=True)
async def test_what_sqlite_lets_in_without_its_other_side_verification_finds(store: Storage, world: World) -> None:
    sql_store = await written(store)
    await execute(sql_store, "INSERT INTO postings VALUES ('wallet:usr_anna:TZT', 3, 'txn_1', 5, 5)")

    assert (await verify(store, world.active_holds())).fault is not None


@pytest.mark.parametrize("stores", ["sqlite", "postgres"], indirect=True)
async def test_a_balance_below_its_floor_is_refused(store: Storage) -> None:
    """Invariant 6."""
    await refused(store, "UPDATE accounts SET balance = -1 WHERE id = 'wallet:usr_anna:TZT'")

#!/usr/bin/env python3
"""Fill our own schema with the peers' users, balances and history.

Users 1..1000 are creators, 1001..11000 fans with 10^9 tokens each, 11001 is poor with 50. The history is tips of one
token, spread evenly over fans and creators, with the idempotency keys they came with.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator

from bench.dialects import CREATORS, EXPIRED, FANS, OPENING, POOR, POOR_OPENING, TEEZU, TOKEN
from platform_core.identity.sessions import session_id

USERS = POOR
BEGINNING = "timestamptz '2026-01-01 00:00:00+00'"
LATER = "now() + interval '10 years'"
"""Sessions and keys must not run out, nor be swept, while the benchmark runs."""
FINGERPRINT = json.dumps(dict.fromkeys(("payee", "amount", "context", "context_id"), "0" * 16))


def user(number: str) -> str:
    """SQL for the id of a user whose number is an SQL expression."""
    pattern = json.loads(TEEZU.user % 0)
    digits = len(pattern) - len(pattern.rstrip("0"))
    return f"'{pattern[:-digits]}' || lpad(({number})::text, {digits}, '0')"


def account(purpose: str, number: str) -> str:
    """SQL for the id of a user's account."""
    return f"'{purpose}:' || {user(number)} || ':TZT'"


def sessions() -> Iterator[str]:
    """The rows of the sessions, in COPY's text format; the stored id is a hash of the token."""
    for number in range(1, USERS + 1):
        role = "creator" if number <= CREATORS else "viewer"
        yield f"{session_id(TOKEN % number)}\t1\t{json.loads(TEEZU.user % number)}\t{role}\t2026-01-01\t2100-01-01"
    fan = json.loads(TEEZU.user % (CREATORS + 1))
    yield f"{session_id(EXPIRED)}\t1\t{fan}\tviewer\t2026-01-01\t2026-01-02"


def people() -> str:
    """Users, and their sessions."""
    rows = "\n".join(sessions())
    name = f"CASE WHEN n <= {CREATORS} THEN 'creator' ELSE 'fan' END || n"
    return f"""
INSERT INTO users (id, version, email, email_key, username, password_hash, role, created_at, display_name, bio,
                   social_links)
SELECT {user("n")}, 1, {name} || '@example.test', {name} || '@example.test', {name}, '!',
       CASE WHEN n <= {CREATORS} THEN 'creator' ELSE 'viewer' END, {BEGINNING}, {name}, '', '{{}}'
FROM generate_series(1, {USERS}) n;
COPY sessions (id, version, "user", role, created_at, expires_at) FROM STDIN;
{rows}
\\.
"""


def ledger(history: int) -> str:
    """Entries, lines and keys: first what each fan was credited, then the tips; balances follow from them."""
    opening = f"CASE WHEN n = {POOR} THEN {POOR_OPENING} ELSE {OPENING} END"
    fan, creator = f"{CREATORS + 1} + n % {FANS}", f"1 + n % {CREATORS}"
    tip = "'txn_tip_' || lpad(n::text, 26, '0')"
    credit = "'txn_' || lpad(n::text, 26, '0')"
    tips = f"generate_series(0, {history} - 1) n"
    at = f"{BEGINNING} + interval '1 day' + n * interval '1 second'"
    return f"""
INSERT INTO journal (id, kind, at, actor, reference, details, reverses, despite_freeze)
SELECT {credit}, 'credit', {BEGINNING}, 'cli', {user("n")}, '{{"reason":"opening"}}', NULL, false
FROM generate_series({CREATORS + 1}, {USERS}) n;
INSERT INTO postings (account, sequence, entry, amount, balance)
SELECT 'issuance:sys:TZT', n - {CREATORS}, {credit}, -({opening}), -sum({opening}) OVER (ORDER BY n)
FROM generate_series({CREATORS + 1}, {USERS}) n
UNION ALL
SELECT {account("wallet", "n")}, 1, {credit}, {opening}, {opening}
FROM generate_series({CREATORS + 1}, {USERS}) n;
INSERT INTO journal (id, kind, at, actor, reference, details, reverses, despite_freeze)
SELECT {tip}, 'tip', {at}, {user(fan)}, {user(creator)}, '{{"context":"stream","contextId":"str_old"}}', NULL, false
FROM {tips};
INSERT INTO postings (account, sequence, entry, amount, balance)
SELECT v.account, v.sequence, {tip}, v.amount, v.balance
FROM {tips} CROSS JOIN LATERAL (VALUES
  ({account("wallet", fan)}, n / {FANS} + 2, -1, {OPENING} - 1 - n / {FANS}),
  ({account("wallet", creator)}, n / {CREATORS} + 1, 1, n / {CREATORS} + 1)) v (account, sequence, amount, balance)
ORDER BY n;
INSERT INTO idempotency_keys (scope, key, fingerprint, refused, answer, moved, created_at)
SELECT {user(fan)} || ' SendTip', 'history-' || n, '{FINGERPRINT}', false,
       json_build_object('transaction', {tip}, 'balance', {OPENING} - 1 - n / {FANS}, 'payee', {user(creator)},
                         'payee_name', 'creator' || ({creator}))::text, true, {LATER}
FROM {tips};
INSERT INTO accounts (id, floor, balance, frozen, sequence)
SELECT account, CASE WHEN account LIKE 'issuance:%' THEN NULL ELSE 0 END, sum(amount), false, count(*)
FROM postings GROUP BY account
UNION ALL
SELECT {account("escrow", "n")}, 0, 0, false, 0 FROM generate_series({CREATORS + 1}, {USERS}) n;
"""


def main() -> None:
    """Fill an empty, upgraded database."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database-url", required=True)
    parser.add_argument("--history", type=int, default=100_000, help="tips")
    parser.add_argument("--psql", default="psql", help="the program")
    asked = parser.parse_args()
    # The triggers that guard the journal would look at a million rows for nothing: the checks of the cells read them.
    script = [
        "SET session_replication_role = replica;",
        people(),
        ledger(asked.history),
        "VACUUM (ANALYZE);",
        "CHECKPOINT;",
    ]
    command = [asked.psql, asked.database_url, "-Xq", "-v", "ON_ERROR_STOP=1"]
    sys.exit(subprocess.run(command, input="\n".join(script), text=True, check=False).returncode)


if __name__ == "__main__":
    main()

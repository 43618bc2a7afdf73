"""The behaviour every implementation must show before its numbers count."""

from __future__ import annotations

import json

from bench.dialects import EXPIRED, FIRST_FAN, OPENING, POOR, POOR_OPENING, bearer
from bench.money import Books
from bench.server import Server


class Findings:
    """What was not as it must be."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    def want(self, what: str, holds: bool, got: object) -> None:
        """Note the fact unless it holds."""
        if not holds:
            self.wrong.append(f"{what}: {str(got)[:400]}")


def contract(server: Server, books: Books, content: bool) -> list[str]:
    """Everything that is wrong with a server that stands on a fresh copy of the seed."""
    findings = Findings()
    _balance(server, findings, books.dataset.history // 10_000)
    _tip(server, findings, books.dataset.history // 10_000)
    _races(server, findings)
    if content and server.dialect.feed is not None:
        _feed(
            server,
            findings,
            server.dialect.feed,
            int(books.postgres.ask(books.database, "SELECT max(id) FROM content")[0]),
        )
    bad = books.check()
    findings.want("books", not bad, bad)
    return findings.wrong


def _body(server: Server, recipient: int, amount: int) -> dict[str, object]:
    return {
        "recipientId": server.dialect.user_id(recipient),
        "amount": amount,
        "context": "stream",
        "contextId": "str_1",
    }


def _balance(server: Server, f: Findings, spent: int) -> None:
    path = server.dialect.wallet
    rest = OPENING - spent
    got = server.call("GET", path, None, bearer(FIRST_FAN))
    f.want("balance", got == (200, {"balance": rest, "held": 0, "available": rest, "currency": "TZT"}), got)
    got = server.call("GET", path)
    f.want("balance without a session", got[0] == 401, got)
    for what, token in (("unknown", "nope"), ("expired", EXPIRED)):
        got = server.call("GET", path, None, {"Authorization": f"Bearer {token}"})
        f.want(f"{what} session", got[0] == 401, got)


def _tip(server: Server, f: Findings, spent: int) -> None:
    dialect = server.dialect
    fan = FIRST_FAN

    def tip(sender: int, key: str | None, recipient: int = 7, amount: int = 20) -> tuple[int, object]:
        return server.call("POST", dialect.tip, _body(server, recipient, amount), bearer(sender, key))

    first = server.call("POST", dialect.tip, _body(server, 7, 20), bearer(fan, "contract-1"))
    right = first[0] == 200 and first[1]["newBalance"] == OPENING - spent - 20
    f.want("tip", right and dialect.recipient_of(first[1]) == dialect.user_id(7), first)
    got = tip(fan, "contract-1")
    f.want("replay gives the first answer", got == first, got)
    got = tip(fan, "contract-1", amount=21)
    f.want("used key, other body", got[0] == dialect.key_reused, got)
    got = tip(fan + 1, "contract-1")
    f.want("used key, other sender", got[0] == 200, got)
    got = tip(POOR, "contract-2", amount=POOR_OPENING + 1)
    f.want("overdraft", got[0] == 402, got)
    answer = server.call("GET", dialect.wallet, None, bearer(POOR))
    f.want("balance after the overdraft", answer[0] == 200 and answer[1]["balance"] == POOR_OPENING, answer)
    got = tip(fan, "contract-3", amount=-5)
    f.want("negative amount", got[0] == 422, got)
    got = tip(fan, None)
    f.want("no key", got[0] in (400, 422), got)
    got = tip(fan, "contract-4", recipient=99_999)
    f.want("unknown recipient", got[0] == 404, got)
    got = tip(fan, "contract-5", recipient=fan)
    f.want("tip to oneself", got[0] == 422, got)


def _races(server: Server, f: Findings) -> None:
    path, fan = server.dialect.tip, FIRST_FAN
    got = server.together(path, [(_body(server, 7, 20), bearer(fan + 2, "same-key-race"))] * 20)
    same = len({(status, json.dumps(body)) for status, body in got}) == 1
    f.want("one key raced 20 times", same and got[0][0] == 200, got)
    got = server.together(path, [(_body(server, 7, 10), bearer(POOR, f"poor-race-{n}")) for n in range(30)])
    f.want("50 tokens raced by 30 tips of 10", sorted(s for s, _ in got) == [200] * 5 + [402] * 25, [s for s, _ in got])
    crossing = [(_body(server, fan + (n + 1) % 2, 20), bearer(fan + n % 2, f"cross-race-{n}")) for n in range(40)]
    got = server.together(path, crossing)
    f.want("two wallets tip each other at once", all(status == 200 for status, _ in got), [s for s, _ in got])


def _feed(server: Server, f: Findings, path: str, newest: int) -> None:
    seen: list[int] = []
    cursor = ""
    for _ in range(3):
        page = server.call("GET", f"{path}?limit=20{cursor}")[1]
        seen += [item["id"] for item in page["items"]]
        cursor = f"&cursor={page['nextCursor']}"
    f.want("feed pages", seen == list(range(newest, newest - 60, -1)) and page["hasMore"], seen)
    fields = {"id", "creatorId", "type", "url", "thumbnailUrl", "caption", "isPremium", "createdAt"}
    f.want("feed item", set(page["items"][0]) == fields, page["items"][0])
    got = server.call("GET", f"{path}?limit=20&cursor=1767225605000.5")
    f.want("last feed page", got[1]["hasMore"] is False and len(got[1]["items"]) == 4, got)
    got = server.call("GET", f"{path}?limit=20&cursor=1767225601000.1")
    f.want("empty feed page", got == (200, {"items": [], "nextCursor": None, "hasMore": False}), got)

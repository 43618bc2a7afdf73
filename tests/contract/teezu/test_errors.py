"""What Teezu answers to requests that are not right."""

import logging

import pytest

from entrypoints.http.kit.limits import Limit
from platform_core.kernel.errors import Unavailable
from platform_core.wallet.wallet import Wallet
from support.stores import Stores
from unit.http.served import API, GENEROUS, Answered, Served, served


@pytest.fixture
def stores(memory_stores: Stores) -> Stores:
    """In memory: this is about rows, not about stores."""
    return memory_stores


SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Server": "platform-core",
}


async def login(server: Served, raw: bytes, **headers: str) -> Answered:
    """A body as it is, to an operation anybody may call."""
    return await server.api("POST", "/auth/login", raw=raw, headers={"Content-Type": "application/json", **headers})


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"{", 400),
        (b"", 400),
        (b"\xef\xbb\xbf{}", 400),  # A byte order mark.
        (b'{"email": "\xff"}', 400),
        (b'{"email": "\\ud800", "password": "x"}', 400),
        (b'{"email": "a\\u0000@b.cz", "password": "x"}', 422),
        (b'{"email": "a@b.cz", "email": "c@d.cz", "password": "x"}', 400),
        (b"[" * 33 + b"]" * 33, 400),
        (b"[" * 100_000, 400),
        (b"[]", 422),
        (b"null", 422),
        (b'"text"', 422),
        (b"{'email': 1}", 400),
        (b'{"email": "a@b.cz", "password": "x",}', 400),
        (b'{"email": ' + b"1" * 5000 + b"}", 400),
        (b"{" + b",".join(b'"k%d": 1' % n for n in range(20_000)) + b"}", 422),
    ],
)
async def test_in_01_to_04_a_body_that_could_be_read_two_ways_is_refused(
    server: Served, raw: bytes, status: int
) -> None:
    answer = await login(server, raw)

    assert answer.status == status
    assert answer.code == {400: "BAD_REQUEST", 422: "VALIDATION_ERROR"}[status]
    assert ("details" in answer.json) == (status == 422)
    assert len(answer.raw) < 10_000


async def test_in_03_a_body_is_at_most_one_mebibyte(server: Served) -> None:
    filler = b'{"email": "a@b.cz", "password": "' + b"x" * 2**20 + b'"}'

    answer = await login(server, filler)

    assert (answer.status, answer.code) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1"]
)
async def test_auth_13_only_json_is_taken(server: Served, kind: str) -> None:
    answer = await login(server, b'{"email": "a@b.cz", "password": "x"}', **{"Content-Type": kind})

    assert (answer.status, answer.code) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_a_compressed_body_is_not_unpacked(server: Served) -> None:
    assert (await login(server, b"\x1f\x8b", **{"Content-Encoding": "gzip"})).status == 415


@pytest.mark.parametrize("query", ["?limit=10", "?id=usr_x", "?x=1&x=2"])
async def test_in_09_a_query_nobody_knows_is_refused(server: Served, query: str) -> None:
    jane = await server.guest("jane")

    assert (await server.api("GET", "/wallet/balance" + query, token=jane.token)).status == 422


@pytest.mark.parametrize(
    "path", ["/nope", "/wallet/balance/", "//wallet/balance", "/wallet/../wallet/balance", "/Wallet/balance", "", "/"]
)
async def test_authz_08_a_path_is_taken_as_it_is_or_not_found(server: Served, path: str) -> None:
    jane = await server.guest("jane")
    head = f"GET {API}{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {jane.token}\r\nConnection: close\r\n\r\n"

    answer = await server.wire(head.encode())

    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b'{"statusCode":404,"error":"Not Found","code":"NOT_FOUND"' in answer


async def test_authz_08_encoded_dots_are_no_way_out(server: Served) -> None:
    for path in ("/wallet/%2e%2e/wallet/balance", "/wallet%2fbalance", "/users/%00", "/users/a%2fb", "/users/%ff"):
        answer = await server.wire(f"GET {API}{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 404 "), path


async def test_http_08_a_wrong_verb_is_told_the_right_ones(server: Served) -> None:
    for verb in ("DELETE", "PUT", "TRACE", "PROPFIND"):
        answer = await server.wire(f"{verb} {API}/users/u HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 405 "), verb
        assert b"\r\nAllow: GET, HEAD, OPTIONS, PATCH\r\n" in answer
        assert b'"code":"METHOD_NOT_ALLOWED"' in answer

    connect = await server.wire(b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
    assert connect.startswith(b"HTTP/1.1 405 ")


async def test_authz_08_a_verb_in_a_header_is_ignored(server: Served) -> None:
    jane = await server.guest("jane")

    answer = await server.api(
        "POST", f"/users/{jane.id}", {"bio": "x"}, token=jane.token, headers={"X-HTTP-Method-Override": "PATCH"}
    )

    assert answer.status == 405


async def test_head_is_get_without_a_body(server: Served) -> None:
    jane = await server.guest("jane")

    answer = await server.api("HEAD", "/wallet/balance", token=jane.token)

    assert (answer.status, answer.raw) == (200, b"")
    assert (await server.api("HEAD", "/wallet/balance")).status == 401


async def test_http_05_06_every_answer_is_guarded_and_private_ones_not_kept(server: Served) -> None:
    jane = await server.guest("jane")
    paths = ("/nope", "/healthz", "/docs/teezu", "/teezu/openapi.json", f"{API}/nope", f"{API}/wallet/tip", "/static/x")

    for path in (*paths, f"{API}/wallet/balance"):
        answer = await server.ask("GET", path, token=jane.token)
        assert {name: answer.headers.get(name) for name in SECURITY} == SECURITY, path
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "X-Request-Id" in answer.headers
        assert "Strict-Transport-Security" not in answer.headers
        if path.startswith(API):
            assert answer.headers["Cache-Control"] == "no-store"


async def test_http_06_production_is_https_only() -> None:
    async with served(production=True, cookie_secure=True) as server:
        answer = await server.ask("GET", "/healthz")
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
        registered = await server.api(
            "POST", "/auth/register", {"email": "a@b.cz", "username": "jane", "password": "correct horse battery"}
        )
        assert registered.headers["Set-Cookie"].endswith("; Secure")


async def test_http_03_a_request_id_is_kept_if_it_is_harmless(server: Served) -> None:
    for given, kept in (("abc-1.2_X", True), ("x" * 64, True), ("x" * 65, False), ("a b", False), ("<script>", False)):
        answer = await server.api("GET", "/nope", headers={"X-Request-Id": given})
        assert (answer.headers["X-Request-Id"] == given) == kept


async def test_ops_02_what_breaks_inside_stays_inside(
    server: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    jane = await server.guest("jane")

    def broken(*_: object) -> Wallet:
        raise RuntimeError("SELECT secret FROM vault")

    monkeypatch.setattr(Wallet, "of", broken)
    with caplog.at_level(logging.ERROR):
        answer = await server.api("GET", "/wallet/balance", token=jane.token, headers={"X-Request-Id": "seen"})

    assert answer.json == {
        "statusCode": 500,
        "error": "Internal Server Error",
        "code": "INTERNAL_ERROR",
        "message": "something went wrong on our side",
    }
    assert answer.headers["X-Request-Id"] == "seen"
    assert "SELECT secret" in caplog.text
    assert caplog.records[0].__dict__["request_id"] == "seen"
    assert jane.token not in caplog.text


async def test_an_outage_says_when_to_come_back(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    jane = await server.guest("jane")

    async def down(*_: object) -> None:
        raise Unavailable("the store does not answer", retry_after=3)

    monkeypatch.setattr(server.world.store, "balances", down)
    answer = await server.api("GET", "/wallet/balance", token=jane.token)

    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (503, "UNAVAILABLE", "3")


async def test_rate_limits_are_told_on_every_answer_and_kept() -> None:
    async with served(limits={**GENEROUS, "default": Limit(3)}) as server:
        jane = await server.guest("jane")
        answers = [await server.api("GET", "/wallet/balance", token=jane.token) for _ in range(4)]

        assert [answer.status for answer in answers] == [200, 200, 200, 429]
        assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
        reset = str(int(server.world.clock.now().timestamp()) + 60)
        assert {answer.headers["X-RateLimit-Reset"] for answer in answers} == {reset}
        assert {answer.headers["X-RateLimit-Limit"] for answer in answers} == {"3"}
        assert [answer.headers.get("Retry-After") for answer in answers] == [None, None, None, "60"]
        assert answers[-1].json["statusCode"] == 429
        assert answers[-1].code == "RATE_LIMITED"

        john = await server.guest("john")
        assert (await server.api("GET", "/wallet/balance", token=john.token)).status == 200
        server.world.clock.advance(seconds=61)
        assert (await server.api("GET", "/wallet/balance", token=jane.token)).status == 200


async def test_rate_02_guessing_counts_against_the_address() -> None:
    async with served(limits={**GENEROUS, "default": Limit(5), "auth": Limit(2), "register": Limit(1)}) as server:
        statuses = [(await server.api("GET", "/wallet/balance", token=f"sess_{n}")).status for n in range(6)]
        assert statuses == [401] * 5 + [429]

        new = {"email": "a@b.cz", "username": "jane", "password": "correct horse battery"}
        assert [(await server.api("POST", "/auth/register", new)).status for _ in range(2)] == [201, 429]
        wrong = {"email": "a@b.cz", "password": "wrong"}
        assert [(await server.api("POST", "/auth/login", wrong)).status for _ in range(3)] == [401, 401, 429]


async def test_rate_01_a_forged_forwarding_header_is_not_believed() -> None:
    async with served(limits={**GENEROUS, "default": Limit(1)}) as server:
        forged = [
            (await server.api("GET", "/users/u", headers={"X-Forwarded-For": f"198.51.100.{n}"})).status
            for n in range(2)
        ]
        assert forged == [404, 429]

    async with served(limits={**GENEROUS, "default": Limit(1)}, trusted_proxies=("127.0.0.1",)) as server:
        for chain, status in (
            ("203.0.113.1, 198.51.100.7", 404),
            ("203.0.113.2, 198.51.100.7", 429),
            ("203.0.113.2, 198.51.100.8", 404),
            ("2001:db8::1", 404),
            ("2001:db8::2", 429),
        ):
            answer = await server.api("GET", "/users/u", headers={"X-Forwarded-For": chain})
            assert answer.status == status, chain


async def test_http_04_only_listed_origins_may_read() -> None:
    async with served(cors_origins=("https://app.example",)) as server:
        good = await server.api("GET", "/users/u", headers={"Origin": "https://app.example"})
        assert good.headers["Access-Control-Allow-Origin"] == "https://app.example"
        assert good.headers["Access-Control-Allow-Credentials"] == "true"
        assert good.headers["Vary"] == "Origin"

        for origin in ("https://evil.example", "null", "https://app.example.evil.example", "http://app.example"):
            bad = await server.api("GET", "/users/u", headers={"Origin": origin})
            assert "Access-Control-Allow-Origin" not in bad.headers

        asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "PATCH"}
        preflight = await server.api("OPTIONS", "/users/u", headers=asked)
        assert preflight.status == 204
        assert preflight.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS, PATCH"
        assert "Idempotency-Key" in preflight.headers["Access-Control-Allow-Headers"]


async def test_http_07_a_request_for_somebody_else_is_misdirected() -> None:
    async with served(allowed_hosts=("api.example",)) as server:
        assert (await server.api("GET", "/users/u")).status == 421
        assert (await server.api("GET", "/users/u", headers={"Host": "api.example:8443"})).status == 404
        assert (await server.api("GET", "/nope", headers={"Host": "api.example.evil.example"})).status == 421
        assert (await server.ask("GET", "/healthz")).status == 200
        assert (await server.ask("GET", "/docs/teezu")).status == 421
        assert (await server.ask("POST", "/payments/webhooks/fake", raw=b"{}")).status == 421


async def test_an_idempotency_key_can_be_demanded() -> None:
    async with served(require_idempotency_key=True) as server:
        jane = await server.guest("jane")

        without = await server.api("PATCH", f"/users/{jane.id}", {"bio": "x"}, token=jane.token)
        with_one = await server.api(
            "PATCH", f"/users/{jane.id}", {"bio": "x"}, token=jane.token, headers={"Idempotency-Key": "k"}
        )

        assert (without.status, without.code) == (400, "IDEMPOTENCY_KEY_REQUIRED")
        assert with_one.status == 200


async def test_teezu_is_at_the_root_too_when_it_is_the_one_served() -> None:
    async with served(root_api="teezu") as server:
        jane = await server.guest("jane")

        assert (await server.ask("GET", "/api/v1/wallet/balance", token=jane.token)).status == 200
        assert (await server.ask("GET", "/api/v1/nope")).json["statusCode"] == 404
        assert (await server.ask("GET", "/teezu/openapi.json")).json["servers"] == [{"url": "/api/v1"}]

"""AUTH-06 and AUTH-07: whatever is done to a token, it opens nothing."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import OctKey, RSAKey

from adapters.security.jwt import JoseTokens
from contract.veza.scenes import a_key
from platform_core.identity.signing_in import Granted
from support.stores import Stores
from support.world import TOKENS
from unit.http.served import Served


@pytest.fixture
def stores(memory_stores: Stores) -> Stores:
    """In memory: this is about tokens, not about stores."""
    return memory_stores


SECRET = TOKENS._secret
OURS = OctKey.import_key(SECRET)
THEIRS = OctKey.import_key(b"the key of somebody who would like to be us")
RSA = RSAKey.generate_key(2048)


def encoded(value: object) -> str:
    """A part of a token."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header: Mapping[str, Any], payload: object, key: bytes = SECRET, digest: str = "sha256") -> str:
    """A token signed by hand, whatever is in it."""
    text = f"{encoded(header)}.{encoded(payload)}"
    return f"{text}.{encoded(hmac.digest(key, text.encode(), digest))}"


class Token:
    """A good token, taken apart: the access token of a pair, or the refresh token."""

    def __init__(self, granted: Granted, *, of_refresh: bool = False) -> None:
        self.refresh = granted.refresh.reveal()
        self.text = self.refresh if of_refresh else granted.access.reveal()
        self.head, self.body, self.signature = self.text.split(".")
        found = jws.extract_compact(self.text.encode())
        self.header: dict[str, Any] = dict(found.headers())
        self.payload: dict[str, Any] = json.loads(found.payload)

    def with_header(self, *, key: bytes = SECRET, **changed: Any) -> str:
        """The same with another header, signed by our own key unless another is given."""
        return signed({**self.header, **changed}, self.payload, key)

    def with_payload(self, **changed: Any) -> str:
        """The same with other claims, signed by our own key."""
        return signed(self.header, {**self.payload, **changed})

    def without(self, claim: str) -> str:
        """The same without a claim, signed by our own key."""
        return signed(self.header, {name: value for name, value in self.payload.items() if name != claim})


CLAIMS = ("iss", "aud", "sub", "sid", "iat", "nbf", "exp", "jti")
PUBLIC = RSA.as_pem(private=False)
ATTACKS: Mapping[str, Callable[[Token], str]] = {
    "alg none": lambda t: f"{encoded({**t.header, 'alg': 'none'})}.{t.body}.",
    "alg None": lambda t: f"{encoded({**t.header, 'alg': 'None'})}.{t.body}.",
    "alg none, signature kept": lambda t: f"{encoded({**t.header, 'alg': 'none'})}.{t.body}.{t.signature}",
    "no alg": lambda t: signed({"typ": "at+jwt"}, t.payload),
    "alg that is none": lambda t: t.with_header(alg=["HS256"]),
    "HS384": lambda t: signed({**t.header, "alg": "HS384"}, t.payload, digest="sha384"),
    "HS512": lambda t: signed({**t.header, "alg": "HS512"}, t.payload, digest="sha512"),
    "RS256": lambda t: jws.serialize_compact({**t.header, "alg": "RS256"}, json.dumps(t.payload), RSA, ["RS256"]),
    "HS256 with a public key": lambda t: signed(t.header, t.payload, key=PUBLIC),
    "HS256 with no key": lambda t: signed(t.header, t.payload, key=b""),
    "HS256 with another key": lambda t: signed(t.header, t.payload, key=b"x" * 32),
    "kid": lambda t: t.with_header(kid="veza"),
    "kid to a file": lambda t: t.with_header(key=b"", kid="../../../../dev/null"),
    "kid with SQL": lambda t: t.with_header(key=b"x", kid="x' UNION SELECT 'x"),
    "jwk": lambda t: t.with_header(key=THEIRS.raw_value, jwk=THEIRS.as_dict(private=True)),
    "jwk, signed by us": lambda t: t.with_header(jwk=THEIRS.as_dict(private=True)),
    "jku": lambda t: t.with_header(key=THEIRS.raw_value, jku="https://evil.example/keys.json"),
    "jku, signed by us": lambda t: t.with_header(jku="https://evil.example/keys.json"),
    "x5u": lambda t: t.with_header(key=THEIRS.raw_value, x5u="https://evil.example/chain.pem"),
    "x5u, signed by us": lambda t: t.with_header(x5u="https://evil.example/chain.pem"),
    "x5c": lambda t: t.with_header(x5c=["MIIB"]),
    "crit": lambda t: t.with_header(crit=["b64"], b64=False),
    "crit nobody knows": lambda t: t.with_header(crit=["exp"]),
    "zip": lambda t: t.with_header(zip="DEF"),
    "nothing said of the type": lambda t: signed({"alg": "HS256"}, t.payload),
    "plain JWT": lambda t: t.with_header(typ="JWT"),
    "type of a refresh token": lambda t: t.with_header(typ="rt+jwt"),
    "type of a chat token": lambda t: t.with_header(typ="chat+jwt"),
    "refresh token": lambda t: t.refresh,
    "chat token": lambda t: signed({**t.header, "typ": "chat+jwt"}, {**t.payload, "aud": "veza/chat"}),
    "signature stripped": lambda t: f"{t.head}.{t.body}.",
    "signature left out": lambda t: f"{t.head}.{t.body}",
    "signature cut": lambda t: t.text[:-4],
    "signature of another": lambda t: f"{t.head}.{t.body}.{signed(t.header, {}).rpartition('.')[2]}",
    "signature changed": lambda t: f"{t.head}.{t.body}.{'A' if t.signature[0] != 'A' else 'B'}{t.signature[1:]}",
    "payload changed": lambda t: f"{t.head}.{encoded({**t.payload, 'sub': 'usr_admin'})}.{t.signature}",
    "expired": lambda t: t.with_payload(exp=t.payload["iat"]),
    "expired long ago": lambda t: t.with_payload(iat=0, nbf=0, exp=1),
    "not yet": lambda t: t.with_payload(nbf=t.payload["iat"] + 1),
    "other audience": lambda t: t.with_payload(aud="teezu"),
    "audience of chat": lambda t: t.with_payload(aud="veza/chat"),
    "many audiences": lambda t: t.with_payload(aud=["veza", "teezu"]),
    "other issuer": lambda t: t.with_payload(iss="https://evil.example"),
    "other user": lambda t: t.with_payload(sub="usr_admin"),
    "other session": lambda t: t.with_payload(sid="ses_admin"),
    "expiry as text": lambda t: t.with_payload(exp="9999999999"),
    "expiry as a fraction": lambda t: t.with_payload(exp=9999999999.5),
    "expiry as null": lambda t: t.with_payload(exp=None),
    "expiry as true": lambda t: t.with_payload(exp=True),
    "a claim more": lambda t: t.with_payload(role="admin"),
    **{f"no {claim}": partial(Token.without, claim=claim) for claim in CLAIMS},
    "payload that is no object": lambda t: signed(t.header, [1]),
    "payload that is no JSON": lambda t: signed(t.header, b"{"),
    "payload that is no text": lambda t: signed(t.header, b"\xff"),
    "five parts": lambda t: f"{t.text}.{t.body}.{t.signature}",
    "twice": lambda t: f"{t.text}.{t.text}",
    "JSON form": lambda t: json.dumps({"payload": t.body, "protected": t.head, "signature": t.signature}),
    "spaces in it": lambda t: t.text.replace(".", " . "),
    "dots": lambda t: "..",
    "very long": lambda t: t.text + "A" * 5000,
    "text": lambda t: "token",
}


async def good(server: Served) -> Token:
    """A good token."""
    await server.world.person("jane")
    return Token(await server.granted("jane"))


async def test_a_token_put_together_by_hand_is_good(server: Served) -> None:
    """So that what follows is refused for what was changed and nothing else."""
    token = await good(server)

    answer = await server.api("GET", "/sessions", token=signed(token.header, token.payload))

    assert answer.status == 200, answer.raw


@pytest.mark.parametrize("attack", ATTACKS)
async def test_auth_06_07_a_forged_or_misused_token_is_refused(server: Served, attack: str) -> None:
    token = await good(server)

    answer = await server.api("GET", "/sessions", token=ATTACKS[attack](token))

    assert (answer.status, answer.json["success"]) == (401, False)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "attack", [name for name in ATTACKS if name not in ("refresh token", "type of a refresh token")]
)
async def test_auth_06_07_nor_does_it_refresh(server: Served, attack: str) -> None:
    token = await good(server)
    of_refresh = Token(await server.granted("jane"), of_refresh=True)

    answer = await server.api("POST", "/auth/refresh", {"refresh_token": ATTACKS[attack](of_refresh)})

    assert answer.status in (400, 401)
    assert (await server.api("GET", "/sessions", token=token.text)).status == 200


async def test_an_access_token_does_not_refresh(server: Served) -> None:
    token = await good(server)

    assert (await server.api("POST", "/auth/refresh", {"refresh_token": token.text})).status == 401
    assert (await server.api("POST", "/auth/refresh", {"refresh_token": token.refresh})).status == 200


async def test_auth_07_keys_and_tokens_are_not_taken_for_each_other(server: Served) -> None:
    token = await good(server)
    user = str(token.payload["sub"])
    _, key = await a_key(server.world, user)

    for headers in (
        {"Authorization": f"Bearer {key}"},
        {"X-API-Key": token.text},
        {"X-API-Key": token.refresh},
        {"X-API-Key": ""},
        {"X-API-Key": key, "Authorization": f"Bearer {token.text}"},
    ):
        answer = await server.api("GET", "/sessions", headers=headers)
        assert answer.status == 401, headers


async def test_a_short_key_signs_nothing() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        JoseTokens(b"short")

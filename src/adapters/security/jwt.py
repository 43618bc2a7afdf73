"""Signed tokens as JWTs: one algorithm, one key, and nothing in a token has a say in either (AUTH-06, AUTH-07)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

import attrs
import msgspec

from platform_core.identity.ports import Claims, TokenKind
from platform_core.kernel.errors import Unauthenticated
from platform_core.kernel.secret import Secret

if TYPE_CHECKING:
    from joserfc.jwk import OctKey

ALGORITHM = "HS256"
ISSUER = "platform-core"
#: Far more than ours are; nothing longer is decoded.
LONGEST = 2048

#: What the header says it is, and whom it is for: a token of one kind is read as no other.
_TYPES: Mapping[TokenKind, str] = {TokenKind.ACCESS: "at+jwt", TokenKind.REFRESH: "rt+jwt"}
_AUDIENCES: Mapping[TokenKind, str] = {TokenKind.ACCESS: "veza", TokenKind.REFRESH: "veza/auth/refresh"}


class _Payload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is in a token, by the names of RFC 7519; `sid` is the session."""

    iss: str
    aud: str
    sub: str
    sid: str
    iat: int
    nbf: int
    exp: int
    jti: str


_payload = msgspec.json.Decoder(_Payload, strict=True)
_encode = msgspec.json.Encoder().encode


@attrs.define
class JoseTokens:
    """JWTs signed with HMAC-SHA-256.

    Args:
        secret: The key, at least 32 random bytes.

    Raises:
        ValueError: It is too short.
    """

    _secret: bytes = attrs.field(repr=False)

    def __attrs_post_init__(self) -> None:
        if len(self._secret) < 32:
            raise ValueError("the key that signs tokens has at least 32 bytes")

    def sign(self, claims: Claims) -> Secret:
        """The token: for the same claims the same one."""
        from joserfc import jws

        issued = int(claims.issued_at.timestamp())
        payload = _Payload(
            iss=ISSUER,
            aud=_AUDIENCES[claims.kind],
            sub=claims.user,
            sid=claims.session,
            iat=issued,
            nbf=issued,
            exp=int(claims.expires_at.timestamp()),
            jti=claims.secret,
        )
        header = {"alg": ALGORITHM, "typ": _TYPES[claims.kind]}
        return Secret(jws.serialize_compact(header, _encode(payload), self._key, algorithms=[ALGORITHM]))

    def read(self, token: str, kind: TokenKind, *, now: datetime) -> Claims:
        """What a token of this kind says.

        Raises:
            Unauthenticated: It is not ours, not of this kind, or not good at this moment.
        """
        payload = self._verified(token, kind)
        moment = now.timestamp()
        if payload is None or payload.iss != ISSUER or payload.aud != _AUDIENCES[kind]:
            raise Unauthenticated("this token is not good here")
        if not payload.nbf <= moment < payload.exp:
            raise Unauthenticated("this token is not good any more")
        issued, expires = (datetime.fromtimestamp(at, UTC) for at in (payload.iat, payload.exp))
        return Claims(kind, payload.sub, payload.sid, issued, expires, payload.jti)

    def _verified(self, token: str, kind: TokenKind) -> _Payload | None:
        """What is in the token, if our key signed it and its header is the one we write, to the letter."""
        from joserfc import jws
        from joserfc.errors import JoseError

        if len(token) > LONGEST or not token.isascii():
            return None
        try:
            found = jws.deserialize_compact(token, self._key, algorithms=[ALGORITHM])
            # A header of ours names no key, no address and no extension: none of them is ever looked at.
            if found.headers() != {"alg": ALGORITHM, "typ": _TYPES[kind]}:
                return None
            return _payload.decode(found.payload)
        except (JoseError, msgspec.MsgspecError, ValueError, KeyError, TypeError):
            return None

    @cached_property
    def _key(self) -> OctKey:
        from joserfc.jwk import OctKey

        return OctKey.import_key(self._secret)

"""People who sign in through Veza, for its tests."""

from __future__ import annotations

from typing import Any

from joserfc import jws

from unit.http.served import Answered, Served

NEW = {"username": "johndoe", "email": "john@example.com", "password": "SecureP@ssw0rd"}
LOGIN = {"email": NEW["email"], "password": NEW["password"]}


async def signed_up(server: Served) -> dict[str, Any]:
    """Somebody new; their tokens."""
    answer = await server.api("POST", "/auth/register", NEW)
    data: dict[str, Any] = answer.json["data"]
    return data


async def refreshed(server: Served, token: str, **more: Any) -> Answered:
    """Swap a refresh token."""
    return await server.api("POST", "/auth/refresh", {"refresh_token": token}, **more)


async def is_in(server: Served, access: str) -> bool:
    """Whether an access token is good."""
    answer = await server.api("GET", "/sessions", token=access)
    assert answer.status in (200, 401)
    return answer.status == 200


def session_of(access: str) -> str:
    """The session that an access token names."""
    return str(jws.extract_compact(access.encode()).payload.decode().split('"sid":"')[1].split('"')[0])

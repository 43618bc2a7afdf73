"""What Teezu answers about users."""

import pytest

from platform_core.kernel.actor import Role
from unit.http.served import Served

PUBLIC = {"id", "username", "displayName", "avatarUrl", "role", "createdAt"}


async def test_a_user_is_public_in_the_documents_fields(server: Served) -> None:
    jane = await server.guest("jane", role=Role.CREATOR)

    answer = await server.api("GET", f"/users/{jane.id}")

    assert answer.status == 200
    assert answer.json == {
        "id": jane.id,
        "username": "jane",
        "displayName": "jane",
        "avatarUrl": None,
        "role": "creator",
        "createdAt": "2026-01-01T00:00:00Z",
    }


async def test_authz_04_only_the_user_and_admins_see_the_address(server: Served) -> None:
    jane = await server.guest("jane")
    john, root = await server.guest("john"), await server.guest("boss", role=Role.ADMIN)

    seen = {
        name: set((await server.api("GET", f"/users/{jane.id}", token=token)).json)
        for name, token in (("jane", jane.token), ("john", john.token), ("root", root.token), ("nobody", None))
    }

    assert seen == {
        "jane": PUBLIC | {"bio", "email"},
        "root": PUBLIC | {"bio", "email"},
        "john": PUBLIC,
        "nobody": PUBLIC,
    }


async def test_a_dead_token_does_not_read_as_nobody(server: Served) -> None:
    jane = await server.guest("jane")

    assert (await server.api("GET", f"/users/{jane.id}", token="sess_dead")).status == 401


async def test_a_missing_user_is_not_found(server: Served) -> None:
    answer = await server.api("GET", "/users/usr_nobody")

    assert answer.json == {
        "statusCode": 404,
        "error": "Not Found",
        "code": "NOT_FOUND",
        "message": "there is no such user",
    }


async def test_patch_changes_what_is_sent_and_answers_the_user(server: Served) -> None:
    jane = await server.guest("jane")
    path = f"/users/{jane.id}"

    changed = await server.api("PATCH", path, {"displayName": "Johnny", "bio": "Creator 🔥"}, token=jane.token)
    again = await server.api("PATCH", path, {"avatarUrl": "https://cdn.example/a.webp"}, token=jane.token)

    assert changed.status == again.status == 200
    assert changed.json["displayName"] == "Johnny"
    assert again.json == {**changed.json, "avatarUrl": "https://cdn.example/a.webp"}
    assert set(again.json) == PUBLIC | {"bio", "email"}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"displayName": ""}, {"displayName"}),
        ({"displayName": "x" * 51, "bio": "x" * 501}, {"displayName", "bio"}),
        ({"avatarUrl": "http://plain.example/a.png"}, {"avatarUrl"}),
        ({"avatarUrl": "javascript:alert(1)"}, {"avatarUrl"}),
        ({"displayName": None, "bio": 7}, {"displayName", "bio"}),
        ({"role": "admin", "isAdmin": True, "balance": 10}, {"role", "isAdmin", "balance"}),
        ({"id": "usr_other"}, {"id"}),
        ({"email_key": "x", "display_name": "core names are not wire names"}, {"email_key", "display_name"}),
    ],
)
async def test_authz_03_patch_names_every_field_it_does_not_take(
    server: Served, body: dict[str, object], fields: set[str]
) -> None:
    jane = await server.guest("jane")
    before = (await server.api("GET", f"/users/{jane.id}", token=jane.token)).json

    answer = await server.api("PATCH", f"/users/{jane.id}", body, token=jane.token)

    assert answer.status == 422
    assert {detail["field"] for detail in answer.json["details"]} == fields
    assert (await server.api("GET", f"/users/{jane.id}", token=jane.token)).json == before


async def test_authz_02_who_may_comes_before_what_is_sent(server: Served) -> None:
    jane, john = await server.guest("jane"), await server.guest("john")
    nonsense = {"displayName": 7}

    assert (await server.api("PATCH", "/users/usr_nobody", nonsense)).status == 401
    assert (await server.api("PATCH", "/users/usr_nobody", nonsense, token=john.token)).status == 404
    assert (await server.api("PATCH", f"/users/{jane.id}", nonsense, token=john.token)).status == 403
    assert (await server.api("PATCH", f"/users/{jane.id}", nonsense, token=jane.token)).status == 422
    assert (await server.api("PATCH", f"/users/{jane.id}", raw=b"{", token=john.token)).status == 403


async def test_authz_01_an_admin_may_change_others(server: Served) -> None:
    jane, root = await server.guest("jane"), await server.guest("boss", role=Role.ADMIN)

    assert (await server.api("PATCH", f"/users/{jane.id}", {"bio": "tidied"}, token=root.token)).status == 200


async def test_a_profile_is_the_same_for_everybody(server: Served) -> None:
    jane = await server.guest("jane")

    public = await server.api("GET", f"/users/{jane.id}/profile")
    own = await server.api("GET", f"/users/{jane.id}/profile", token=jane.token)

    assert public.json == own.json
    assert public.json == {
        "id": jane.id,
        "username": "jane",
        "displayName": "jane",
        "avatarUrl": None,
        "bio": "",
        "role": "viewer",
        "createdAt": "2026-01-01T00:00:00Z",
        "stats": {"followers": 0, "following": 0, "content": 0, "streams": 0},
        "recentContent": [],
        "subscriptionTiers": [],
        "socialLinks": {},
    }
    assert (await server.api("GET", "/users/usr_nobody/profile")).status == 404

"""Names, addresses, passwords and profiles."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.testing import START
from platform_core.identity.profiles import GetUser, UpdateUser
from platform_core.identity.users import (
    RESERVED,
    User,
    check_email,
    check_password,
    check_username,
    folded_email,
    is_email,
)
from platform_core.kernel.actor import ANONYMOUS, Role
from platform_core.kernel.errors import Forbidden, Invalid, NotFound
from platform_core.kernel.secret import Secret
from support.steady import STEADY
from support.world import OPERATOR, memory_world


@pytest.mark.parametrize("name", ["abc", "a_1", "___", "0" * 30, "usr_short", "annas"])
def test_a_name_is_3_to_30_of_a_to_z_digits_and_underscores(name: str) -> None:
    check_username(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "ab",
        "a" * 31,
        "Anna",
        "an na",
        "än",
        "\u0430nna",
        "anna\n",
        "anna-b",
        "a.b",
        "\uff41nna",
        "anna\u200d",
        "\x00\x00\x00",
    ],
)
def test_anything_else_is_no_name(name: str) -> None:
    """IN-07: nothing that looks like another name in another script, case or width."""
    with pytest.raises(Invalid) as refused:
        check_username(name)
    assert refused.value.details[0].field == "username"


@pytest.mark.parametrize("name", [*sorted(RESERVED - {"me"}), "usr_0123456789", "ses_abcdefgh", "txn_000000"])
def test_a_name_that_passes_for_the_platform_or_an_id_is_reserved(name: str) -> None:
    with pytest.raises(Invalid, match="reserved"):
        check_username(name)


@pytest.mark.parametrize(
    "email", ["a@b.nl", "a.b+c@sub.example.org", "ü@müller.example", "A@EXAMPLE.ORG", "x" * 64 + "@example.org"]
)
def test_an_address_has_a_local_part_and_a_domain(email: str) -> None:
    assert is_email(email)


@pytest.mark.parametrize(
    "email",
    [
        "",
        "a",
        "@b.nl",
        "a@",
        "a@b",
        "a@b.",
        "a@.nl",
        "a b@c.nl",
        "a@b@c.nl",
        "a@-b.nl",
        "a@b-.nl",
        "a@b..nl",
        "a@b.1",
        "<a@b.nl>",
        "a\x00@b.nl",
        "a\ud800@b.nl",
        "a@b.nl\n",
        "x" * 65 + "@b.nl",
        "a@" + "b" * 260 + ".nl",
    ],
)
def test_anything_else_is_no_address(email: str) -> None:
    assert not is_email(email)
    with pytest.raises(Invalid):
        check_email(email)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Anna@Example.org", "anna@example.ORG"), ("\uff21NNA@example.org", "anna@example.org"), ("ß@b.nl", "SS@b.nl")],
)
def test_one_address_in_two_spellings_is_one_address(one: str, other: str) -> None:
    assert folded_email(one) == folded_email(other)


@STEADY
@given(st.text())
def test_folding_an_address_twice_is_folding_it_once(text: str) -> None:
    folded = folded_email(text)

    assert folded_email(folded) == folded
    assert unicodedata.is_normalized("NFKC", folded)


@pytest.mark.parametrize("password", ["x" * 8, "x" * 128, "pässwörd", "with space", "🎉" * 8])
def test_a_password_is_8_to_128_characters_of_any_kind(password: str) -> None:
    """AUTH-04: no composition rules."""
    check_password(Secret(password))


@pytest.mark.parametrize("password", ["", "x" * 7, "x" * 129, "x" * 8 + "\ud800"])
def test_anything_else_is_no_password(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_password(Secret(password))
    assert refused.value.details[0].field == "password"
    assert not password or password not in str(refused.value)


def a_user() -> User:
    return User.register(id="usr_1", email="A@b.nl", username="anna", password_hash="-", role=Role.VIEWER, now=START)


def test_a_new_user_is_called_by_their_name_and_compared_by_their_folded_address() -> None:
    user = a_user()

    assert (user.display_name, user.email, user.email_key) == ("anna", "A@b.nl", "a@b.nl")
    assert [type(event).__name__ for event in user.take_events()] == ["UserRegistered"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("display_name", ""),
        ("display_name", "x" * 51),
        ("display_name", "a\x00b"),
        ("bio", "x" * 501),
        ("bio", "\ud800"),
        ("avatar_url", "http://example.org/a.png"),
        ("avatar_url", "javascript:alert(1)"),
        ("avatar_url", "https://" + "x" * 2048),
    ],
)
def test_a_profile_that_breaks_a_rule_changes_nothing(field: str, value: str) -> None:
    user = a_user()
    changes = {"display_name": "Anna", "bio": "hello", "avatar_url": "https://example.org/a.png"}

    with pytest.raises(Invalid) as refused:
        user.describe(**{**changes, field: value})
    assert refused.value.details[0].field == field
    assert (user.display_name, user.bio, user.avatar_url) == ("anna", "", None)


async def test_one_changes_ones_own_profile_and_what_is_not_said_stays() -> None:
    world = memory_world()
    anna = await world.person("anna")
    await world.execute(UpdateUser(anna.id, bio="line\nbreak 🎉"), by=anna.actor)
    seen = await world.execute(UpdateUser(anna.id, display_name="Anna"), by=anna.actor)

    assert (seen.display_name, seen.bio) == ("Anna", "line\nbreak 🎉")


async def test_anothers_profile_is_forbidden_a_missing_one_not_found_and_admins_may() -> None:
    world = memory_world()
    anna, ben = await world.person("anna"), await world.person("benn")
    with pytest.raises(Forbidden):
        await world.execute(UpdateUser(anna.id, bio="x" * 999), by=ben.actor)
    with pytest.raises(NotFound):
        await world.execute(UpdateUser("usr_none", bio="x"), by=ben.actor)

    assert (await world.execute(UpdateUser(anna.id, bio="by staff"), by=OPERATOR)).bio == "by staff"


async def test_private_fields_are_seen_by_the_user_and_admins_only() -> None:
    """AUTHZ-04."""
    world = memory_world()
    anna, ben = await world.person("anna"), await world.person("benn", role=Role.MODERATOR)

    for actor in (anna.actor, OPERATOR):
        private = (await world.execute(GetUser(anna.id), by=actor)).private
        assert private is not None
        assert private.email == "anna@example.org"
    for actor in (ben.actor, ANONYMOUS):
        seen = await world.execute(GetUser(anna.id), by=actor)
        assert seen.private is None
        assert "example.org" not in repr(seen)

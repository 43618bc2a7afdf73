"""What every store promises about aggregates."""

from datetime import timedelta

import pytest

from adapters.testing import START
from platform_core.identity.guesses import Guesses
from platform_core.identity.users import User
from platform_core.kernel.actor import Role
from platform_core.kernel.changes import Changes
from platform_core.kernel.errors import Stale, Taken
from platform_core.kernel.select import Operator, Select, Where
from platform_core.ledger.holds import Hold, HoldState
from platform_core.platform import Storage
from support.builders import a_hold, a_user


async def saved(store: Storage, id: str = "usr_1") -> User:
    """The user as read back."""
    user = await store.get(User, id)
    assert user is not None
    return user


async def test_what_was_added_is_read_back_at_version_one(store: Storage) -> None:
    await store.commit(Changes(added=(a_user(bio="hello"),)))

    user = await saved(store)
    assert (user.version, user.bio, user.role) == (1, "hello", Role.VIEWER)


async def test_there_is_nothing_where_nothing_was_added(store: Storage) -> None:
    assert await store.get(User, "usr_1") is None


@pytest.mark.parametrize("id", ["", "\x00", "usr_\x00", "\ud800", "'; --", "x" * 10_000])
async def test_an_id_that_can_be_nobodys_is_nobodys(store: Storage, id: str) -> None:
    await store.commit(Changes(added=(a_user(),)))

    assert await store.get(User, id) is None
    assert await store.get(User, "usr_1") is not None


async def test_a_change_that_is_not_saved_is_forgotten(store: Storage) -> None:
    await store.commit(Changes(added=(a_user(social_links={"web": "https://example.org"}),)))
    user = await saved(store)
    user.bio = "changed"
    user.social_links["web"] = "changed"

    again = await saved(store)
    assert (again.bio, again.social_links) == ("", {"web": "https://example.org"})


async def test_a_change_after_the_commit_is_forgotten_too(store: Storage) -> None:
    user = a_user(social_links={"web": "https://example.org"})
    await store.commit(Changes(added=(user,)))
    user.bio = "changed"
    user.social_links["web"] = "changed"

    again = await saved(store)
    assert (again.bio, again.social_links) == ("", {"web": "https://example.org"})


async def test_each_save_moves_the_version_on(store: Storage) -> None:
    await store.commit(Changes(added=(a_user(),)))
    for bio in ("one", "two"):
        user = await saved(store)
        user.bio = bio
        await store.commit(Changes(saved=(user,)))

    user = await saved(store)
    assert (user.version, user.bio) == (3, "two")


async def test_a_save_at_an_old_version_is_stale(store: Storage) -> None:
    await store.commit(Changes(added=(a_user(),)))
    old, new = await saved(store), await saved(store)
    await store.commit(Changes(saved=(new,)))

    with pytest.raises(Stale):
        await store.commit(Changes(saved=(old,)))
    assert (await saved(store)).version == 2


async def test_what_is_gone_cannot_be_saved_removed_or_guarded(store: Storage) -> None:
    user = a_user()
    await store.commit(Changes(added=(user,)))
    user = await saved(store)
    await store.commit(Changes(removed=(user,)))

    assert await store.get(User, "usr_1") is None
    for changes in (
        Changes(saved=(user,)),
        Changes(removed=(user,)),
        Changes(guarded=(user,), added=(a_user("usr_2"),)),
    ):
        with pytest.raises(Stale):
            await store.commit(changes)
    assert await store.get(User, "usr_2") is None


async def test_what_is_there_cannot_be_added(store: Storage) -> None:
    await store.commit(Changes(added=(a_user(),)))

    with pytest.raises(Stale):
        await store.commit(Changes(added=(a_user(bio="another"),)))
    assert (await saved(store)).bio == ""


async def test_a_removed_one_can_be_added_again(store: Storage) -> None:
    await store.commit(Changes(added=(a_user(),)))
    await store.commit(Changes(removed=(await saved(store),)))
    await store.commit(Changes(added=(a_user(bio="again"),)))

    user = await saved(store)
    assert (user.version, user.bio) == (1, "again")


async def test_a_guard_holds_when_nothing_changed_and_refuses_when_something_did(store: Storage) -> None:
    await store.commit(Changes(added=(a_user("usr_1"), a_user("usr_2"))))
    guarded, other = await saved(store, "usr_1"), await saved(store, "usr_2")
    other.bio = "guarded"
    await store.commit(Changes(saved=(other,), guarded=(guarded,)))

    assert (await saved(store, "usr_1")).version == 1
    await store.commit(Changes(saved=(await saved(store, "usr_1"),)))
    other = await saved(store, "usr_2")
    other.bio = "not this"
    with pytest.raises(Stale):
        await store.commit(Changes(saved=(other,), guarded=(guarded,)))
    assert (await saved(store, "usr_2")).bio == "guarded"


@pytest.mark.parametrize("name", ["username", "email_key"])
async def test_a_unique_value_has_one_owner_and_the_refusal_names_the_field(store: Storage, name: str) -> None:
    await store.commit(Changes(added=(a_user("usr_1", **{name: "same"}),)))

    with pytest.raises(Taken) as taken:
        await store.commit(Changes(added=(a_user("usr_2", **{name: "same"}),)))
    assert [detail.field for detail in taken.value.details] == [name]
    assert await store.get(User, "usr_2") is None


async def test_a_unique_value_cannot_be_taken_over_by_a_save(store: Storage) -> None:
    await store.commit(Changes(added=(a_user("usr_1"), a_user("usr_2"))))
    user = await saved(store, "usr_2")
    user.username = "user1"

    with pytest.raises(Taken):
        await store.commit(Changes(saved=(user,)))
    assert (await saved(store, "usr_2")).username == "user2"


async def test_a_unique_value_given_up_or_gone_is_free(store: Storage) -> None:
    await store.commit(Changes(added=(a_user("usr_1"), a_user("usr_2"))))
    first = await saved(store, "usr_1")
    first.username = "renamed"
    await store.commit(Changes(saved=(first,)))
    await store.commit(Changes(removed=(await saved(store, "usr_2"),)))
    await store.commit(Changes(added=(a_user("usr_3", username="user1"), a_user("usr_4", username="user2"))))

    assert [user.username for user in await store.find(Select(User))] == ["renamed", "user1", "user2"]


async def test_saving_keeps_ones_own_unique_values(store: Storage) -> None:
    await store.commit(Changes(added=(a_user(),)))
    user = await saved(store)
    user.bio = "changed"
    await store.commit(Changes(saved=(user,)))

    with pytest.raises(Taken):
        await store.commit(Changes(added=(a_user("usr_2", username="user1"),)))


async def test_a_unit_is_applied_whole_or_not_at_all(store: Storage) -> None:
    await store.commit(Changes(added=(a_user("usr_1"),)))
    first = await saved(store)
    first.bio = "changed"

    with pytest.raises(Taken):
        await store.commit(
            Changes(added=(a_hold(), a_user("usr_2", username="user1")), saved=(first,)),
        )
    assert (await saved(store)).bio == ""
    assert await store.get(Hold, "hld_1") is None


# ---- find

NAMES = ["Anna", "anna", "an_a", "an%a", "ben", "ä", "z", "日本", "🎉", "\uffff"]


async def people(store: Storage) -> None:
    users = [
        a_user(
            f"usr_{i}",
            username=name,
            role=Role.CREATOR if i % 2 else Role.VIEWER,
            created_at=START + timedelta(microseconds=i // 3),
            banned_at=START + timedelta(seconds=i) if i % 3 == 0 else None,
        )
        for i, name in enumerate(NAMES)
    ]
    await store.commit(Changes(added=tuple(users)))


async def found(store: Storage, *where: Where, order: tuple[str, ...] = (), limit: int = 100) -> list[str]:
    return [user.id.removeprefix("usr_") for user in await store.find(Select(User, where, order, None, limit))]


@pytest.mark.parametrize(
    ("field", "operator", "value", "expected"),
    [
        ("username", "=", "anna", "1"),
        ("username", "!=", "anna", "023456789"),
        ("username", "in", ("ben", "z", "nobody"), "46"),
        ("username", "in", (), ""),
        ("username", "prefix", "an", "123"),
        ("username", "prefix", "an_", "2"),
        ("username", "prefix", "an%", "3"),
        ("username", "prefix", "", "0123456789"),
        ("username", "prefix", "🎉", "8"),
        ("username", "contains", "n", "01234"),
        ("username", "contains", "%", "3"),
        ("username", "contains", "_", "2"),
        ("username", "contains", "", "0123456789"),
        ("username", "contains", "本", "7"),
        ("username", "<", "anna", "023"),
        ("username", "<=", "anna", "0123"),
        ("username", ">", "z", "5789"),
        ("username", ">=", "z", "56789"),
        ("role", "=", Role.CREATOR, "13579"),
        ("role", "in", (Role.CREATOR, Role.ADMIN), "13579"),
        ("role", "!=", Role.CREATOR, "02468"),
        ("created_at", "<", START + timedelta(microseconds=1), "012"),
        ("created_at", ">=", START + timedelta(microseconds=2), "6789"),
        ("created_at", "=", START + timedelta(microseconds=3), "9"),
        ("banned_at", "=", None, "124578"),
        ("banned_at", "!=", None, "0369"),
        ("banned_at", "!=", START, "12345678" + "9"),
        ("banned_at", ">", START, "369"),
        ("banned_at", "<=", START + timedelta(seconds=3), "03"),
    ],
)
async def test_a_filter_compares_a_field_with_a_constant(
    store: Storage, field: str, operator: Operator, value: object, expected: str
) -> None:
    await people(store)

    assert "".join(await found(store, Where(field, operator, value))) == expected


async def test_numbers_compare_as_numbers(store: Storage) -> None:
    holds = [a_hold(f"hld_{n}", amount=n) for n in (9, 10, 100, 10**15)]
    await store.commit(Changes(added=tuple(holds)))

    large = await store.find(Select(Hold, (Where("amount", ">", 9),), ("-amount",)))
    assert [hold.amount for hold in large] == [10**15, 100, 10]


async def test_all_filters_must_hold(store: Storage) -> None:
    await people(store)

    assert await found(store, Where("role", "=", Role.CREATOR), Where("banned_at", "!=", None)) == ["3", "9"]


async def test_the_id_is_the_order_unless_another_is_asked_for(store: Storage) -> None:
    await people(store)

    assert "".join(await found(store)) == "0123456789"
    assert "".join(await found(store, limit=3)) == "012"


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (("username",), "0321465798"),
        (("-username",), "8975641230"),
        (("created_at",), "0123456789"),
        (("-created_at",), "9876543210"),
        (("role", "-created_at", "username"), "9735168402"),
        (("banned_at",), "1245780369"),
        (("-banned_at",), "9630875421"),
        (("-id",), "9876543210"),
    ],
)
async def test_an_order_goes_by_code_point_or_moment_with_none_first_and_the_id_last(
    store: Storage, order: tuple[str, ...], expected: str
) -> None:
    await people(store)

    assert "".join(await found(store, order=order)) == expected


@pytest.mark.parametrize(
    "order", [(), ("-id",), ("created_at",), ("-created_at",), ("banned_at", "-username"), ("-banned_at",)]
)
async def test_pages_put_together_are_the_whole(store: Storage, order: tuple[str, ...]) -> None:
    await people(store)
    whole = await found(store, order=order)
    paged: list[str] = []
    after: tuple[object, ...] | None = None
    while page := await store.find(Select(User, order=order, after=after, limit=3)):
        paged += [user.id.removeprefix("usr_") for user in page]
        after = (*(getattr(page[-1], name.lstrip("-")) for name in order), page[-1].id)

    assert paged == whole


@pytest.mark.parametrize("order", [(), ("-created_at",), ("banned_at", "-username")])
async def test_pages_by_number_put_together_are_the_whole(store: Storage, order: tuple[str, ...]) -> None:
    await people(store)
    pages = [await store.find(Select(User, order=order, limit=4, offset=offset)) for offset in (0, 4, 8, 12)]

    assert [user.id.removeprefix("usr_") for page in pages for user in page] == await found(store, order=order)
    assert [len(page) for page in pages] == [4, 4, 2, 0]


async def test_a_page_does_not_shift_when_something_comes_before_it(store: Storage) -> None:
    await people(store)
    first = await store.find(Select(User, order=("created_at",), limit=5))
    await store.commit(Changes(added=(a_user("usr_00", created_at=START - timedelta(days=1)),)))
    after = (first[-1].created_at, first[-1].id)

    rest = await store.find(Select(User, order=("created_at",), after=after))
    assert [user.id for user in rest] == ["usr_5", "usr_6", "usr_7", "usr_8", "usr_9"]


async def test_an_order_and_a_filter_go_together(store: Storage) -> None:
    holds = [
        a_hold(
            f"hld_{i}", deadline=START + timedelta(minutes=-i), state=HoldState.ACTIVE if i % 2 else HoldState.RELEASED
        )
        for i in range(6)
    ]
    await store.commit(Changes(added=tuple(holds)))

    due = await store.find(
        Select(Hold, (Where("state", "=", HoldState.ACTIVE), Where("deadline", "<=", START)), ("deadline",), limit=2)
    )
    assert [hold.id for hold in due] == ["hld_5", "hld_3"]


async def test_what_is_found_is_fresh_too(store: Storage) -> None:
    await store.commit(Changes(added=(Guesses(id="gss_1", since=START, failures=3),)))
    [one] = await store.find(Select(Guesses))
    one.failures = 99

    [again] = await store.find(Select(Guesses))
    assert (again.failures, again.version) == (3, 1)

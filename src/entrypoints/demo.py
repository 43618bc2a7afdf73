"""Demo data: five people, some tokens and what they are about; the same each time but for their passwords."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence

from attrs import frozen

from entrypoints.demo_content import seed_content
from entrypoints.demo_sales import seed_sales
from entrypoints.demo_scenes import OnAir, acting, seed_bookings, seed_messages, seed_streams
from entrypoints.keeping import beside_data, write_private
from entrypoints.settings import Settings
from platform_core.identity.access import Login
from platform_core.identity.profiles import UserView
from platform_core.identity.staff import CreateUser, FindUser
from platform_core.kernel.actor import ANONYMOUS, Actor, Role
from platform_core.kernel.errors import NotFound
from platform_core.kernel.secret import Secret
from platform_core.platform import Platform
from platform_core.wallet.balance import CreditWallet

#: Names have three letters or more, and none that would pass for the platform's own.
PEOPLE: Mapping[str, Role] = {
    "ada": Role.CREATOR,
    "bob": Role.VIEWER,
    "cyd": Role.PROVIDER,
    "moe": Role.MODERATOR,
    "ren": Role.ADMIN,
}
TIPPER, TIPPED = "bob", "ada"
BOOKED = "cyd"
TOKENS = 5_000

_OPERATOR = Actor.operator("demo")


@frozen
class Person:
    """Somebody in the demo.

    Args:
        id: Their user id.
        username: Their name.
        role: What they are.
        password: What they sign in with.
    """

    id: str
    username: str
    role: Role
    password: Secret

    @property
    def email(self) -> str:
        """Their address."""
        return f"{self.username}@demo.example"


@frozen
class Demo:
    """The demo's people, and a session that works at once.

    Args:
        people: By username.
        token: A session of the one who tips.
        on_air: Who takes part in streams.
    """

    people: Mapping[str, Person]
    token: Secret
    on_air: Sequence[OnAir]


def demo_passwords(settings: Settings) -> dict[str, str]:
    """The people's passwords: random, and kept beside the data so that a restart does not lock anybody out."""
    fresh = {name: secrets.token_urlsafe(12) for name in PEOPLE}
    file = beside_data(settings, "demo")
    if file is None:
        return fresh
    if not file.exists():
        write_private(file, json.dumps(fresh))
    kept: dict[str, str] = json.loads(file.read_text())
    return kept


async def seed(platform: Platform, passwords: Mapping[str, str]) -> Demo:
    """Make the people and the tokens that are not there yet.

    Args:
        platform: Where; its store is open.
        passwords: By username.
    """
    people = {}
    for name, role in PEOPLE.items():
        password = Secret(passwords[name])
        user = await _somebody(platform, name, role, password)
        people[name] = Person(user.id, user.username, user.role, password)
    await platform.execute(CreditWallet(people[TIPPER].id, TOKENS, "demo"), by=_OPERATOR, key="demo tokens")
    bob, ada, cyd = (acting(people[name].id, people[name].role) for name in (TIPPER, TIPPED, BOOKED))
    await seed_bookings(platform, cyd, bob)
    await seed_messages(platform, bob, ada)
    on_air = await seed_streams(platform, free=ada, premium=cyd, viewer=bob)
    await seed_content(platform, ada)
    await seed_sales(platform, ada, bob)
    tipper = people[TIPPER]
    session = await platform.execute(Login(tipper.email, tipper.password), by=ANONYMOUS)
    return Demo(people, session.token, on_air)


async def _somebody(platform: Platform, name: str, role: Role, password: Secret) -> UserView:
    try:
        return await platform.execute(FindUser(name), by=_OPERATOR)
    except NotFound:
        made = CreateUser(f"{name}@demo.example", name, password, role)
        return await platform.execute(made, by=_OPERATOR)

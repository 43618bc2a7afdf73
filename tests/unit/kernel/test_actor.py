"""Who may: every policy for every role and way in."""

from itertools import product

import pytest

from platform_core.kernel.actor import (
    ADMINS,
    ANONYMOUS,
    ANYONE,
    CREATORS,
    HOSTS,
    PLATFORM,
    PROVIDERS,
    SIGNED_IN,
    STAFF,
    USERS,
    Actor,
    KeyActor,
    Policy,
    Role,
    Scope,
    Via,
)
from platform_core.kernel.errors import Forbidden, Unauthenticated
from platform_core.use_cases import USE_CASES
from support.world import memory_world

ACTORS = [Actor("usr_1", role, Via.SESSION, "ses_1") for role in Role] + [Actor.operator(), Actor.system(), ANONYMOUS]
ADMITTED = {
    ANYONE: set(ACTORS),
    SIGNED_IN: set(ACTORS) - {ANONYMOUS},
    USERS: {actor for actor in ACTORS if actor.via is Via.SESSION},
    CREATORS: {actor for actor in ACTORS if actor.role is Role.CREATOR},
    HOSTS: {actor for actor in ACTORS if actor.role in {Role.CREATOR, Role.PROVIDER}},
    PROVIDERS: {actor for actor in ACTORS if actor.role is Role.PROVIDER},
    STAFF: {actor for actor in ACTORS if actor.role in {Role.MODERATOR, Role.ADMIN}},
    ADMINS: {actor for actor in ACTORS if actor.role is Role.ADMIN},
    PLATFORM: {Actor.operator(), Actor.system()},
}


@pytest.mark.parametrize(
    ("policy", "actor"),
    [*product(ADMITTED, ACTORS)],
    ids=lambda one: getattr(one, "name", "") or f"{one.id} {one.role}",
)
def test_a_policy_admits_those_it_names(policy: Policy, actor: Actor) -> None:
    if actor in ADMITTED[policy]:
        policy.check(actor)
    else:
        with pytest.raises(Unauthenticated if actor is ANONYMOUS else Forbidden):
            policy.check(actor)


KEYS = [
    KeyActor("usr_1", role, Via.API_KEY, scopes=frozenset(scopes))
    for role in Role
    for scopes in ((), (Scope.READ,), (Scope.SELL, Scope.WRITE_ORDERS), tuple(Scope))
]


@pytest.mark.parametrize("policy", ADMITTED, ids=lambda policy: policy.name)
def test_auth_16_no_key_gets_past_a_policy_that_names_no_scope(policy: Policy) -> None:
    for key in KEYS:
        if policy is ANYONE:
            policy.check(key)
        else:
            with pytest.raises(Forbidden):
                policy.check(key)


@pytest.mark.parametrize("scope", Scope)
def test_a_key_gets_as_far_as_its_scopes_and_the_role_of_its_user_go(scope: Scope) -> None:
    for policy in (USERS, CREATORS, STAFF):
        opened = policy.for_keys(scope)
        for key in KEYS:
            if scope in key.scopes and (policy.roles is None or key.role in policy.roles):
                opened.check(key)
            else:
                with pytest.raises(Forbidden):
                    opened.check(key)
        for actor in ACTORS:
            if actor in ADMITTED[policy]:
                opened.check(actor)
            else:
                with pytest.raises((Unauthenticated, Forbidden)):
                    opened.check(actor)


def test_a_key_of_staff_has_no_rank() -> None:
    for key in KEYS:
        assert not key.is_staff
        assert not key.is_admin


def test_staff_outrank_users_and_admins_outrank_moderators() -> None:
    assert Role.ADMIN.rank > Role.MODERATOR.rank > Role.PROVIDER.rank == Role.CREATOR.rank == Role.VIEWER.rank


def test_an_anonymous_caller_is_neither_staff_nor_admin() -> None:
    assert not ANONYMOUS.is_staff
    assert not ANONYMOUS.is_admin


def test_every_use_case_states_one_of_the_known_policies() -> None:
    """AUTHZ-06."""
    requests = memory_world().application.requests

    assert len(requests) == len(USE_CASES)
    keyed = {policy.for_keys(scope) for policy in ADMITTED for scope in Scope}
    assert {request.policy for request in requests} <= {*ADMITTED, *keyed}


def test_what_makes_or_moves_others_money_is_for_the_platform_only() -> None:
    names = {request.__name__ for request in memory_world().application.requests if request.policy == PLATFORM}

    assert names >= {
        "CreditWallet",
        "ReverseEntry",
        "PlaceHold",
        "CaptureHold",
        "ReleaseHold",
        "ExpireHold",
        "ExtendHold",
        "SettlePurchase",
        "ResolveDispute",
        "AdvanceBooking",
        "ReviewStanding",
        "CreateUser",
    }

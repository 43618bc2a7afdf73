"""Whom the local matcher suggests."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.assist import LocalMatcher
from platform_core.assist.ports import (
    FOLLOWED,
    FRIENDS_FOLLOW,
    HIGH_RATING,
    IS_CREATOR,
    REASONS,
    SHARED_INTERESTS,
    WANTED_TAGS,
    Candidate,
    Match,
    Wish,
)
from platform_core.kernel.actor import Role
from platform_core.kernel.sync import run_sync
from support.steady import STEADY


def somebody(id: str, bio: str = "", **more: Any) -> Candidate:
    return Candidate(id=id, name=id, role=Role.CREATOR, bio=bio, **more)


ME = somebody("me", "I play the guitar and love hiking")


def rank(*candidates: Candidate, tags: tuple[str, ...] = (), seeker: Candidate = ME) -> list[Match]:
    return run_sync(LocalMatcher().rank(seeker, candidates, Wish(tags)))


def order(matches: list[Match]) -> list[str]:
    return [match.user for match in matches]


def test_shared_interests_come_first() -> None:
    matches = rank(somebody("a", "Tax law"), somebody("b", "Jazz musician and mountain lover"), somebody("c"))

    assert order(matches) == ["b", "a", "c"] or order(matches) == ["b", "c", "a"]
    assert matches[0].reasons[0] == SHARED_INTERESTS
    assert matches[0].score > 2 * matches[1].score


def test_tags_are_found_by_word_and_by_topic_and_the_others_are_left_out() -> None:
    people = (
        somebody("gym", "Gym rat"),
        somebody("fit", "All about fitness"),
        somebody("cook", "Chef"),
        somebody("none"),
    )

    matches = rank(*people, tags=("fitness",))

    assert order(matches) == ["fit", "gym"]
    assert all(match.reasons[0] == WANTED_TAGS for match in matches)
    assert order(rank(*people, tags=("Fitness", "cooking"))) == ["fit", "cook", "gym"]
    assert rank(*people, tags=("quidditch",)) == []
    assert rank(*people, tags=("!",)) == []


def test_ratings_and_follows_count_where_they_are_known() -> None:
    matches = rank(
        somebody("plain"),
        somebody("rated", rating=4.9),
        somebody("bad", rating=1.0),
        somebody("known", friends=2),
        somebody("followed", followed=True),
    )

    assert order(matches) == ["rated", "followed", "known", "bad", "plain"]
    reasons = {match.user: match.reasons for match in matches}
    assert reasons["rated"] == (HIGH_RATING,)
    assert reasons["followed"] == (FOLLOWED,)
    assert reasons["known"] == (FRIENDS_FOLLOW,)
    assert reasons["bad"] == reasons["plain"] == (IS_CREATOR,)


def test_a_word_of_everybody_tells_less_than_a_rare_one() -> None:
    me = somebody("me", "welcome origami")
    crowd = [somebody(f"p{i}", "welcome") for i in range(50)]

    matches = rank(somebody("rare", "origami"), *crowd, seeker=me)

    assert matches[0].user == "rare"


@settings(STEADY, max_examples=100)
@given(
    st.lists(
        st.builds(
            somebody,
            st.sampled_from("abcdefgh"),
            st.text(max_size=60) | st.sampled_from(["fitness and music", "guitar", "hiking tours"]),
            rating=st.none() | st.floats(0, 5),
            friends=st.integers(0, 9),
        ),
        unique_by=lambda one: one.id,
    ),
    st.lists(st.text(min_size=1, max_size=20), max_size=3).map(tuple),
)
def test_matches_are_among_the_candidates_in_order_and_within_bounds(
    people: list[Candidate], tags: tuple[str, ...]
) -> None:
    matches = rank(*people, ME, tags=tags)

    assert {match.user for match in matches} <= {one.id for one in people}
    assert len({match.user for match in matches}) == len(matches)
    assert matches == sorted(matches, key=lambda match: (-match.score, match.user))
    for match in matches:
        assert 0 <= match.score <= 1
        assert 1 <= len(match.reasons) <= 3
        assert set(match.reasons) <= set(REASONS)
    assert matches == rank(*reversed(people), tags=tags)

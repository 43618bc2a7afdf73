"""What assistance asks of the outside: models, large or small, the people to choose from, and pictures."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import Enum
from typing import Protocol

from attrs import frozen

from platform_core.kernel.actor import Role

#: Why somebody is suggested. Models choose from these, so that no profile can put words in their mouth.
SHARED_INTERESTS = "shared interests"
WANTED_TAGS = "matches your tags"
HIGH_RATING = "high rating"
FOLLOWED = "you follow them"
FRIENDS_FOLLOW = "followed by people you follow"
FULL_PROFILE = "detailed profile"
IS_CREATOR = "is a creator"
IS_PROVIDER = "is a provider"
IS_MEMBER = "is a member"
REASONS = (
    SHARED_INTERESTS,
    WANTED_TAGS,
    HIGH_RATING,
    FOLLOWED,
    FRIENDS_FOLLOW,
    FULL_PROFILE,
    IS_CREATOR,
    IS_PROVIDER,
    IS_MEMBER,
)


class Unusable(Exception):
    """What was given to look at cannot be used; the message says why, for the person who gave it."""


@frozen
class Mood:
    """How somebody feels.

    Args:
        name: One word, such as `adventurous`.
        confidence: How sure that is, 0 to 1.
        tags: Words that go with it, at most 5.
    """

    name: str
    confidence: float
    tags: tuple[str, ...]


class Moods(Protocol):
    """Tells moods."""

    @property
    def sees(self) -> bool:
        """Whether it can look at pictures."""

    async def of_text(self, text: str) -> Mood:
        """The mood of a text in any language; a text that tells nothing is `neutral`, with little confidence."""

    async def of_picture(self, picture: bytes) -> Mood:
        """The mood of a picture.

        Raises:
            Unusable: It is no picture that can be read here.
        """


class Pictures(Protocol):
    """Pictures that lie elsewhere."""

    async def fetch(self, url: str) -> bytes:
        """What lies there, whole.

        Raises:
            Unusable: It is not to be had, or its place is not for us to look at (SSRF-02).
            Unavailable: Too many are being fetched just now.
        """


@frozen(kw_only=True)
class Candidate:
    """Somebody as a matcher sees them: what everybody may see.

    Args:
        id: Who.
        name: How they are called.
        role: What they are.
        bio: What they say of themselves.
        rating: What others gave them, 0 to 5; None while nobody has.
        followed: Whether the seeker follows them.
        friends: How many of those whom the seeker follows follow them.
    """

    id: str
    name: str
    role: Role
    bio: str = ""
    rating: float | None = None
    followed: bool = False
    friends: int = 0


@frozen
class Practice:
    """What is known of somebody as a provider.

    Args:
        words: What they offer, in words of theirs.
        rating: What others gave them, 0 to 5; None while nobody has.
    """

    words: str
    rating: float | None


class Practices(Protocol):
    """Who offers what."""

    async def of(self, users: Sequence[str]) -> Mapping[str, Practice]:
        """The practices of those of these users who have one, by their id."""


class Favourites(Protocol):
    """Whom somebody follows."""

    async def of(self, user: str) -> Collection[str]:
        """The users they do."""


class Estranged(Protocol):
    """Who wants nothing of whom."""

    async def among(self, user: str, others: Sequence[str]) -> Collection[str]:
        """Those of the others who have blocked the user, or whom the user has."""


class Candidates(Protocol):
    """The people to choose from."""

    async def seeker(self, user: str) -> Candidate | None:
        """The one who looks, as others see them; None when there is no such user."""

    async def around(self, user: str, *, roles: Sequence[Role], limit: int) -> list[Candidate]:
        """At most so many people of these roles who could be suggested to a user.

        Never the user, nobody who is banned, and nobody when one of the two has blocked the other.
        """


@frozen
class Wish:
    """What the seeker asked for.

    Args:
        tags: At least one of these is to be found in a profile; none asked for when empty.
    """

    tags: tuple[str, ...] = ()


@frozen
class Match:
    """Somebody suggested.

    Args:
        user: Who.
        score: How well they fit, 0 to 1.
        reasons: Why, each one of `REASONS`.
    """

    user: str
    score: float
    reasons: tuple[str, ...]


class Matcher(Protocol):
    """Ranks people."""

    async def rank(self, seeker: Candidate, candidates: Sequence[Candidate], wish: Wish) -> list[Match]:
        """Those of the candidates who fit, best first; ties by id. Nobody else, and nobody twice."""


class Genre(Enum):
    """What is to be written."""

    CAPTION = "caption"
    BIO = "bio"
    OPENER = "opener"


@frozen
class Brief:
    """What somebody wants written.

    Args:
        genre: What.
        context: What it is about, in their words.
        tone: How it should sound, such as `playful`.
    """

    genre: Genre
    context: str = ""
    tone: str = ""


@frozen
class Draft:
    """What was written: plain text without markup.

    Args:
        text: The first choice.
        alternatives: Others, no two alike.
    """

    text: str
    alternatives: tuple[str, ...]


class Writer(Protocol):
    """Writes short texts."""

    async def write(self, brief: Brief) -> Draft:
        """A draft. Nothing of the context is repeated but its words."""


@frozen(kw_only=True)
class Assistant:
    """Everything a platform is assisted by.

    Args:
        moods: Tells moods.
        matcher: Ranks people.
        writer: Writes.
        pictures: Gets pictures; None where there are none to be had.
        candidates: Who can be suggested; the platform's own users when None.
    """

    moods: Moods
    matcher: Matcher
    writer: Writer
    pictures: Pictures | None = None
    candidates: Candidates | None = None

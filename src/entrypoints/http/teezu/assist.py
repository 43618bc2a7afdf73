"""Assistance: the mood of a text or picture, suggestions of people, captions, bios and openers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct, field

from entrypoints.http.kit.rows import Answer, Ask, Caller, Row, post
from platform_core.assist.matching import LONGEST_TAG, MOST_MATCHES, MOST_TAGS, FindMatches
from platform_core.assist.moods import LONGEST_URL, DetectMood, MoodSource
from platform_core.assist.ports import Draft, Genre, Match, Mood
from platform_core.assist.writing import LONGEST_CONTEXT, LONGEST_TONE, Generate
from platform_core.kernel.actor import Role

Share = Annotated[float, Meta(ge=0, le=1)]


class MoodAsk(Ask, frozen=True):
    """A text, or the address of a picture."""

    names: ClassVar[Mapping[str, str]] = {"source": "type"}

    input: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=LONGEST_URL,
            description="A text of at most 2,000 characters, or the https address of a JPEG, PNG, WebP or GIF of at "
            "most 5 MiB.",
            examples=["Feeling adventurous tonight 🔥"],
        ),
    ]
    type: Literal["text", "image_url"] = "text"

    def command(self, _: Caller) -> DetectMood:
        """What the core is asked."""
        return DetectMood(self.input, MoodSource(self.type))


class DetectedMood(Answer, frozen=True):
    """A mood."""

    mood: Annotated[str, Meta(description="One word; `neutral` when nothing tells.", examples=["adventurous"])]
    confidence: Annotated[Share, Meta(examples=[0.91])]
    tags: Annotated[list[str], Meta(description="Words that go with it.", examples=[["energetic", "social", "bold"]])]


def show_mood(mood: Mood) -> DetectedMood:
    """A mood."""
    return DetectedMood(mood.name, mood.confidence, list(mood.tags))


class MatchFilters(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to look for."""

    role: Literal["viewer", "creator", "provider"] | None = None
    tags: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=LONGEST_TAG, examples=["fitness"])]],
        Meta(max_length=MOST_TAGS, description="At least one of these is in the profile."),
    ] = field(default_factory=list)


class MatchAsk(Ask, frozen=True):
    """How many suggestions, and of whom; creators and providers when nothing is said."""

    names: ClassVar[Mapping[str, str]] = {"role": "filters.role", "tags": "filters.tags"}

    limit: Annotated[int, Meta(ge=1, le=MOST_MATCHES, examples=[10])] = 10
    filters: MatchFilters = field(default_factory=MatchFilters)

    def command(self, _: Caller) -> FindMatches:
        """What the core is asked."""
        role = self.filters.role
        return FindMatches(self.limit, None if role is None else Role(role), tuple(self.filters.tags))


class MatchCard(Struct, frozen=True):
    """Somebody suggested."""

    userId: Annotated[str, Meta(examples=["usr_xyz"])]
    score: Annotated[Share, Meta(description="How well they fit.", examples=[0.97])]
    reasons: Annotated[list[str], Meta(examples=[["shared interests", "high rating"]])]


class Matches(Answer, frozen=True):
    """Suggestions, best first."""

    matches: list[MatchCard]


def show_matches(matches: Sequence[Match]) -> Matches:
    """Suggestions."""
    return Matches([MatchCard(match.user, match.score, list(match.reasons)) for match in matches])


class GenerateAsk(Ask, frozen=True):
    """What to write."""

    names: ClassVar[Mapping[str, str]] = {"genre": "type"}

    type: Literal["caption", "bio", "opener"]
    context: Annotated[
        str, Meta(max_length=LONGEST_CONTEXT, description="What it is about.", examples=["sunset photo on the beach"])
    ] = ""
    tone: Annotated[
        str,
        Meta(
            max_length=LONGEST_TONE,
            description="Such as playful, romantic, professional, bold or warm; another is passed over.",
            examples=["playful"],
        ),
    ] = ""

    def command(self, _: Caller) -> Generate:
        """What the core is asked."""
        return Generate(Genre(self.type), self.context, self.tone)


class Generated(Answer, frozen=True):
    """A text, and others to choose from; plain text without markup."""

    generated: Annotated[str, Meta(examples=["Sunset called, I answered 🌅"])]
    alternatives: list[str]


def show_draft(draft: Draft) -> Generated:
    """A draft."""
    return Generated(draft.text, list(draft.alternatives))


ROWS: tuple[Row, ...] = (
    post(
        "/ai/mood",
        MoodAsk,
        show_mood,
        id="ai_mood",
        summary="Detect the mood of a text or a picture",
        tag="ai",
        example={"input": "Feeling adventurous tonight 🔥", "type": "text"},
        answers={"mood": "adventurous", "confidence": 0.91, "tags": ["energetic", "social", "bold"]},
    ),
    post(
        "/ai/match",
        MatchAsk,
        show_matches,
        id="ai_match",
        summary="Suggest creators and providers, best first",
        tag="ai",
        example={"limit": 10, "filters": {"role": "provider", "tags": ["fitness"]}},
        answers={"matches": [{"userId": "usr_xyz", "score": 0.97, "reasons": ["shared interests", "high rating"]}]},
    ),
    post(
        "/ai/generate",
        GenerateAsk,
        show_draft,
        id="ai_generate",
        summary="Write a caption, a bio or an opener",
        tag="ai",
        example={"type": "caption", "context": "sunset photo on the beach", "tone": "playful"},
        answers={
            "generated": "Sunset and beach called, I answered 🌅",
            "alternatives": ["My love language? Sunset and beach, obviously 😜", "Just me, sunset and beach 🌅"],
        },
    ),
)

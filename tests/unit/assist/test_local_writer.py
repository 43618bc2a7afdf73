"""What the local writer writes."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.assist import LocalWriter
from adapters.assist.lexicon import TOPICS
from adapters.assist.phrases import PHRASES, SIGNS, TONES, TOPIC_SIGNS
from adapters.assist.writing import tone_of
from platform_core.assist.ports import Brief, Draft, Genre
from platform_core.kernel.sync import run_sync
from support.steady import STEADY


def write(genre: Genre, context: str = "", tone: str = "") -> Draft:
    return run_sync(LocalWriter().write(Brief(genre, context, tone)))


def test_every_genre_has_every_tone_and_enough_phrases_that_say_what_it_is_about() -> None:
    for genre, tone in product(Genre, TONES):
        phrases = PHRASES[genre][tone]
        assert len(set(phrases)) >= 4
        assert all("{it}" in phrase or "{It}" in phrase for phrase in phrases)
        assert SIGNS[tone]
    assert set(TOPIC_SIGNS) == set(TOPICS)


def test_it_writes_about_what_was_said() -> None:
    draft = write(Genre.CAPTION, "sunset photo on the beach", "playful")

    for text in (draft.text, *draft.alternatives):
        assert "sunset and beach" in text.lower()


@pytest.mark.parametrize(
    ("context", "about"),
    [
        ("yoga teacher from Berlin", "yoga teacher"),
        ("my NASA trip", "NASA trip"),
        ("I love Berlin", "Berlin"),
        ("你好世界", "你好世界"),
        ("Kaffee", "kaffee"),
    ],
)
def test_it_speaks_of_it_as_a_person_would(context: str, about: str) -> None:
    assert about.lower() in write(Genre.BIO, context, "professional").text.lower()


@pytest.mark.parametrize(
    ("said", "tone"),
    [
        ("playful", "playful"),
        ("Very FUNNY!", "playful"),
        ("a bit flirty", "playful"),
        ("lovely", "romantic"),
        ("formal", "professional"),
        ("adventurous", "bold"),
        ("", "warm"),
        ("klingonisch", "warm"),
        ("<b>bold</b>", "bold"),
    ],
)
def test_a_tone_is_known_by_what_it_begins_with(said: str, tone: str) -> None:
    assert tone_of(said) == tone


@pytest.mark.parametrize(
    "context",
    [
        "<script>alert(document.cookie)</script> beach",
        "<img src=x onerror=alert(1)>",
        "[click](javascript:alert(1))",
        "https://evil.example/?q=<b> beach",
        "{it} {0.__class__} %s ${x}",
        "beach <b",
        "@everyone beach evil@evil.example",
        "&lt;b&gt; beach",
        "**beach** `x` #beach",
    ],
)
def test_it_never_repeats_markup_or_links(context: str) -> None:
    for genre in Genre:
        draft = write(genre, context, "bold")
        for text in (draft.text, *draft.alternatives):
            assert not set("<>{}[]()&@#*`%$/\\").intersection(text), text
            assert "evil" not in text
            assert "script" not in text


@settings(STEADY, max_examples=200)
@given(st.sampled_from(Genre), st.text(max_size=300), st.text(max_size=40) | st.sampled_from(sorted(TONES)))
def test_any_brief_has_a_draft_with_two_other_choices_and_always_the_same(
    genre: Genre, context: str, tone: str
) -> None:
    draft = write(genre, context, tone)

    texts = [draft.text, *draft.alternatives]
    assert len(texts) == len(set(texts)) == 3
    assert all(0 < len(text) <= 200 and text == text.strip() for text in texts)
    assert not any(set("<>{}").intersection(text) for text in texts)
    assert draft == write(genre, context, tone)

"""Moods that the local models tell, as a person would."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from adapters.assist.colours import mood_of_colours
from adapters.assist.lexicon import MOODS
from adapters.assist.moods import mood_of_text
from platform_core.assist.ports import Unusable
from support.steady import STEADY


@pytest.mark.parametrize(
    ("text", "mood"),
    [
        ("Feeling adventurous tonight 🔥", "adventurous"),
        ("let's go hiking and explore the mountains", "adventurous"),
        ("I am so happy today", "happy"),
        ("I am not happy", "sad"),
        ("don't worry about it", "confident"),
        ("What a terrible day, everything went wrong", "sad"),
        ("I'm so tired of everything", "tired"),
        ("I hate this!!!", "angry"),
        ("I love you my darling 😘", "romantic"),
        ("miss you so much, feeling alone", "lonely"),
        ("thank you all, I am so grateful", "grateful"),
        ("just chilling with a cup of tea 🍵", "calm"),
        ("I am worried about tomorrow's exam", "anxious"),
        ("Can't wait for the concert", "excited"),
        ("nothing to do, so bored", "bored"),
        ("this song brings back childhood memories", "nostalgic"),
        ("Danke, ich bin so glücklich!", "happy"),
        ("estoy muy triste hoy", "sad"),
        ("J'ai peur", "anxious"),
        ("Я очень устал", "tired"),
        ("今日はとても嬉しい", "happy"),
        ("खुश हूँ", "happy"),
        ("😢😢", "sad"),
        ("🔥", "excited"),
        ("the meeting is at three", "neutral"),
        ("qwerty zxcv", "neutral"),
        ("   ", "neutral"),
        ("...", "neutral"),
        ("\U0001f937", "neutral"),
        ("https://happy.example/love", "neutral"),
        ("cryptography homework", "neutral"),
    ],
)
def test_it_tells_what_a_person_would(text: str, mood: str) -> None:
    assert mood_of_text(text).name == mood


def test_it_tells_what_the_seed_shows() -> None:
    mood = mood_of_text("Feeling adventurous tonight 🔥")

    assert mood.tags == ("energetic", "social", "bold")
    assert mood.confidence > 0.75


def test_it_is_surer_the_more_there_is_to_see() -> None:
    faint, plain, strong = (
        mood_of_text(text).confidence for text in ("the meeting is at three", "happy", "so happy, so much joy 😊😊")
    )

    assert faint < 0.5 < plain < strong


@settings(STEADY, max_examples=200)
@given(
    st.text(max_size=200) | st.lists(st.sampled_from([w for m in MOODS for w in (*m.words, *m.emoji)])).map(" ".join)
)
def test_any_text_has_a_mood_within_bounds(text: str) -> None:
    mood = mood_of_text(text)

    assert mood.name in {known.name for known in MOODS} | {"neutral"}
    assert 0 <= mood.confidence <= 1
    assert 1 <= len(mood.tags) == len(set(mood.tags)) <= 5
    assert mood == mood_of_text(text)


def test_every_mood_is_the_opposite_of_a_known_one_and_tells_itself() -> None:
    names = {mood.name for mood in MOODS}
    for mood in MOODS:
        assert mood.opposite in names - {mood.name}
        assert mood_of_text(f"feeling {mood.name}").name == mood.name


def picture(colour: tuple[int, int, int], kind: str = "PNG", size: tuple[int, int] = (64, 64)) -> bytes:
    stream = BytesIO()
    Image.new("RGB", size, colour).save(stream, kind)
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
@pytest.mark.parametrize(
    ("colour", "mood", "tag"),
    [
        ((250, 60, 20), "excited", "warm"),
        ((20, 120, 250), "adventurous", "cool"),
        ((255, 240, 220), "calm", "bright"),
        ((10, 10, 15), "sad", "dark"),
        ((250, 200, 150), "happy", "bright"),
    ],
)
def test_colours_have_a_mood(colour: tuple[int, int, int], mood: str, tag: str, kind: str) -> None:
    told = mood_of_colours(picture(colour, kind))

    assert (told.name, tag in told.tags) == (mood, True)
    assert 0.3 <= told.confidence <= 0.7


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"no picture",
        b"<svg/>",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        picture((1, 2, 3), "JPEG")[:200],
        picture((1, 2, 3), "BMP"),
    ],
)
def test_what_is_no_picture_is_refused(broken: bytes) -> None:
    with pytest.raises(Unusable, match="no picture"):
        mood_of_colours(broken)


def test_a_picture_of_too_many_pixels_is_not_decoded() -> None:
    huge = BytesIO()
    Image.new("1", (10_000, 5_001)).save(huge, "PNG")

    with pytest.raises(Unusable, match="too many pixels"):
        mood_of_colours(huge.getvalue())

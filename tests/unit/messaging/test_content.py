"""What a message may say."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platform_core.kernel.errors import Invalid
from platform_core.messaging.content import (
    MOST_BYTES,
    MOST_CHARACTERS,
    PREVIEW,
    MessageForm,
    check_form,
    cleaned,
    preview,
)
from support.steady import STEADY

TEXT, IMAGE = MessageForm.TEXT, MessageForm.IMAGE


def field_of(content: str, form: MessageForm = TEXT) -> str:
    """The field that is refused, and why."""
    with pytest.raises(Invalid) as refused:
        cleaned(content, form)
    [detail] = refused.value.details
    assert detail.field == "content"
    return detail.message


@pytest.mark.parametrize(
    "content",
    [
        "Hello! 👋",
        "<script>alert(1)</script>",
        "*bold* [x](javascript:y)",
        "שלום",
        "a\nb\tc",
        "👩‍👩‍👧‍👦",
        "é",
        "x" * MOST_CHARACTERS,
    ],
)
def test_what_is_written_is_kept_as_it_is(content: str) -> None:
    """CHAT-06: data, never markup; joiners inside emoji stay."""
    assert cleaned(content, TEXT) == content


@pytest.mark.parametrize("control", [*"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"])
def test_bidi_controls_are_taken_out(control: str) -> None:
    assert cleaned(f"pay{control}gpj.exe", TEXT) == "paygpj.exe"


@pytest.mark.parametrize("content", [" ", "\n\t", "\u202e", "\u200b\u2060\ufeff", " \u2066\u2069 ", "\u3164", "\ufe0f"])
def test_what_shows_nothing_is_refused(content: str) -> None:
    assert field_of(content) == "must say something"


@pytest.mark.parametrize("content", ["\x00", "a\x00b", "\ud83d", "x\udfff"])
def test_what_no_store_can_keep_is_refused(content: str) -> None:
    """IN-01, IN-02."""
    assert field_of(content) == "holds characters that are none"


def test_length_is_counted_in_code_points_and_in_bytes() -> None:
    emoji, letter = "🎉", "x"

    assert cleaned(emoji * (MOST_BYTES // 4), TEXT) == emoji * (MOST_BYTES // 4)
    assert field_of(emoji * (MOST_BYTES // 4 + 1)) == f"must be at most {MOST_BYTES} bytes"
    assert field_of(letter * (MOST_CHARACTERS + 1)) == f"must be 1 to {MOST_CHARACTERS} characters"
    assert field_of(emoji * 10_000) == f"must be 1 to {MOST_CHARACTERS} characters"
    assert field_of("") == f"must be 1 to {MOST_CHARACTERS} characters"


@pytest.mark.parametrize(
    "content",
    [
        "http://cdn.example/a.png",
        "javascript:alert(1)",
        "data:image/png;base64,AA",
        "https://",
        "https://a b",
        "https://a\nb",
        "HTTPS://cdn.example/a.png",
        "https://" + "a" * 2048,
    ],
)
def test_an_image_is_an_https_address(content: str) -> None:
    assert field_of(content, IMAGE) == "must be the https address of a picture"
    assert cleaned("https://cdn.example/a.png", IMAGE) == "https://cdn.example/a.png"


@pytest.mark.parametrize("form", list(MessageForm))
def test_chat_03_users_write_text_and_images_only(form: MessageForm) -> None:
    if form in (TEXT, IMAGE):
        check_form(form)
        return
    with pytest.raises(Invalid) as refused:
        check_form(form)
    assert [detail.field for detail in refused.value.details] == ["form"]


@settings(STEADY, max_examples=200)
@given(st.text(max_size=60))
def test_cleaning_is_done_once_and_never_fails_otherwise(content: str) -> None:
    try:
        kept = cleaned(content, TEXT)
    except Invalid:
        return
    assert cleaned(kept, TEXT) == kept
    assert "\x00" not in kept
    assert "\u202e" not in kept


@settings(STEADY, max_examples=100)
@given(st.text(max_size=PREVIEW * 2))
def test_a_preview_is_the_beginning(content: str) -> None:
    assert len(preview(content)) <= PREVIEW
    assert content.startswith(preview(content).removesuffix("…")) or content == preview(content)

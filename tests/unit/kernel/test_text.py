"""Texts are bounded, and made of what every store can keep."""

import pytest

from platform_core.kernel.errors import Invalid
from platform_core.kernel.text import is_kept, text


@pytest.mark.parametrize("value", ["", "a", "ünï 日本 🎉", "line\nbreak\ttab", "\u202e\u200d", "x" * 10])
def test_a_text_of_characters_passes(value: str) -> None:
    assert text(value, "bio", most=20) == value


@pytest.mark.parametrize("value", ["x" * 21, "\x00", "a\x00b", "\ud800", "🎉\udfff"])
def test_what_is_too_long_or_no_character_is_refused_with_its_field(value: str) -> None:
    with pytest.raises(Invalid) as refused:
        text(value, "bio", most=20)

    assert refused.value.details[0].field == "bio"


def test_a_text_may_have_to_be_something() -> None:
    with pytest.raises(Invalid, match="2 to 20"):
        text("a", "name", least=2, most=20)


def test_a_pair_of_surrogates_in_one_character_is_a_character() -> None:
    assert is_kept("\U0001f389")
    assert not is_kept("\ud83c\udf89")

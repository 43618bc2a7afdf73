"""API keys: their form, which scanners know, and what is kept of them (AUTH-15)."""

from __future__ import annotations

import re
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ids import SystemIds
from adapters.memory import memory_platform
from platform_core.identity.api_keys import KeyDigests, is_key, keys_in, make_key
from platform_core.identity.signing_in import SignUp
from platform_core.kernel.actor import ANONYMOUS
from platform_core.kernel.errors import Unauthenticated, Unavailable
from platform_core.kernel.secret import Secret
from platform_core.kernel.sync import run_sync
from support.world import memory_world

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def number(text: str) -> int:
    """A number in base 62, read by another way than it was written."""
    return sum(DIGITS.index(digit) * 62**place for place, digit in enumerate(reversed(text)))


@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=43))
def test_auth_15_a_key_has_a_prefix_and_a_checksum(secret: str) -> None:
    key = make_key(secret).reveal()

    assert re.fullmatch(r"veza_sk_[0-9A-Za-z]{43}", key)
    assert number(key[-6:]) == crc32(key[:-6].encode())
    assert is_key(key)
    assert make_key(secret).reveal() == key


def test_two_keys_are_not_alike() -> None:
    ids = SystemIds()

    assert len({make_key(ids.secret()) for _ in range(1000)}) == 1000


def test_a_key_with_one_wrong_character_is_none() -> None:
    key = make_key("a").reveal()

    for place in range(len(key)):
        for other in ("0", "z"):
            if key[place] != other:
                assert not is_key(key[:place] + other + key[place + 1 :])
    for wrong in ("", "veza_sk_", key[:-1], key + "0", f" {key}", key + "\n", key.upper(), "sess_x"):
        assert not is_key(wrong)


def test_keys_are_found_in_any_text_each_once() -> None:
    one, two = make_key("1"), make_key("2")
    text = f"{one.reveal()}\n'{two.reveal()}',{one.reveal()}; a{two.reveal()} veza_sk_{'0' * 43} {two.reveal()}x"

    assert list(keys_in(text)) == [one, two]


def test_an_id_is_a_digest_under_the_installations_secret() -> None:
    key = make_key("a")

    ids = {KeyDigests(pepper).id(key) for pepper in (b"", b"one", b"two")}

    assert len(ids) == 3
    assert all(re.fullmatch(r"key_[0-9a-f]{40}", id) for id in ids)
    assert "one" not in repr(KeyDigests(b"one"))


@pytest.mark.parametrize("key", ["", "veza_sk_", "x" * 100_000, make_key("nobody's").reveal(), "\ud800"])
def test_an_unknown_key_is_nobodys(key: str) -> None:
    with pytest.raises(Unauthenticated):
        run_sync(memory_world().key_doorkeeper.actor(key))


def test_a_platform_without_a_signer_of_tokens_says_so() -> None:
    platform = memory_platform()

    with pytest.raises(Unavailable):
        platform.run(SignUp("a@example.org", "jane", Secret("correct horse battery")), by=ANONYMOUS)
    with pytest.raises(Unavailable):
        run_sync(platform.token_doorkeeper.actor("eyJ"))

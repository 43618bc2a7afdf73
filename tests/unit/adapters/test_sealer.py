"""Sealing, and the keys derived from the one secret."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.codec import JsonCodec, Sealer
from adapters.security.sealer import FernetSealer, NotSealedByThisKey, derive_key
from platform_core.kernel.secret import Secret

SECRET = "an installation's secret, drawn at random"
sealer: Sealer = FernetSealer(SECRET)


@settings(deadline=None)  # A busy machine is no fault of the seal.
@given(st.text())
def test_what_is_sealed_can_be_unsealed(text: str) -> None:
    assert sealer.unseal(sealer.seal(text)) == text
    assert FernetSealer(SECRET).unseal(sealer.seal(text)) == text


def test_a_seal_shows_nothing_of_the_text_nor_that_two_are_the_same() -> None:
    assert "sess_1" not in sealer.seal("sess_1")
    assert sealer.seal("sess_1") != sealer.seal("sess_1")


def test_a_change_of_any_character_is_found_out() -> None:
    sealed = sealer.seal("sess_1")
    for place, old in enumerate(sealed):
        # Of the padding nothing may change either; the character before it has bits that carry nothing.
        if sealed[place + 1 :].strip("=") == "" and old != "=":
            continue
        with pytest.raises(NotSealedByThisKey):
            sealer.unseal(sealed[:place] + ("A" if old != "A" else "B") + sealed[place + 1 :])


@pytest.mark.parametrize("text", ["", "sess_1", "Ω", "gAAAA", "=" * 8])
def test_what_was_never_sealed_is_refused(text: str) -> None:
    with pytest.raises(NotSealedByThisKey):
        sealer.unseal(text)


def test_what_another_sealed_is_refused() -> None:
    with pytest.raises(NotSealedByThisKey):
        sealer.unseal(FernetSealer("another secret").seal("sess_1"))


def test_the_codec_seals_secrets_and_unseals_them() -> None:
    codec = JsonCodec(sealer)
    kept = codec.dumps(Secret("sess_1"))

    assert b"sess_1" not in kept
    assert codec.loads(kept, Secret) == Secret("sess_1")


def test_each_purpose_and_each_secret_has_a_key_of_its_own() -> None:
    keys = {derive_key(secret, purpose) for secret in ("one", "two") for purpose in ("fingerprint", "webhook", "seal")}

    assert len(keys) == 6
    assert {len(key) for key in keys} == {32}
    assert derive_key("one", "webhook") == derive_key("one", "webhook")


def test_derived_keys_stay_the_same_between_releases() -> None:
    assert (
        derive_key("secret", "fingerprint").hex() == "6f7bd125d1b04d07c9aef80467ac21e44d1f15d8f2e477ec2355953e438839bc"
    )


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        derive_key("", "webhook")
    with pytest.raises(ValueError, match="empty"):
        FernetSealer("")

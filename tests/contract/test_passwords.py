"""What every way of hashing passwords does."""

import pytest

from adapters.memory import QuickPasswords
from adapters.security.passwords import Argon2Passwords
from platform_core.identity.ports import Passwords
from platform_core.kernel.secret import Secret

HORSE = Secret("correct horse battery")


@pytest.fixture(params=["argon2", "quick"])
def passwords(request: pytest.FixtureRequest) -> Passwords:
    if request.param == "argon2":
        return Argon2Passwords(memory_kib=8, time_cost=1)
    return QuickPasswords()


async def test_the_password_hashed_matches_and_another_does_not(passwords: Passwords) -> None:
    kept = await passwords.hash(HORSE)

    assert await passwords.verify(HORSE, kept)
    assert not await passwords.verify(Secret("correct horse batterz"), kept)


async def test_case_and_spaces_count(passwords: Passwords) -> None:
    kept = await passwords.hash(HORSE)

    for other in ("Correct horse battery", " correct horse battery", "correct horse battery ", ""):
        assert not await passwords.verify(Secret(other), kept)


async def test_all_of_a_long_password_counts(passwords: Passwords) -> None:
    kept = await passwords.hash(Secret("x" * 127 + "y"))

    assert await passwords.verify(Secret("x" * 127 + "y"), kept)
    assert not await passwords.verify(Secret("x" * 128), kept)


async def test_one_password_has_another_hash_each_time(passwords: Passwords) -> None:
    assert await passwords.hash(HORSE) != await passwords.hash(HORSE)


async def test_a_hash_does_not_hold_the_password(passwords: Passwords) -> None:
    assert HORSE.reveal() not in await passwords.hash(HORSE)


async def test_a_hash_can_be_kept_as_plain_text(passwords: Passwords) -> None:
    kept = await passwords.hash(HORSE)

    assert kept.isascii()
    assert kept.isprintable()
    assert len(kept) <= 255


@pytest.mark.parametrize("password", ["пароль-пароль", "密码密码密码密码", "\0" * 8, "half a \ud83d face", "🐎" * 32])
async def test_any_text_is_a_password(passwords: Passwords, password: str) -> None:
    kept = await passwords.hash(Secret(password))

    assert await passwords.verify(Secret(password), kept)
    assert not await passwords.verify(Secret(password + "!"), kept)


@pytest.mark.parametrize("kept", [None, "", "!", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$AAAA$", "quick$", "héhé"])
async def test_nothing_matches_what_is_no_hash(passwords: Passwords, kept: str | None) -> None:
    assert not await passwords.verify(HORSE, kept)
    assert not await passwords.verify(Secret(""), kept)


@pytest.mark.parametrize("password", ["password", "PassWord", "12345678", "iloveyou", "trustno1", "1qaz2wsx"])
def test_what_everybody_tries_first_is_common(passwords: Passwords, password: str) -> None:
    assert passwords.is_common(Secret(password))


@pytest.mark.parametrize("password", ["correct horse battery", "", "passwor", "password\n", "пароль-пароль"])
def test_what_hardly_anybody_tries_is_not_common(passwords: Passwords, password: str) -> None:
    assert not passwords.is_common(Secret(password))

"""ICE servers: who is told what, and for how long a TURN credential is good."""

from __future__ import annotations

import hmac
from base64 import b64decode
from datetime import timedelta

import pytest

from adapters.ice import ConfiguredIce
from adapters.testing import START
from entrypoints.container import build
from entrypoints.settings import BadSettings, Ice, Settings
from platform_core.streams.ports import IceServer, IceServers, NoIceServers

SECRET = "north"
TURN = "turn:turn.example:3478?transport=udp"


def test_nobody_is_named_by_default() -> None:
    assert ConfiguredIce().servers("usr_1", START) == NoIceServers().servers("usr_1", START) == ()


def test_stun_servers_want_no_name() -> None:
    ice: IceServers = ConfiguredIce(stun=["stun:one:3478", "stuns:two:5349"])

    assert ice.servers("usr_1", START) == (IceServer("stun:one:3478"), IceServer("stuns:two:5349"))


def test_a_turn_credential_is_what_coturn_checks() -> None:
    """`username` is `expiry:user`, `credential` its HMAC-SHA1 under the shared secret, in base64."""
    [server] = ConfiguredIce(turn=[TURN], secret=SECRET, seconds=600).servers("usr_1", START)

    assert server.credential is not None
    assert server.username == f"{int((START + timedelta(seconds=600)).timestamp())}:usr_1"
    assert b64decode(server.credential.reveal()) == hmac.digest(SECRET.encode(), server.username.encode(), "sha1")
    # What openssl says of the same: `printf 1767226200:usr_1 | openssl dgst -sha1 -hmac north -binary | base64`.
    assert server.username == "1767226200:usr_1"


def test_each_user_has_a_credential_of_their_own_and_another_one_later() -> None:
    ice = ConfiguredIce(turn=[TURN], secret=SECRET)
    told = {
        ice.servers(user, START + timedelta(seconds=s))[0].credential for user in ("usr_1", "usr_2") for s in (0, 1)
    }

    assert len(told) == 4
    assert SECRET not in repr(told)


@pytest.mark.parametrize(
    ("stun", "turn", "secret"),
    [
        (["http://stun.example"], [], ""),
        (["turn:a:1"], [], ""),
        (["stun:"], [], ""),
        (["stun:user@host"], [], ""),
        ([], ["stun:a:1"], SECRET),
        ([], ["turn:a:1?transport=sctp"], SECRET),
        ([], ["turn:a:1"], ""),
    ],
)
def test_what_cannot_be_used_is_refused_when_it_is_set_up(stun: list[str], turn: list[str], secret: str) -> None:
    with pytest.raises(ValueError, match=r"is not|needs?"):
        ConfiguredIce(stun=stun, turn=turn, secret=secret)


def test_it_is_made_from_the_settings() -> None:
    ice = Ice(stun=("stun:one:3478",), turn=(TURN,), turn_secret=SECRET)
    made = build(Settings(database_url="memory:", ice=ice)).platform()

    assert made is not None
    with pytest.raises(BadSettings, match="ice: TURN servers need turn_secret"):
        build(Settings(database_url="memory:", ice=Ice(turn=(TURN,)))).platform()

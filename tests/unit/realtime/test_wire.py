"""The words of Socket.IO, read and written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.realtime import wire
from entrypoints.realtime.wire import Ask, Bye, Open, Pong
from platform_core.kernel.errors import Invalid, Malformed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("3", Pong()),
        ("1", Bye()),
        ("41", Bye()),
        ("40", Open({}, None)),
        ('40{"token":"sess_1"}', Open({"token": "sess_1"}, None)),
        ('40/admin,{"a":1}', Open({"a": 1}, "/admin")),
        ('42["tip",{"amount":5}]', Ask("tip", [{"amount": 5}], None)),
        ('4212["a"]', Ask("a", [], 12)),
        ('420["a",1,"2"]', Ask("a", [1, "2"], 0)),
        ("437[]", None),
    ],
)
def test_what_clients_say_is_understood(text: str, said: object) -> None:
    assert wire.read(text) == said


@pytest.mark.parametrize(
    "text",
    ["", "0", "2", "4", "42", "42{}", "42[]", "42[1]", "40[]", "40{", '451-["a"]', '42/x,["a"]', "42٣[]"],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        wire.read(text)


@given(st.text())
def test_no_text_does_anything_else_than_be_understood_or_refused(text: str) -> None:
    for candidate in (text, "4" + text, "42" + text, '42["' + text, "40" + text):
        try:
            wire.read(candidate)
        except (Malformed, Invalid):
            continue


def test_what_is_told_is_as_the_protocol_writes_it() -> None:
    assert wire.opened("s", interval=25, timeout=20, most=9) == (
        '0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":9}'
    )
    assert wire.welcome("p") == '40{"sid":"p"}'
    assert wire.refused(None, "no", {"code": "X"}) == '44{"message":"no","data":{"code":"X"}}'
    assert wire.refused("/a", "no", None) == '44/a,{"message":"no","data":null}'
    assert wire.event("tip", {"a": 1}) == '42["tip",{"a":1}]'
    assert wire.answer(7, {"ok": True}) == '437[{"ok":true}]'

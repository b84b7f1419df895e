"""The relay's credentials, and that its secret stays between it and us."""

from __future__ import annotations

import pytest

from classroom.errors import OperatorFault
from web.server.settings import load
from web.server.turn import LIFE_S, Turn

SECRET = "north"


@pytest.mark.parametrize(
    "url",
    [
        "turn:relay.example",
        "turn:relay.example:3478",
        "turn:192.0.2.1:3478?transport=udp",
        "turns:[2001:db8::1]:443?transport=tcp",
    ],
)
def test_a_relay_is_its_address_and_a_secret(url: str) -> None:
    settings = load(turn=f"{url},{SECRET},west")
    assert settings.turn == Turn(url, f"{SECRET},west")
    assert SECRET not in repr(settings)


def test_there_may_be_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().turn is None
    monkeypatch.setenv("TONGKE_TURN", "")
    assert load().turn is None
    monkeypatch.setenv("TONGKE_TURN", f"turn:relay.example,{SECRET}")
    assert load().turn == Turn("turn:relay.example", SECRET)


@pytest.mark.parametrize(
    "given",
    [
        f"relay.example,{SECRET}",
        f"stun:relay.example,{SECRET}",
        f"turn:,{SECRET}",
        f"turn:relay.example:port,{SECRET}",
        f"turn:relay.example?transport=sctp,{SECRET}",
        f"turn://relay.example,{SECRET}",
        f"turn:relay.example\n,{SECRET}",
        f"https://relay.example,{SECRET}",
        SECRET,
        "turn:relay.example",
        "turn:relay.example,",
    ],
)
def test_what_is_wrong_with_it_is_said_in_one_line_without_the_secret(given: str) -> None:
    with pytest.raises(OperatorFault) as fault:
        load(turn=given)
    assert str(fault.value).startswith("--turn: ")
    assert "\n" not in str(fault.value)
    assert SECRET not in str(fault.value)


def test_credentials_are_as_coturn_reckons_them() -> None:
    """`printf 1700000000:p1 | openssl dgst -sha1 -hmac north -binary | base64`"""
    (server,) = Turn("turn:relay.example", SECRET).ice_servers("p1", 1_700_000_000.9 - LIFE_S)
    assert server == {
        "urls": ["turn:relay.example"],
        "username": "1700000000:p1",
        "credential": "qmV1Ez2SwzrylXCPMqxg9P1hY0Y=",
    }

"""The parts without I/O: limits, addresses, SDP fragments, settings."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.errors import ClientFault, OperatorFault
from web.server import addresses, sdpfrag
from web.server.limits import Bucket, LockOut, caller
from web.server.settings import Settings, load


def test_a_bucket_gives_its_burst_and_then_one_at_a_time() -> None:
    bucket = Bucket(3, 10.0)
    for _ in range(3):
        bucket.take("a", 0.0)
    with pytest.raises(ClientFault) as refused:
        bucket.take("a", 0.0)
    assert (refused.value.code, refused.value.retry_after_s) == ("too_often", 11)
    bucket.take("b", 0.0)
    bucket.take("a", 10.0)
    with pytest.raises(ClientFault):
        bucket.take("a", 10.0)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=60))
def test_a_bucket_never_gives_more_than_it_says(waits: list[float]) -> None:
    bucket, now, given_at = Bucket(5, 2.0), 0.0, []
    for wait in waits:
        now += wait / 20
        try:
            bucket.take("a", now)
        except ClientFault:
            continue
        given_at.append(now)
    for index, start in enumerate(given_at):
        for end in range(index, len(given_at)):
            assert end - index + 1 <= 5 + (given_at[end] - start) / 2.0 + 1e-6


def test_lock_out_doubles_and_is_forgiven() -> None:
    lock, now = LockOut(), 0.0
    for _ in range(LockOut.FREE):
        lock.check("li", now)
        lock.failed("li", now)
    for expected in (15, 30, 60, 120, 240, 480, 900, 900):
        with pytest.raises(ClientFault) as refused:
            lock.check("li", now)
        assert refused.value.retry_after_s == expected + 1
        lock.check("wu", now)
        now += expected
        lock.check("li", now)
        lock.failed("li", now)
    lock.failed("li", now + LockOut.MOST_S + LockOut.FORGET_S)
    lock.check("li", now + LockOut.MOST_S + LockOut.FORGET_S)
    lock.succeeded("li")
    lock.check("li", now)


@pytest.mark.parametrize(
    ("address", "unit"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_limits_count_by_address_or_by_the_64_of_a_home(address: str, unit: str) -> None:
    assert caller(address) == unit


@pytest.mark.parametrize(
    ("host", "settings", "may"),
    [
        ("localhost:8443", {}, True),
        ("127.0.0.1:8443", {}, True),
        ("[::1]:8443", {}, True),
        ("evil.example", {}, False),
        ("192.0.2.7", {}, False),
        ("192.0.2.7:8443", {"host": "0.0.0.0"}, True),
        ("evil.example", {"host": "0.0.0.0"}, False),
        ("school.example", {"public_url": "https://school.example"}, True),
        ("", {}, False),
        ("[bad", {"host": "0.0.0.0"}, False),
    ],
)
def test_by_which_names_the_server_may_be_asked(host: str, settings: dict[str, str], may: bool) -> None:
    made = Settings(_env_file=None, **settings)
    assert addresses.may_be_asked_as(host, made, addresses.names(made)) is may


def test_candidates_are_given_or_loopback_or_this_machines() -> None:
    assert tuple(addresses.candidates(Settings(_env_file=None))) == ("127.0.0.1",)
    proxied = Settings(_env_file=None, public_url="https://school.example")
    assert "127.0.0.1" not in addresses.candidates(proxied) or not addresses.of_machine()
    given_one = Settings(_env_file=None, host="0.0.0.0", public_ip="192.0.2.7, 2001:db8::7")
    assert tuple(addresses.candidates(given_one)) == ("192.0.2.7", "2001:db8::7")
    assert "127.0.0.1" not in addresses.of_machine()


def test_command_line_over_environment_over_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("TONGKE_PORT=1111\nTONGKE_MEDIA_PORT=2222\nTONGKE_HOST=192.0.2.1\nOTHER=1\n")
    monkeypatch.setenv("TONGKE_PORT", "3333")
    monkeypatch.setenv("TONGKE_MEDIA_PORT", "4444")
    monkeypatch.setenv("TONGKE_PUBLIC_IP", "192.0.2.7,192.0.2.8")
    made = load(port=5555, media_port=None)
    assert (made.port, made.media_port, made.host) == (5555, 4444, "192.0.2.1")
    assert made.public_ip == ("192.0.2.7", "192.0.2.8")


@pytest.mark.parametrize(
    ("given_one", "named"),
    [
        ({"port": 70000}, "--port"),
        ({"port": "many"}, "--port"),
        ({"public_ip": ["school"]}, "--public-ip"),
        ({"public_url": "school.example"}, "--public-url"),
        ({"captions_hook": "recogniser.example"}, "--captions-hook"),
        ({"turn": "relay.example,north"}, "--turn"),
        ({"tls": "maybe"}, "--tls"),
        ({"media_workers": 0}, "--media-workers"),
        ({"log": "loud"}, "--log"),
    ],
)
def test_wrong_settings_are_named_in_one_line(given_one: dict[str, object], named: str) -> None:
    with pytest.raises(OperatorFault) as fault:
        load(**given_one)
    assert str(fault.value).startswith(named)
    assert "\n" not in str(fault.value)


OFFER = "v=0\r\na=ice-ufrag:aaaa\r\na=ice-pwd:" + "p" * 22 + "\r\nm=audio 9 X 0\r\na=mid:0\r\na=candidate:1\r\n"


def test_sections_and_restarts_of_an_offer() -> None:
    assert sdpfrag.sections(OFFER + "m=video 9 X 1\r\na=mid:v\r\nm=video 9 X 1\r\n") == [
        sdpfrag.Section("0", "audio"),
        sdpfrag.Section("v", "video"),
    ]
    new = sdpfrag.fragment("a=ice-ufrag:bbbb\r\na=ice-pwd:" + "q" * 24)
    again = sdpfrag.restarted(OFFER, new)
    assert sdpfrag.credentials(again) == new
    assert "candidate" not in again


@pytest.mark.parametrize(
    "text",
    ["", "a=ice-ufrag:bbbb", "a=ice-ufrag:b\r\na=ice-pwd:" + "q" * 24, "a=ice-ufrag:bbbb\r\na=ice-pwd:short"],
)
def test_what_is_no_fragment(text: str) -> None:
    with pytest.raises(ClientFault, match="fragment"):
        sdpfrag.fragment(text)


@given(st.text())
def test_no_text_does_worse_than_be_refused(text: str) -> None:
    sdpfrag.sections(text)
    sdpfrag.credentials(text)
    sdpfrag.of_answer(text)
    with contextlib.suppress(ClientFault):
        sdpfrag.restarted(text, sdpfrag.fragment(text))

"""Consent is answered in the plane as Python would answer it; whatever is more than that is Python's."""

from __future__ import annotations

import select
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from aioice import stun
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from media import ice
from media.plane import Plane
from tests.unit.media.plane.wire import STUN, End, Wire

NAME, PASSWORD, PRIORITY = "serv:clnt", "s" * 32, 100
fuzz = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def damaged(message: bytes) -> bytes:
    return message[:-1] + bytes([message[-1] ^ 1])


def check(name: str = NAME, password: str = PASSWORD, *, fingerprint: bool = True, **attributes: object) -> bytes:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = name
    message.attributes["PRIORITY"] = PRIORITY
    message.attributes.update({key.replace("_", "-"): value for key, value in attributes.items()})
    message.add_message_integrity(password.encode())
    return bytes(message) if fingerprint else bytes(message)[:-8]


@pytest.fixture
def end(wire: Wire) -> End:
    end = wire.end()
    wire.plane.set_consent(end.id, NAME, PASSWORD, PRIORITY)
    return end


def asked(wire: Wire, end: End, data: bytes) -> list[bytes]:
    """What comes back. Either it is answered here, or Python gets it."""
    end.send_raw(data)
    wire.turn()
    answers, handed_up = end.raw(), [one.data for one in wire.plane.datagrams()]
    assert len(answers) + len(handed_up) == 1
    assert not handed_up or handed_up == [data]
    return answers


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
@pytest.mark.parametrize("length", [1, 7, 24, 32, 64])
def test_a_repeated_check_is_answered_as_python_would(family: socket.AddressFamily, length: int) -> None:
    wire, password = Wire(family), "p" * length
    end = wire.end()
    wire.plane.set_consent(end.id, NAME, password, PRIORITY)
    request = check(password=password, ICE_CONTROLLING=5, USE_CANDIDATE=None)
    wire.now += 5
    (answer,) = asked(wire, end, request)
    agent = ice.Agent(ice.Credentials("serv", password), "clnt", 0)
    message = ice.read(request)
    assert message is not None
    expected = agent.check(message, end.path, Plane.remote(end.path), 0)
    assert expected is not None
    assert answer == expected.reply
    assert wire.plane.heard_at(end.id) == wire.now
    assert wire.counter("consents_renewed_total") == 1
    wire.close()


@pytest.mark.parametrize("name", ["serv:c", "serv:" + "c" * 200])
def test_names_of_any_length_are_known(wire: Wire, name: str) -> None:
    end = wire.end()
    wire.plane.set_consent(end.id, name, PASSWORD, PRIORITY)
    assert asked(wire, end, check(name))
    assert asked(wire, end, check(name, fingerprint=True, ICE_CONTROLLING=1))


@pytest.mark.parametrize(
    "data",
    [
        check(PRIORITY=PRIORITY + 1),
        check(name="serv:else"),
        check(password="t" * 32),
        check(ICE_CONTROLLED=1),
        check(REALM="unknown here"),
        damaged(check()),
        check(SOFTWARE="x" * 600),
        STUN,
    ],
)
def test_what_is_more_than_consent_is_pythons(wire: Wire, end: End, data: bytes) -> None:
    assert asked(wire, end, data) == []
    assert wire.counter("consents_renewed_total") == 0
    assert wire.plane.heard_at(end.id) == 0


def test_by_another_path_it_is_pythons(wire: Wire, end: End) -> None:
    assert asked(wire, wire.end(), check()) == []


def test_another_path_or_no_name_ends_it(wire: Wire, end: End) -> None:
    assert asked(wire, end, check())
    wire.plane.set_path(end.id, end.path)
    assert asked(wire, end, check()) == []
    wire.plane.set_consent(end.id, NAME, PASSWORD, PRIORITY)
    assert asked(wire, end, check())
    wire.plane.set_consent(end.id, "", "", 0)
    assert asked(wire, end, check()) == []


def test_a_password_has_at_most_64_bytes(wire: Wire, end: End) -> None:
    with pytest.raises(ValueError, match="64 bytes"):
        wire.plane.set_consent(end.id, NAME, "p" * 65, PRIORITY)


@fuzz
@given(at=st.integers(0, 107), value=st.integers(0, 255), cut=st.integers(0, 40))
def test_a_spoilt_check_is_never_answered(wire: Wire, at: int, value: int, cut: int) -> None:
    end = wire.end()
    wire.plane.set_consent(end.id, NAME, PASSWORD, PRIORITY)
    whole = check(ICE_CONTROLLING=5)
    spoilt = bytearray(whole)
    spoilt[at % len(spoilt)] = value
    data = bytes(spoilt)[: len(spoilt) - cut]
    if data == whole:
        return
    end.send_raw(data)
    wire.turn()
    wire.plane.datagrams()
    assert end.raw() == []


@fuzz
@given(
    st.lists(st.tuples(st.sampled_from([6, 8, 0x24, 0x25, 0x8028, 0x802A]), st.integers(0, 40), st.binary(max_size=40)))
)
def test_lengths_that_lie_are_survived(wire: Wire, attributes: list[tuple[int, int, bytes]]) -> None:
    end = wire.end()
    wire.plane.set_consent(end.id, NAME, PASSWORD, PRIORITY)
    body = b"".join(struct.pack("!HH", kind, length) + value for kind, length, value in attributes)
    body += bytes(-len(body) % 4)
    end.send_raw(struct.pack("!HHI12s", 1, len(body), stun.COOKIE, b"x" * 12) + body)
    wire.turn()
    wire.plane.datagrams()
    assert end.raw() == []


@dataclass
class Asleep:
    """The plane dozes in a thread, for ten seconds unless it is woken; what is written to `call` wakes it."""

    end: End
    call: socket.socket
    thread: threading.Thread

    def woken(self) -> bool:
        self.thread.join(5)
        return not self.thread.is_alive()


@pytest.fixture
def asleep(wire: Wire) -> Iterator[Asleep]:
    wire.now = time.monotonic() - 2
    end = wire.end()
    wire.plane.set_consent(end.id, NAME, PASSWORD, PRIORITY)
    wire.plane.on_timer(time.monotonic() + 10)
    ours, theirs = socket.socketpair()
    until = time.monotonic() + 10
    with ours, theirs:
        thread = threading.Thread(target=wire.plane.doze, args=(theirs.fileno(), until))
        thread.start()
        yield Asleep(end, ours, thread)
        ours.send(b"x")
        thread.join()


def test_dozing_it_answers_consent_and_wakes_for_anything_else(wire: Wire, asleep: Asleep) -> None:
    for _ in range(2):
        asleep.end.send_raw(check())
        assert select.select([asleep.end.socket], [], [], 5)[0]
        assert asleep.end.raw()
    assert asleep.thread.is_alive()
    asleep.end.send_raw(STUN)
    assert asleep.woken()
    assert [one.data for one in wire.plane.datagrams()] == [STUN]
    assert not wire.plane.quiet


def test_dozing_it_wakes_when_it_is_called(asleep: Asleep) -> None:
    asleep.call.send(b"x")
    assert asleep.woken()

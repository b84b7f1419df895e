"""A controlling agent's checks, made with aioice's own messages, against our lite half. Times are seconds."""

import struct

import pytest
from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from media import ice
from media.ice import Agent, Credentials

LOCAL = Credentials("serv", "s" * 24)
REMOTE = ("192.0.2.9", 4321)


def check(local=LOCAL, user="clnt", nominate=False, priority=100, **attributes):
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{local.ufrag}:{user}"
    message.attributes["PRIORITY"] = priority
    message.attributes.setdefault("ICE-CONTROLLING", 5)
    if nominate:
        message.attributes["USE-CANDIDATE"] = None
    message.attributes.update({name.replace("_", "-"): value for name, value in attributes.items()})
    message.add_message_integrity(local.pwd.encode())
    return ice.read(bytes(message))


def agent():
    return Agent(LOCAL, "clnt", now=0)


@pytest.mark.parametrize("remote", [REMOTE, ("2001:db8::2:1", 9)])
def test_a_check_is_answered_with_the_address_it_came_from(remote):
    request = check()
    outcome = agent().check(request, "path", remote, 1)
    assert outcome is not None
    assert not outcome.selected
    reply = stun.parse_message(outcome.reply)
    assert reply.transaction_id == request.transaction_id
    assert reply.attributes["XOR-MAPPED-ADDRESS"] == remote
    assert reply.check_message_integrity(LOCAL.pwd.encode())
    assert "FINGERPRINT" in reply.attributes


@pytest.mark.parametrize(
    "message",
    [
        check(user="else"),
        check(local=Credentials("serv", "wrong" * 5)),
        check(local=Credentials("othr", LOCAL.pwd)),
    ],
)
def test_a_check_by_another_is_not_answered_and_changes_nothing(message):
    one = agent()
    assert one.check(message, "path", REMOTE, 5) is None
    assert (one.path, one.heard_at) == (None, 0)


def test_a_message_without_integrity_is_not_answered():
    bare = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    bare.attributes["USERNAME"] = "serv:clnt"
    assert agent().check(ice.read(bytes(bare)), "path", REMOTE, 5) is None


def test_another_that_thinks_itself_controlled_is_told_of_the_conflict():
    outcome = agent().check(check(ICE_CONTROLLED=9), "path", REMOTE, 1)
    assert stun.parse_message(outcome.reply).error_code == 487


def nominated(one, path, priority, now):
    return one.check(check(nominate=True, priority=priority), path, REMOTE, now).selected


def test_the_highest_nominated_pair_is_used():
    one = agent()
    assert nominated(one, "wifi", 100, 1)
    assert not nominated(one, "wifi", 100, 2)
    assert not nominated(one, "mobile", 50, 2)
    assert nominated(one, "cable", 200, 3)
    assert one.path == "cable"


def test_a_lower_pair_takes_over_once_the_one_in_use_is_silent_for_three_seconds():
    one = agent()
    assert nominated(one, "wifi", 100, 1)
    assert one.check(check(), "wifi", REMOTE, 3) is not None
    assert not nominated(one, "mobile", 50, 5.9)
    assert nominated(one, "mobile", 50, 6.0)
    assert one.path == "mobile"


def test_the_same_candidate_is_followed_to_another_address_once_the_old_one_is_silent_for_half_a_second():
    one = agent()
    assert nominated(one, "wifi", 100, 1)
    one.hear(1.8)
    assert not nominated(one, "wifi elsewhere", 100, 2.2)  # by whom a check was sent again, for one
    assert one.path == "wifi"
    assert nominated(one, "wifi elsewhere", 100, 2.4)
    assert one.path == "wifi elsewhere"


def test_a_restart_keeps_the_path_until_one_is_nominated_anew():
    one = agent()
    assert nominated(one, "wifi", 100, 1)
    fresh = Credentials("srv2", "t" * 24)
    one.restart(fresh, "cln2")
    assert one.path == "wifi"
    assert one.ufrags == ["serv", "srv2"]
    assert one.check(check(), "wifi", REMOTE, 2) is not None  # the old credentials still hold
    outcome = one.check(check(local=fresh, user="cln2", nominate=True, priority=1), "mobile", REMOTE, 3)
    assert outcome.selected
    assert one.path == "mobile"
    assert one.ufrags == ["srv2"]
    assert one.check(check(), "wifi", REMOTE, 4) is None


def test_the_check_that_changes_nothing_is_known_while_the_path_is_settled():
    one = agent()
    assert one.consent is None
    nominated(one, "wifi", 100, 1)
    assert one.consent == ("serv:clnt", LOCAL.pwd, 100)
    nominated(one, "wifi", 120, 1)
    assert one.consent == ("serv:clnt", LOCAL.pwd, 120)
    fresh = Credentials("srv2", "t" * 24)
    one.restart(fresh, "cln2")
    assert one.consent is None
    one.check(check(local=fresh, user="cln2", nominate=True, priority=90), "wifi", REMOTE, 3)
    assert one.consent == ("srv2:cln2", fresh.pwd, 90)
    one.leave()
    assert one.consent is None


def test_a_path_that_was_heard_elsewhere_is_not_silent():
    one = agent()
    assert nominated(one, "wifi", 100, 1)
    one.hear(5)
    assert not nominated(one, "mobile", 50, 7.9)
    assert nominated(one, "mobile", 50, 8)
    assert not one.silent(17.9)


def test_consent_ends_after_ten_silent_seconds():
    one = agent()
    one.check(check(), "path", REMOTE, 4)
    assert not one.silent(13.9)
    assert one.silent(14)


@given(st.binary(max_size=100))
def test_bytes_that_are_no_check_are_nothing(data):
    assert ice.read(data) is None


@given(st.integers(0, 0xFFFF), st.binary(max_size=40))
def test_a_broken_attribute_is_nothing_worse(kind, value):
    body = struct.pack("!HH", kind, len(value)) + value
    ice.read(struct.pack("!HHI12s", 1, len(body), stun.COOKIE, b"x" * 12) + body)


def request(**attributes):
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes.update(attributes)
    message.add_message_integrity(b"key")
    return bytes(message)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (request(USERNAME="serv:clnt"), "serv"),
        (request(PRIORITY=1, USERNAME="serv"), "serv"),
        (request(PRIORITY=1), ""),
        (request(USERNAME="serv:clnt")[:23], ""),
        (bytes(20), ""),
        (request(USERNAME="serv:clnt").replace(b"\x21\x12\xa4\x42", b"\0\0\0\0"), ""),
    ],
)
def test_whom_a_datagram_names(data, name):
    assert ice.named(data) == name


@given(st.binary(max_size=200))
def test_any_bytes_name_somebody_or_nobody(data):
    assert isinstance(ice.named(b"\x00\x01\x00\x00\x21\x12\xa4\x42" + data), str)

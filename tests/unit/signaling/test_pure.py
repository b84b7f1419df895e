"""The parts without sockets: tokens, limits, sessions, the wire, signals, arrangement, audiences."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from classroom.errors import ClientFault
from classroom.events import Event, Role, Seat
from classroom.rules import State, project, seated
from media.api import Codec, Show, Slot, Track
from signaling import protocol, wire
from signaling.arrange import Shown, arrange
from signaling.fanout import Audience, Outgoing, Reach, broadcast, catch_up
from signaling.limits import MAX_MESSAGE, SOCKETS_PER_PARTICIPANT, Bucket, Rate
from signaling.sessions import GRACE_S, CatchingUp, Joining, Live, Sessions, Waiting
from signaling.tokens import Claims, Tokens
from tests.unit.classroom.lessons import ANNA, BEN, EVERYONE, LEAD, QUESTION, STROKE, Lesson
from tests.unit.classroom.scribes import said

SECRET = b"0123456789abcdef0123456789abcdef"
JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=8), lambda one: st.lists(one, max_size=3), max_leaves=4
)
NOW = 1_800_000_000.0


def code(call: Any, *arguments: Any) -> str:
    with pytest.raises(ClientFault) as refused:
        call(*arguments)
    return refused.value.code


# tokens


@pytest.mark.parametrize("role", list(Role))
def test_a_token_says_what_it_was_given(role: Role) -> None:
    claims = Claims("l", "p", role, "r", ("camera", "mic"), "李老师")
    read = Tokens(SECRET).read(Tokens(SECRET).issue(claims, 60, NOW), NOW + 59)
    assert (read.lesson, read.seat, read.sources, read.name) == ("l", Seat("p", role, "r"), ("camera", "mic"), "李老师")
    assert read.expires == NOW + 60


def test_a_token_expires_and_is_good_only_where_it_was_made() -> None:
    token = Tokens(SECRET).issue(Claims("l", "p", Role.STUDENT), 60, NOW)
    assert code(Tokens(SECRET).read, token, NOW + 60) == "token_expired"
    assert code(Tokens(SECRET[::-1]).read, token, NOW) == "token_invalid"
    head, body, mark = token.split(".")
    none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"  # {"alg":"none","typ":"JWT"}
    for other in (
        f"{none}.{body}.",
        f"{none}.{body}.{mark}",
        f"{head}.{body}",
        f"{head}.{body}.",
        token[:-2],
        token + "A",
    ):
        assert code(Tokens(SECRET).read, other, NOW) == "token_invalid"


@given(st.dictionaries(st.sampled_from(["alg", "crit", "b64", "kid", "typ", "jwk", "x5c"]), JSON, max_size=3))
@example({"alg": "HS256", "crit": 1})
@example({"alg": ["HS256"]})
def test_no_header_but_ours_is_read(header: dict[str, object]) -> None:
    _, body, mark = Tokens(SECRET).issue(Claims("l", "p", Role.STUDENT), 60, NOW).split(".")
    head = base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
    assert code(Tokens(SECRET).read, f"{head}.{body}.{mark}", NOW) == "token_invalid"


@given(st.text(max_size=200))
def test_no_text_is_a_token(text: str) -> None:
    assert code(Tokens(SECRET).read, text, NOW) == "token_invalid"


# limits


def test_a_bucket_gives_its_burst_then_its_rate() -> None:
    bucket = Bucket(Rate(per_s=2, burst=3), now=100)
    for _ in range(3):
        bucket.take(100)
    assert code(bucket.take, 100.4) == "too_often"
    bucket.take(100.5)
    assert code(bucket.take, 100.5) == "too_often"
    assert code(bucket.take, 99) == "too_often"  # a clock that goes back gives nothing
    for _ in range(3):
        bucket.take(1000)
    assert code(bucket.take, 1000) == "too_often"


# sessions


def test_a_session_goes_its_way_and_no_other() -> None:
    sessions, claims = Sessions(), Claims("l", "p", Role.STUDENT)
    sessions.open("s", claims, 0)
    assert sessions.get("s") == Joining(claims)
    with pytest.raises(ValueError):
        sessions.settle("s", admitted=True)
    assert sessions.get("s") == Joining(claims)
    sessions.catch_up("s")
    assert sessions.get("s") == CatchingUp(claims)
    with pytest.raises(ValueError):
        sessions.catch_up("s")
    sessions.settle("s", admitted=False)
    assert sessions.get("s") == Waiting(claims)
    assert sessions.sids_of("p") == ()
    sessions.catch_up("s")
    sessions.settle("s", admitted=True)
    assert sessions.get("s") == Live(claims)
    with pytest.raises(ValueError):
        sessions.settle("s", admitted=True)
    sessions.catch_up("s")
    assert not sessions.sids_of("p")
    assert sessions.arriving("l") == [("s", CatchingUp(claims, again=True))]
    assert sessions.again("l") == [("s", claims)]
    sessions.settle("s", admitted=True)
    assert sessions.get("s") == Live(claims)
    assert sessions.sids_of("p") == ("s",)
    assert sessions.again("l") == []


def test_presence_is_by_sockets_or_for_who_has_no_page_by_peers() -> None:
    sessions, page, encoder = Sessions(), Claims("l", "page", Role.DISPLAY), Claims("l", "encoder", Role.ENCODER)
    sessions.open("s", page, 0)
    sessions.hold("page:send", page, 0)
    sessions.hold("encoder:whip", encoder, 0)
    assert sessions.left(1000) == []
    sessions.close("s", 1000)
    assert sessions.left(1000 + GRACE_S - 0.1) == []
    sessions.open("s2", page, 1000 + GRACE_S - 0.1)
    assert sessions.left(5000) == []
    sessions.close("s2", 5000)
    sessions.let_go("encoder:whip", "encoder", 5000)
    assert sessions.left(5000 + GRACE_S) == [page, encoder]
    assert sessions.left(9000) == []
    assert len(sessions) == 0


def test_who_fell_silent_has_left_when_the_grace_is_over_since_it_was_last_heard() -> None:
    sessions, claims = Sessions(), Claims("l", "p", Role.DISPLAY)
    sessions.open("dead", claims, 0)
    sessions.open("new", claims, 100)
    sessions.close("dead", 98)
    assert sessions.left(1000) == []
    sessions.close("new", 1000)
    assert sessions.left(1000 + GRACE_S - 0.1) == []
    sessions.open("again", claims, 1005)
    sessions.close("again", 1003)  # silent: it takes a while until a socket is given up
    assert sessions.left(1005 + GRACE_S - 0.1) == []
    assert sessions.left(1005 + GRACE_S) == [claims]


def test_nobody_leaves_while_nobody_can_tell_who_is_elsewhere() -> None:
    sessions, here, there = Sessions(), Claims("l", "here", Role.STUDENT), Claims("l", "there", Role.STUDENT)
    sessions.open("s", here, 0)
    sessions.expect(there, 0)
    sessions.close("s", 1)
    for now in range(2, 60):
        sessions.expect_news(now)
        assert sessions.left(now) == []
    assert sessions.left(59 + GRACE_S - 1) == []
    assert sessions.left(59 + GRACE_S) == [here, there]


def test_a_seat_has_so_many_sockets_and_no_more() -> None:
    sessions, claims = Sessions(), Claims("l", "p", Role.STUDENT)
    for number in range(SOCKETS_PER_PARTICIPANT):
        sessions.open(f"s{number}", claims, 0)
    assert code(sessions.open, "more", claims, 0) == "too_many_open"
    assert sessions.get("more") is None
    sessions.close("more", 0)
    sessions.close("s0", 0)
    sessions.open("more", claims, 0)


# the wire


@given(st.text(max_size=60) | st.text(alphabet='0123456/lesson,["command",{}]:', max_size=60).map("2/lesson,".__add__))
def test_no_text_raises(text: str) -> None:
    wire.acceptable_frame(text)
    packet = wire.parse(text)
    assert packet.type in (wire.CONNECT, wire.DISCONNECT, wire.EVENT)
    if packet.type == wire.EVENT:
        assert packet.data[0] in {"command", "signal", "malformed", "too_large"}


def test_a_large_packet_keeps_its_id_but_is_not_read() -> None:
    assert wire.parse('2/lesson,12["command",{"x":"' + "x" * MAX_MESSAGE + '"}]') == wire.ClientPacket(
        wire.EVENT, ["too_large"], 12
    )


# signals

CURSOR = {"page": "1", "x": 1.5, "y": 2.0}
INK = {
    "stroke": "s",
    "page": "1",
    "tool": "highlighter",
    "color": "#00ff00",
    "width": 3.0,
    "points": [1.0, 2.0, 0.5, 0.0],
}
PLACE = {"type": None, "tname": "notes", "item": {"client": 7, "clock": 2**40}, "assoc": -1}
SAMPLES: dict[str, Any] = {
    "cursor": CURSOR,
    "ink": INK,
    "view": {"page": "1", "x": 0.5, "y": 2.0, "width": 800.0},
    "caret": {"notes": "class", "client": 7, "anchor": PLACE, "head": None},
    "reaction": {"reaction": "clap"},
    "devices": {"camera": "denied", "microphone": None},
}
TEACHERS = {Role.LEAD_TEACHER, Role.LOCAL_TEACHER}
WRITERS = {*TEACHERS, Role.STUDENT, Role.DISPLAY}
WAYS = {  # who may send it, who gets it
    "cursor": (WRITERS, set(Role) - {Role.ENCODER}),
    "ink": (WRITERS, set(Role) - {Role.ENCODER}),
    "view": (TEACHERS, set(Role) - {Role.ENCODER}),
    "caret": ({*TEACHERS, Role.STUDENT}, {*TEACHERS, Role.OBSERVER}),
    "reaction": ({Role.STUDENT}, {*TEACHERS, Role.DISPLAY}),
    "devices": ({Role.STUDENT, Role.DISPLAY}, TEACHERS),
}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("kind", list(protocol.SIGNALS))
def test_every_cell_of_the_signal_table(kind: str, role: Role) -> None:
    message = {"kind": kind, "data": SAMPLES.get(kind, {})}
    if kind not in WAYS:
        assert code(protocol.read_signal, message, role) == "unknown_kind"
    elif role in WAYS[kind][0]:
        assert protocol.read_signal(message, role) == (kind, SAMPLES[kind], WAYS[kind][1])
    else:
        assert code(protocol.read_signal, message, role) == "not_allowed"


def test_who_is_told_where_others_write_in_notes() -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "groups.form", groups=[{"group": "red", "participants": ["anna"]}])
    watching = frozenset({*TEACHERS, Role.OBSERVER})

    def reach(seat: Seat, notes: str) -> set[Reach] | str:
        data = {**SAMPLES["caret"], "notes": notes}
        try:
            return set(protocol.reaches(lesson.state, seat, "caret", data, watching, 0))
        except ClientFault as fault:
            return fault.code

    assert reach(LEAD, "class") == {Reach(watching)}
    assert reach(ANNA, "class") == "notes_closed"
    lesson.ask(LEAD, "notes.rule", by="all")
    lesson.ask(LEAD, "notes.show", on=True)
    assert reach(ANNA, "class") == {Reach(watching | {Role.STUDENT, Role.DISPLAY})}
    group = {Reach(participants=frozenset({"lead"})), Reach(taught=frozenset({"r1"}))}
    assert reach(ANNA, "red") == {*group, Reach(participants=frozenset({"anna"}))}
    assert reach(BEN, "red") == "not_yours"
    assert reach(BEN, "green") == "not_found"
    lesson.ask(LEAD, "student.lock", locked=["notes"])
    assert reach(ANNA, "red") == reach(ANNA, "class") == "locked"


@given(st.recursive(st.none() | st.floats() | st.text(), lambda i: st.lists(i) | st.dictionaries(st.text(), i)))
def test_no_message_raises_anything_but_a_fault(value: Any) -> None:
    for read in (protocol.read_auth, protocol.read_command):
        assert code(read, value) == "malformed"
    assert code(protocol.read_signal, value, Role.LEAD_TEACHER) == "malformed"
    assert code(protocol.read_signal, {"kind": "ink", "data": {"points": value}}, Role.LEAD_TEACHER) == "malformed"


# audiences

THEN = [
    ("hand.raise", {}),
    ("stroke.add", STROKE),
    ("chat.say", {"message": "m", "text": "話"}),
    ("activity.open", QUESTION),
    ("activity.answer", {"activity": "q1", "choice": 0}),
    ("activity.reveal", {"activity": "q1"}),
    ("handout.give", {"handout": "s", "page": "1", "to": "students"}),
    ("handout.give", {"handout": "g", "page": "1", "to": "groups"}),
    ("stroke.add", {**STROKE, "page": "s-anna"}),
    ("groups.form", {"groups": [{"group": "red", "participants": ["anna", "ben"]}]}),
    ("stroke.add", {**STROKE, "page": "g-red"}),
    ("notes.write", {"notes": "class", "update": said(1, "of the class")}),
    ("notes.write", {"notes": "red", "update": said(2, "of a group")}),
    ("participant.leave", {}),
]


def test_an_audience_gets_what_each_of_it_would_be_shown() -> None:
    lesson = Lesson.live()
    ticks: list[tuple[list[Event], State]] = [(list(lesson.events), lesson.state)]
    for kind, data in THEN:
        actors = [seat for seat in EVERYONE if kind != "activity.answer" or seat.role == Role.STUDENT]
        for seat in actors:
            try:
                ticks.append((lesson.ask(seat, kind, **data), lesson.state))
            except ClientFault:
                continue
    viewers = [(f"{seat.participant}/{n}", seat) for seat in EVERYONE for n in range(2)]
    audiences: dict[tuple[Role, str | None], Audience] = {}
    for sid, seat in viewers:
        audiences.setdefault((seat.role, seat.room), Audience(seat.role, seat.room, {})).viewers[sid] = seat.participant
    for tick, state in ticks:
        messages = broadcast(tick, lesson.texts, audiences.values(), state)
        got = {sid: json.loads(message.text) for message in messages for sid in message.to}
        assert len(got) == sum(len(message.to) for message in messages)  # nobody gets it twice
        for sid, seat in viewers:
            seat = seated(state, seat)
            shown = [e.json() for event in tick if (e := project(event, seat, lesson.texts))]
            assert got.get(sid, []) == json.loads(json.dumps(shown))
    stroke, on_own, on_groups = (tick for tick, _ in ticks if tick and tick[0].kind == "stroke.added")

    def told(tick: list[Event]) -> list[Outgoing]:
        return sorted(broadcast(tick, lesson.texts, audiences.values(), lesson.state), key=lambda one: len(one.to))

    own, others = told(stroke)
    assert own.to == ("lead/0", "lead/1")
    assert len(others.to) == len(viewers) - 2 - 2  # one message for all but the lead; none for the encoder
    watching = {f"{who}/{n}" for who in ("lead", "local") for n in range(2)}
    for tick, children in ((on_own, {"anna"}), (on_groups, {"anna", "ben"})):
        to = {sid for message in told(tick) for sid in message.to}
        assert to == watching | {f"{who}/{n}" for who in children for n in range(2)}


def test_a_snapshot_is_fetched_where_what_is_ones_own_is_large() -> None:
    lesson = Lesson.live()
    lesson.ask(LEAD, "handout.give", handout="s", page="1", to="students")
    lesson.ask(ANNA, "stroke.add", **{**STROKE, "page": "s-anna", "points": [1000.25, 100.25, 0.525, 0] * 2000})
    for seat, large in ((ANNA, True), (BEN, False)):
        message = catch_up("sid", None, 1000, lesson.state, lesson.texts, seat, 0)
        assert (message.name, json.loads(message.text)["state"] is None) == ("snapshot", large)


# arrangement


def slots(video: int, audio: int = 0, codecs: tuple[Codec, ...] = (Codec.H264,)) -> tuple[Slot, ...]:
    return (
        *(Slot(f"v{n}", "video", codecs) for n in range(video)),
        *(Slot(f"a{n}", "audio", (Codec.OPUS,)) for n in range(audio)),
    )


def track(name: str, codec: Codec = Codec.H264, layer: str = "") -> Shown:
    peer, source = name.split("/")
    kind = "audio" if source == "mic" else "video"
    return Shown(Track(name, peer, source, kind, Codec.OPUS if kind == "audio" else codec, layer=layer))


A, B, C = track("a:1/camera"), track("b:1/room"), track("c:1/room")
VOICE = track("a:1/mic")


def test_tracks_go_to_the_first_free_slots_of_their_kind() -> None:
    plan = arrange(slots(2, 1), {}, [VOICE, A, B, C])
    assert plan.showing == {"a0": VOICE, "v0": A, "v1": B}
    assert list(plan.showing) == ["a0", "v0", "v1"]
    assert plan.changes({}, slots(2, 1)) == {
        "v0": Show("a:1/camera"),
        "v1": Show("b:1/room"),
        "a0": Show("a:1/mic"),
    }


def test_a_track_that_stays_wanted_keeps_its_slot() -> None:
    plan = arrange(slots(2), {"v0": A, "v1": B}, [C, B])
    assert plan.showing == {"v0": C, "v1": B}
    plan = arrange(slots(3), {"v0": A, "v1": B}, [B])
    assert plan.showing == {"v1": B}
    assert plan.changes({"v0": A, "v1": B}, slots(3)) == {"v0": None}


def test_a_page_that_was_loaded_again_keeps_its_place() -> None:
    again = track("b:2/room")
    plan = arrange(slots(3), {"v0": A, "v1": B}, [C, A, again])
    assert plan.showing == {"v2": C, "v0": A, "v1": again}
    assert plan.changes({"v0": A, "v1": B}, slots(3)) == {"v1": Show("b:2/room", keep=True), "v2": Show("c:1/room")}


def test_a_slots_picture_stays_until_it_comes_in_another_quality() -> None:
    small, less = track("b:2/room", layer="low"), Shown(B.track, "low")
    for other in (small, less):
        plan = arrange(slots(2), {"v1": B}, [other])
        assert plan.changes({"v1": B}, slots(2)) == {"v1": Show(other.track.id, other.ceiling, keep=True)}
        assert plan.changes(plan.showing, slots(2)) == {}
    assert arrange(slots(1), {"v0": A}, [B]).changes({"v0": A}, slots(1)) == {"v0": Show("b:1/room")}
    assert arrange(slots(0, 1), {"a0": VOICE}, [track("a:2/mic")]).changes({"a0": VOICE}, slots(0, 1)) == {
        "a0": Show("a:2/mic")
    }


def test_a_codec_that_no_slot_has_is_named() -> None:
    strange = track("d:1/camera", Codec.AV1)
    plan = arrange(slots(1), {}, [strange, A])
    assert plan.showing == {"v0": A}
    assert plan.unsupported == (strange.track,)


@given(st.lists(st.permutations([A, B, C, track("d:1/camera"), track("e:1/camera", Codec.VP9)]), max_size=6), st.data())
def test_nothing_moves_that_need_not(rounds: list[list[Shown]], data: st.DataObject) -> None:
    offered = slots(data.draw(st.integers(0, 4)))
    before: dict[str, Shown] = {}
    for wanted in rounds:
        wanted = wanted[: data.draw(st.integers(0, 5))]
        plan = arrange(offered, before, wanted)
        fit = [one for one in wanted if one.track.codec == Codec.H264] if offered else []
        assert list(plan.showing.values()) == fit[: len(offered)]
        for mid, one in plan.showing.items():
            if one in before.values():
                assert before[mid] == one
        before = plan.showing

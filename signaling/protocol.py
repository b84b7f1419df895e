"""The messages of namespace `/lesson`, as pydantic models: what is not like this is refused.

The client's TypeScript types are made from them (`web/client/tools/protocol.py`); `docs/protocol.md` describes them.
The data of commands and events are the models of `classroom.kinds`; this module is their wire.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from classroom import locks
from classroom.board.bricks import PAGE_HEIGHT, PAGE_WIDTH
from classroom.board.pages import MIN_WIDTH
from classroom.board.writing import check_pen, owner_to_write_for, owners_of
from classroom.errors import ClientFault, Status
from classroom.events import Command, Json, Role, Seat
from classroom.groups import CLASS
from classroom.locks import Thing
from classroom.notes.sheets import writes_for
from classroom.rules import State, acting

from .fanout import Reach

M = TypeVar("M", bound="Message")

NAMESPACE = "/lesson"

Id = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Uuid = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
Kind = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[a-z_]+(\.[a-z_]+)?$")]
Color = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
X = Annotated[float, Field(ge=-PAGE_WIDTH, le=2 * PAGE_WIDTH, allow_inf_nan=False)]
Y = Annotated[float, Field(ge=-PAGE_HEIGHT, le=2 * PAGE_HEIGHT, allow_inf_nan=False)]
DeviceFault = Literal["insecure", "denied", "missing", "busy", "failed"]
Number = Annotated[float, Field(allow_inf_nan=False)]
Clock = Annotated[int, Field(ge=0, le=2**53 - 1)]


class Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


# client → server


class Auth(Message):
    """The auth object of the connection. `since` is the last seq that the client has."""

    token: Annotated[str, StringConstraints(min_length=1, max_length=4096)]
    since: Annotated[int, Field(ge=0, le=2**53 - 1)] | None = None


class CommandMessage(Message):
    id: Uuid
    kind: Kind
    data: dict[str, Any]

    def command(self) -> Command:
        return Command(self.id, self.kind, self.data)


class Cursor(Message):
    """Where someone points, in board units; `page` null: nowhere any more."""

    page: Id | None
    x: X = 0
    y: Y = 0


class Ink(Message):
    """An unfinished stroke: `points` (flat: x, y, pressure, ms since it was begun) are those since the last signal
    of the same stroke; none: nothing comes of it. The finished stroke comes as `stroke.added` with the same id and
    replaces it."""

    stroke: Id
    page: Id
    tool: Literal["pen", "highlighter"] = "pen"
    color: Color
    width: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]
    points: Annotated[list[Number], Field(max_length=400)]


class View(Message):
    """What part of the page the presenter shows, while it moves: from its left upper corner, so many units wide. Where
    it comes to rest is in `view.shown`."""

    page: Id
    x: X
    y: Y
    width: Annotated[float, Field(ge=MIN_WIDTH, le=PAGE_WIDTH, allow_inf_nan=False)]


class Reaction(Message):
    """What a student shows in passing."""

    reaction: Literal["up", "clap", "heart", "question", "slower"]


class Item(Message):
    """Something in notes, by Yjs's id of it."""

    client: Clock
    clock: Clock


class NotesPlace(Message):
    """A place in notes: Yjs's relative position, without what is null. Beside an `item`, or at the end of what is in
    `type`, or of all (`tname`)."""

    type: Item | None = None
    tname: Literal["notes"] | None = None
    item: Item | None = None
    assoc: Annotated[int, Field(ge=-1, le=0)] = 0


class Caret(Message):
    """Where someone writes in notes, and from where on it is selected; null: nowhere any more. `client` is that of
    Yjs."""

    notes: Id
    client: Clock
    anchor: NotesPlace | None
    head: NotesPlace | None


class Devices(Message):
    """What is wrong with the sender's camera and microphone, for those who wait to see and hear it; null: nothing."""

    camera: DeviceFault | None
    microphone: DeviceFault | None


# server → client


class Fault(Message):
    code: str
    message: str


class Ack(Message):
    """`seq` is the last event's that the command made, or the lesson's last if it made none."""

    ok: Literal[True] = True
    seq: int


class Refused(Message):
    ok: Literal[False] = False
    error: Fault


class MediaLimits(Message):
    """`ports`: the UDP ports (and TCP ports of the same numbers) that must be open for media."""

    ports: tuple[int, ...]


class Welcome(Message):
    """The first message on every connection. `at` is the lesson's clock now, `running` whether it goes on;
    `admitted` is false for who still waits in the lobby (another welcome follows when let in)."""

    lesson: str
    participant: str
    role: Role
    room: str | None
    at: int
    running: bool
    seq: int
    admitted: bool
    ice_servers: tuple[Json, ...] = ()
    media: MediaLimits


class Speaking(Message):
    """Participants who are heard now, loudest first: by all, or in the voice of a group, which only those are told who
    hear it, and teachers."""

    participants: tuple[str, ...]
    group: str | None = None


class Tally(Message):
    """How many of those who could answer an open activity have; never what. `held`, for teachers: whose votes are not
    written before others are with them."""

    activity: str
    answered: int
    of: int
    held: tuple[str, ...] = ()


class Pace(Message):
    """To who writes: milliseconds from one telling of it to the next, for the ten seconds that follow."""

    ms: int


class SlotEntry(Message):
    """What a receiving section shows. `unsupported`: the codec that the receiver lacks; such a track has no `mid`."""

    mid: str | None
    track: str
    source: str
    participant: str
    name: str | None = None
    room: str | None = None
    kind: Literal["audio", "video"]
    codec: str
    unsupported: str | None = None


class Slots(Message):
    """All of one receiving peer's slots that show something, most important first; those not named are empty."""

    peer: str
    slots: tuple[SlotEntry, ...]


class Layers(Message):
    """The layers (rids) of a sending section that are wanted now: those not named may pause, as nobody watches them.
    All are, until this says otherwise."""

    peer: str
    mid: str
    rids: tuple[str, ...]


class Media(Message):
    """One of this participant's peers is gone, or all are where none is named: the page offers again."""

    peer: str | None
    state: Literal["gone"]
    reason: str


class Alarm(Message):
    """Something that a teacher must know, with a stable code."""

    code: str
    message: str


SIGNALS: dict[str, type[Message]] = {
    "welcome": Welcome,
    "cursor": Cursor,
    "ink": Ink,
    "view": View,
    "caret": Caret,
    "reaction": Reaction,
    "devices": Devices,
    "speaking": Speaking,
    "tally": Tally,
    "pace": Pace,
    "slots": Slots,
    "layers": Layers,
    "media": Media,
    "alarm": Alarm,
}

TEACHERS = frozenset({Role.LEAD_TEACHER, Role.LOCAL_TEACHER})
EVERYONE = frozenset(Role)
WRITERS = TEACHERS | {Role.STUDENT, Role.DISPLAY}
# signal → (who may send it, who gets it). Signals that are not here come from the server alone.
SIGNAL_RULES: dict[str, tuple[frozenset[Role], frozenset[Role]]] = {
    "cursor": (WRITERS, EVERYONE - {Role.ENCODER}),
    "ink": (WRITERS, EVERYONE - {Role.ENCODER}),
    "view": (TEACHERS, EVERYONE - {Role.ENCODER}),
    "caret": (TEACHERS | {Role.STUDENT}, TEACHERS | {Role.OBSERVER}),
    "reaction": (frozenset({Role.STUDENT}), TEACHERS | {Role.DISPLAY}),
    "devices": (frozenset({Role.STUDENT, Role.DISPLAY}), TEACHERS),
}
# what only those may send who may write on the board
PEN_SIGNALS = frozenset({"cursor", "ink"})
# what only the lead may send
LEAD_SIGNALS = frozenset({"view"})
# signal → what a lock takes away from students
LOCKABLE_SIGNALS: dict[str, Thing] = {"reaction": "reaction", "caret": "notes"}


class SignalMessage(Message):
    kind: Kind
    data: dict[str, Any]


def read_auth(auth: object) -> Auth:
    return _read(Auth, auth)


def read_command(message: object) -> Command:
    return _read(CommandMessage, message).command()


def read_signal(message: object, role: Role) -> tuple[str, Json, frozenset[Role]]:
    """A client's signal: its kind, its data, and the roles that get it. Raises `ClientFault`."""
    signal = _read(SignalMessage, message)
    rule = SIGNAL_RULES.get(signal.kind)
    if rule is None:
        raise ClientFault("unknown_kind", "There is no such signal from a client.", Status.MALFORMED)
    senders, receivers = rule
    if role not in senders:
        raise ClientFault("not_allowed", "This role may not send that signal.", Status.FORBIDDEN)
    return signal.kind, _read(SIGNALS[signal.kind], signal.data).model_dump(mode="json"), receivers


def reaches(state: State, seat: Seat, kind: str, data: Json, roles: frozenset[Role], now: int) -> tuple[Reach, ...]:
    """Whom such a signal of this seat's goes to, where `roles` get what is for everyone; `now` is the lesson's clock.
    Raises ClientFault where the lesson is not so that it may be sent: `locked`, `no_pen`, `not_allowed`, `not_yours`
    `notes_closed` (403), `not_found`, `collected`."""
    locks.check(state, seat.participant, seat.role, LOCKABLE_SIGNALS.get(kind))
    if kind in PEN_SIGNALS:
        owner = owner_to_write_for(state, data["page"], seat, now) if data["page"] else None
        if owner is not None:
            return _watching(state, owner)
        check_pen(state, seat)
    if kind == "caret":
        writes_for(state, data["notes"], seat)
        return _reading(state, data["notes"], roles)
    if kind in LEAD_SIGNALS and acting(state, seat).role != Role.LEAD_TEACHER:
        raise ClientFault("not_allowed", "Only the lead teacher may send that signal.", Status.FORBIDDEN)
    return (Reach(roles),)


def _reading(state: State, notes: str, roles: frozenset[Role]) -> tuple[Reach, ...]:
    """Who sees where others write in notes: who may write there, and displays that show them."""
    if notes != CLASS:
        return _watching(state, notes)
    students = {Role.STUDENT} if state["notes_by"] == "all" else frozenset[Role]()
    displays = {Role.DISPLAY} if state["notes_shown"] else frozenset[Role]()
    return (Reach(roles | students | displays),)


def _watching(state: State, owner: str) -> tuple[Reach, ...]:
    """Who sees something grow on a page of one's own. Lines are narrow: the lead sees all, local teachers what their
    room writes, and observers nothing before it is finished. What goes to the same few is one frame for them: so the
    lead, the rooms' teachers and the owners are told apart, but for a lead who is one of these teachers."""
    people, lead = state["participants"], state["lead"]["participant"]
    members, room = owners_of(state, owner)
    rooms = {people[one]["room"] for one in members if one in people} | {room}
    taught = frozenset(one for one in rooms if one is not None)
    leads = frozenset() if lead is None else frozenset({lead})
    if lead is not None and people[lead]["role"] == Role.LOCAL_TEACHER and people[lead]["room"] in taught:
        watch = [Reach(participants=leads, taught=taught)]
    else:
        watch = [Reach(participants=leads), Reach(taught=taught)]
    return tuple(one for one in (*watch, Reach(participants=members, room=room)) if one != Reach())


def signal(kind: str, data: Message, sender: str | None = None) -> Json:
    """A signal as the server sends it; `from` is absent when it is the server's own."""
    made: Json = {"kind": kind, "data": data.model_dump(mode="json", exclude_none=False)}
    return made if sender is None else {**made, "from": sender}


def refusal(fault: ClientFault) -> Json:
    return Refused(error=Fault(code=fault.code, message=fault.message[:200])).model_dump()


def _read(model: type[M], value: object) -> M:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ClientFault("malformed", f"{where or 'message'}: {first['msg']}", Status.MALFORMED) from error

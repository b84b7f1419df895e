"""What a reducer module is made of: the shape of the state, and the signatures of its two halves."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NotRequired, Protocol, TypedDict

from classroom.board.sheet import BoardObject, Erased
from classroom.errors import ClientFault, Status
from classroom.events import Draft, Event, Seat


class ParticipantState(TypedDict, total=False):
    role: str
    room: str | None
    present: bool
    admitted: bool
    tablet: bool  # False: a child that its local teacher speaks for
    since: int  # `at` of the latest arrival
    left: NotRequired[int]  # and of the latest departure
    name: str  # only where projected


class Guest(TypedDict, total=False):
    participant: str
    state: str  # "invited" | "on"
    name: str  # only where projected


class Called(TypedDict, total=False):
    participant: str
    picked: bool  # by chance
    name: str  # only where projected


class StageState(TypedDict):
    guests: list[Guest]
    called: Called | None  # the child who is called on now
    calls: dict[str, int]  # participant → how often it was called on
    encoder: bool  # whether an encoder's picture goes before the lead's own camera


class LeadState(TypedDict):
    participant: str | None  # who leads, perhaps away; None before the first lead teacher came
    asked: str | None  # who asks for the lead


class Locks(TypedDict):
    everyone: list[str]  # what the class may not do (`classroom.locks.Thing`)
    students: dict[str, list[str]]  # and what one of them may not


class Source(TypedDict):
    """Whose page a copy shows."""

    handout: str
    owner: str
    kind: str  # as `OwnBoard`
    name: NotRequired[str]  # a group's; a participant's only where projected


class Page(TypedDict):
    id: str
    paper: dict[str, Any]  # see `classroom.board.bricks`
    objects: list[BoardObject]  # in the order of `z`; see `classroom.board.sheet.Sheet`
    erased: list[Erased]  # what can be restored, the latest last
    of: NotRequired[list[Source]]  # what it is a copy of


class ViewState(TypedDict):
    """A part of the page that is shown, in its units."""

    x: float
    y: float
    width: float


class Without(TypedDict):
    participants: list[str]
    rooms: list[str]


class Pens(TypedDict):
    """Who may write, besides teachers; and in what colour, if it is to be one of their own."""

    participants: dict[str, str | None]
    rooms: dict[str, str | None]
    everyone: bool
    without: Without  # from whom it was taken, while others have it: of their room, or everyone


class BoardState(TypedDict):
    pages: list[Page]
    shown: str | None
    view: ViewState | None  # what the presenter shows of it; None: all
    pens: Pens


class Handout(TypedDict):
    """A page of the class's that all have a page of their own of, `{handout}-{owner}`; it lies under that."""

    handout: str
    page: str
    to: str  # "students" | "rooms" | "groups"
    photos: bool
    phase: str  # "open" | "collected"
    since: int  # `at` of its giving or reopening
    seconds: int | None


class OwnBoard(TypedDict):
    """What an owner, whose id it stands under, has written."""

    kind: str  # "participant" | "room" | "group"
    name: NotRequired[str]  # the group's, which may be no more
    pages: list[Page]


class Group(TypedDict):
    name: NotRequired[str]
    members: list[str]  # students; of other groups' a student sees none
    names: NotRequired[dict[str, str]]  # theirs; only where projected


class TimerState(TypedDict):
    seconds: int
    since: int  # `at` of its start


class CallState(TimerState):
    over: NotRequired[bool]  # it was, and the groups' voices are closed


class GroupsState(TypedDict):
    by: str | None  # "roster" | "chance" | "choice"; None: there are none
    order: list[str]
    by_id: dict[str, Group]
    call: CallState | None  # back to the lesson
    voice: dict[str, str]  # students who talk with their group → which; a student sees those of its own
    visits: dict[str, str]  # who visits a group → which


class NotesPart(TypedDict):
    """An update of Yjs; `words` says where it stands in the side table."""

    words: int
    update: NotRequired[str]  # base64; only where projected


class Sheet(TypedDict):
    """Notes that several write; what all parts say together."""

    parts: list[NotesPart]  # see `classroom.notes.sheets.Parts`
    size: int  # characters of the part that all before it were merged into
    more: int  # and of those that came since
    writers: dict[str, str]  # client of Yjs → the participant that it is
    name: NotRequired[str]  # the group's, which may be no more


class Picked(TypedDict):
    participants: list[str]
    of: int  # of how many
    at: int
    names: NotRequired[dict[str, str]]  # only where projected


class PickState(TypedDict):
    now: Picked | None
    turns: dict[str, int]  # participant → how often


class AskedQuestion(TypedDict):
    participant: NotRequired[str]  # whose it is; only for whom may know
    named: bool  # whether all may
    at: int  # when it was asked
    state: str  # "held" | "open" | "next" | "later" | "answered" | "hidden" | "merged"
    votes: int
    voters: list[str]  # of those, whom one may know
    moment: int | None  # when an answer that was given aloud began
    replied: bool  # whether one was written
    into: str | None  # the question that it was merged into
    was: NotRequired[str]  # its state until it was merged
    gave: NotRequired[list[str]]  # who voted for the other by that alone; of those, whom one may know
    text: NotRequired[str]  # these three only where projected
    name: NotRequired[str]
    reply: NotRequired[str]


class ShownQuestion(TypedDict):
    question: str
    at: int


class Questions(TypedDict):
    """What learners ask."""

    by_id: dict[str, AskedQuestion]
    now: ShownQuestion | None  # the one on the displays
    held: bool  # whether what is asked waits for a teacher
    named: bool  # whether all see who asks


class TeamState(TypedDict):
    team: str  # a group's or a room's id, or its own
    name: NotRequired[str]


class Competition(TypedDict):
    by: str  # "groups" | "rooms" | "teams"
    teams: list[TeamState]
    points: dict[str, int]  # by team
    shown: bool  # on displays and tablets, which know of it only then
    over: str | None  # the activity in whose place it is shown
    last: dict[str, int] | None  # what can be taken back


class Practice(TypedDict):
    point: str
    participants: list[str]  # to whom it was given
    questions: list[dict[str, Any]]
    courseware: list[dict[str, Any]]
    resources: list[str]  # of the library
    at: int
    marks: dict[str, dict[str, float]]  # participant → the question's place → how right
    opened: dict[str, list[str]]  # participant → which of the resources


class Begun(TypedDict):
    step: str
    title: str
    at: int


class Plan(TypedDict):
    """The teachers'; others know at most what was begun."""

    revision: int  # how often it was written
    steps: list[dict[str, Any]]  # see `classroom.plan.PlanWritten`
    begun: list[Begun]  # in the order of time; the last is the one that is on


class Activities(TypedDict):
    order: list[str]
    by_id: dict[str, dict[str, Any]]  # see `classroom.activities`
    shown: dict[str, Any] | None  # works that all see: data of the last `activity.shown`, and its `at`


class Excepted(TypedDict):
    rooms: list[str]
    participants: list[str]


class RecordingState(TypedDict):
    on: bool
    since: int | None  # when it was last begun
    by: str | None  # who agreed to that
    excepted: Excepted  # whose tracks are left out


class Missed(TypedDict):
    from_ms: int
    at: int


class State(TypedDict):
    """A lesson as plain JSON. Frozen by convention: `apply` makes new containers along the path it changes."""

    seq: int
    phase: str
    title: str
    lobby: bool
    epoch_ms: int | None  # wall clock at the start, only for showing
    participants: dict[str, ParticipantState]
    hands: list[str]  # participants, the longest waiting first
    stage: StageState
    board: BoardState
    handouts: list[Handout]
    boards: dict[str, OwnBoard]  # of participants, rooms and groups that have written on one
    groups: GroupsState
    notes: Sheet  # the class's
    notes_by: str  # "teachers" | "all": who writes them
    notes_shown: bool  # whether they are in the place of the board
    group_notes: dict[str, Sheet]  # of groups that have written any
    pick: PickState
    competition: Competition | None
    plan: Plan
    activities: Activities
    practices: dict[str, Practice]
    questions: Questions
    courseware: dict[str, dict[str, Any]]  # what is open: data of `courseware.opened`, less `courseware`
    playing: dict[str, Any] | None  # data of the last `courseware.played`, and its `at`; of a simulation its `state`
    chat: list[dict[str, Any]]  # {message, to, actor, at}; projected also {text, name}
    chat_to: str  # "all" | "teachers": who reads what students write
    locks: Locks
    lead: LeadState
    line: list[dict[str, Any]]  # teachers': {message | signal, actor, at}; projected also {text, name}
    recording: RecordingState
    saving: list[str]  # rooms that save data
    missed: dict[str, Missed]  # rooms whose displays play what they missed
    timer: TimerState | None


EMPTY: Final[State] = {
    "seq": 0,
    "phase": "prepared",
    "title": "",
    "lobby": False,
    "epoch_ms": None,
    "participants": {},
    "hands": [],
    "stage": {"guests": [], "called": None, "calls": {}, "encoder": True},
    "board": {
        "pages": [],
        "shown": None,
        "view": None,
        "pens": {
            "participants": {},
            "rooms": {},
            "everyone": False,
            "without": {"participants": [], "rooms": []},
        },
    },
    "handouts": [],
    "boards": {},
    "groups": {"by": None, "order": [], "by_id": {}, "call": None, "voice": {}, "visits": {}},
    "notes": {"parts": [], "size": 0, "more": 0, "writers": {}},
    "notes_by": "teachers",
    "notes_shown": False,
    "group_notes": {},
    "pick": {"now": None, "turns": {}},
    "competition": None,
    "plan": {"revision": 0, "steps": [], "begun": []},
    "activities": {"order": [], "by_id": {}, "shown": None},
    "practices": {},
    "questions": {"by_id": {}, "now": None, "held": False, "named": False},
    "courseware": {},
    "playing": None,
    "chat": [],
    "chat_to": "all",
    "locks": {"everyone": [], "students": {}},
    "lead": {"participant": None, "asked": None},
    "line": [],
    "recording": {"on": False, "since": None, "by": None, "excepted": {"rooms": [], "participants": []}},
    "saving": [],
    "missed": {},
    "timer": None,
}


class Offered(Protocol):
    """Something on a teacher's shelf that is ready to be shown (`store.records.Courseware`)."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str | None: ...
    @property
    def slides(self) -> int: ...
    @property
    def boxes(self) -> Sequence[int]: ...
    @property
    def duration_ms(self) -> int | None: ...


class Recorded(Protocol):
    """A recording of the library (`store.records.Resource`); `tracks` as `recordings.library.track` makes them."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def duration_ms(self) -> int | None: ...
    @property
    def tracks(self) -> Sequence[Mapping[str, Any]]: ...


class Sent(Protocol):
    """A work that was sent in to the lesson (`store.records.Work`)."""

    @property
    def id(self) -> str: ...
    @property
    def participant(self) -> str: ...
    @property
    def activity(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def duration_ms(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Context:
    """What of the world outside a decision may rest on: the lesson's row, the wall clock, the side table, and what a
    command names of the asker's courseware (by its id), of the recordings that the asker may see, of works that were
    sent, or of `resources` that the asker may give to practise with."""

    epoch_ms: int
    title: str = ""
    recording: bool = False
    lobby: bool = False
    texts: Mapping[str, str] = field(default_factory=dict)
    courseware: Mapping[str, Offered] = field(default_factory=dict)
    recorded: Recorded | None = None
    work: Sent | None = None
    resources: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ask:
    """Who asks, when (lesson clock, ms), and what chance and the world add."""

    seat: Seat
    now: int
    rng: random.Random
    context: Context


Decider = Callable[[State, Any, Ask], list[Draft]]
Applier = Callable[[State, Event], State]


def refused(code: str, message: str) -> ClientFault:
    """The lesson is not in a state in which this could be done."""
    return ClientFault(code, message, Status.CONFLICT)


def missing(what: str) -> ClientFault:
    return ClientFault("not_found", f"There is no such {what}.", Status.NOT_FOUND)


def denied(message: str = "You may not do this.") -> ClientFault:
    return ClientFault("not_allowed", message, Status.FORBIDDEN)

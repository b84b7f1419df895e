"""Who may see what: one table, event kind × role → whole, reduced, one's own, nothing. The only way out of the server.

The phase is in the kinds: what may be known of an activity before its reveal is in `activity.opened`, what may be known
after it in `activity.revealed`.
Two viewers of one role and room get the same but for the events that concern one of them (`concerned`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from classroom import asking, groups, plan, practice
from classroom.activities import counting, hiding, marking, showing
from classroom.activities.question import HIDDEN, TEACHERS
from classroom.activities.types import type_of
from classroom.board import words
from classroom.board.boards import is_taught, room_of
from classroom.chat import text_key
from classroom.courseware import title_key
from classroom.events import SYSTEM, Event, Json, Role, Seat
from classroom.notes.sheets import update_key
from classroom.participants import name_key
from classroom.reducer import (
    EMPTY,
    AskedQuestion,
    Group,
    Guest,
    OwnBoard,
    ParticipantState,
    Plan,
    Questions,
    RecordingState,
    Sheet,
    StageState,
    State,
)

LEAD, LOCAL, DISPLAY, STUDENT, OBSERVER, ENCODER = Role


class Sight(Enum):
    WHOLE = "whole"
    REDUCED = "reduced"
    OWN = "own"
    """Whole where it concerns the viewer; else reduced where there is a reduction that says something, or nothing."""
    NOTHING = "nothing"


_W, _R, _O, _N = Sight
Row = dict[Role, Sight]


def _row(*, teachers: Sight, display: Sight, student: Sight, encoder: Sight = _N) -> Row:
    return {
        LEAD: teachers,
        LOCAL: teachers,
        OBSERVER: teachers,
        DISPLAY: display,
        STUDENT: student,
        ENCODER: encoder,
    }


_ALL = _row(teachers=_W, display=_W, student=_W)
_ALL_AND_ENCODERS = _row(teachers=_W, display=_W, student=_W, encoder=_W)
_PERSON = _row(teachers=_W, display=_W, student=_O)
_WRITTEN: Row = {**_row(teachers=_O, display=_O, student=_O), LEAD: _W}
_STUDENTS_REDUCED = _row(teachers=_W, display=_W, student=_R)
_TALK = _row(teachers=_W, display=_N, student=_O)
_TEACHERS_ALONE: Row = {**_row(teachers=_W, display=_N, student=_N), OBSERVER: _N}
_ASKED: Row = {**_row(teachers=_W, display=_R, student=_O), OBSERVER: _R}

VISIBILITY: dict[str, Row] = {
    "lesson.opened": _ALL_AND_ENCODERS,
    "lesson.started": _ALL_AND_ENCODERS,
    "lesson.ended": _ALL_AND_ENCODERS,
    "participant.joined": _PERSON,
    "participant.left": _PERSON,
    "participant.admitted": _PERSON,
    "stage.invited": _ALL,
    "stage.accepted": _ALL,
    "stage.declined": _ALL,
    "stage.released": _ALL,
    "stage.called": _ALL,
    "stage.dismissed": _ALL,
    "camera.chosen": _ALL,
    "lead.taken": _ALL,
    "lead.given": _ALL,
    "lead.asked": _TEACHERS_ALONE,
    "lead.declined": _TEACHERS_ALONE,
    "line.said": _TEACHERS_ALONE,
    "line.sent": _TEACHERS_ALONE,
    "hand.raised": _PERSON,
    "hand.lowered": _PERSON,
    "page.added": _ALL,
    "page.changed": _ALL,
    "page.shown": _ALL,
    "view.shown": _ALL,
    "stroke.added": _WRITTEN,
    "stroke.erased": _WRITTEN,
    "stroke.trimmed": _WRITTEN,
    "object.added": _WRITTEN,
    "object.changed": _WRITTEN,
    "object.erased": _WRITTEN,
    "object.restored": _WRITTEN,
    "page.filled": _ALL,
    "handout.given": _ALL,
    "handout.collected": _ALL,
    "handout.reopened": _ALL,
    "groups.made": _STUDENTS_REDUCED,
    "group.filled": _STUDENTS_REDUCED,
    "groups.called": _ALL,
    "groups.dissolved": _STUDENTS_REDUCED,
    "voice.joined": _TALK,
    "voice.left": _TALK,
    "group.visited": _ALL,
    "group.left": _ALL,
    "voices.closed": _ALL,
    "notes.written": _WRITTEN,
    "notes.merged": _WRITTEN,
    "notes.ruled": _ALL,
    "notes.shown": _ALL,
    "pen.given": _ALL,
    "pen.taken": _ALL,
    "timer.started": _ALL,
    "timer.stopped": _ALL,
    "courseware.opened": _ALL,
    "courseware.closed": _ALL,
    "courseware.played": _ALL,
    "simulation.changed": _ALL,
    "activity.opened": _row(teachers=_W, display=_R, student=_R),
    "activity.answered": _row(teachers=_W, display=_R, student=_O),
    "activity.counted": _row(teachers=_W, display=_N, student=_N),
    "activity.closed": _row(teachers=_W, display=_R, student=_R),
    "activity.reopened": _ALL,
    "activity.revealed": {**_row(teachers=_W, display=_R, student=_R), OBSERVER: _R},  # marks are the teachers'
    "activity.marked": {**_row(teachers=_W, display=_N, student=_R), OBSERVER: _N},
    "activity.shown": _row(teachers=_W, display=_R, student=_R),
    "activity.hidden": _row(teachers=_W, display=_R, student=_R),
    "chart.shown": _ALL,
    "pick.made": _ALL,
    "pick.cleared": _ALL,
    "competition.started": _row(teachers=_W, display=_N, student=_N),
    "competition.scored": _row(teachers=_W, display=_R, student=_R),
    "competition.shown": _row(teachers=_W, display=_R, student=_R),
    "competition.stopped": _ALL,
    "plan.written": _TEACHERS_ALONE,
    "step.begun": _row(teachers=_W, display=_N, student=_N),
    "practice.given": _row(teachers=_W, display=_N, student=_R),
    "practice.answered": _row(teachers=_W, display=_N, student=_O),
    "practice.opened": _row(teachers=_W, display=_N, student=_O),
    "question.asked": _ASKED,
    "question.voted": _ASKED,
    "question.marked": _ASKED,
    "question.replied": _ALL,
    "question.merged": _ASKED,
    "question.parted": _row(teachers=_W, display=_R, student=_R) | {OBSERVER: _R},
    "question.shown": _ALL,
    "question.ruled": _ALL,
    "chat.said": _row(teachers=_W, display=_R, student=_O),
    "chat.ruled": _ALL,
    "chat.hidden": _ALL,
    "student.locked": _row(teachers=_W, display=_N, student=_O),
    "recording.started": _ALL_AND_ENCODERS,
    "recording.stopped": _ALL_AND_ENCODERS,
    "recording.excepted": _PERSON,
    "missed.shown": _row(teachers=_W, display=_W, student=_N),
    "missed.stopped": _row(teachers=_W, display=_W, student=_N),
    "data.saved": _row(teachers=_W, display=_W, student=_N),
}
VOICES = frozenset(kind for kind, row in VISIBILITY.items() if row is _TALK)
"""What is for those who are in a group now."""


def concerned(event: Event, state: State) -> frozenset[str]:
    """The participants for whom the event may look different than for the rest of their role and room; `state` is that
    of now, which says who is in which group."""
    data = event.data
    some = {event.actor, data.get("participant", event.actor)}
    if "board" in data:
        some |= {data["board"], *groups.members_of(state, data["board"]), state["lead"]["participant"] or event.actor}
    if "members" in data:
        some |= {data.get("left", event.actor), *data["members"]}
    if event.kind in VOICES:
        some |= {*groups.members_of(state, data["group"])}
    if "marks" in data:
        some |= data["marks"].keys()
    if "gave" in data:
        some |= {*data["gave"], *data.get("voters", [])}
    if event.kind == "practice.given":
        some |= {*data["participants"]}
    return frozenset(some)


def _concerns(event: Event, viewer: Seat) -> bool:
    """What `concerned` says, for one; without making a set."""
    data, me = event.data, viewer.participant
    if "board" in data:
        owns = data["board"] in (me, viewer.room, viewer.group)
        return owns or (viewer.role == Role.LOCAL_TEACHER and (viewer.leads or is_taught(data, viewer.room)))
    if event.kind in VOICES and data["group"] == viewer.group:
        return True
    return me in (event.actor, data.get("participant"))


Reduce = Callable[[Event, Seat], Json | None]


def _not_a_student(event: Event, _: Seat) -> Json | None:
    """Students know who teaches and which rooms are there, not who else learns."""
    return event.data if event.data["role"] != Role.STUDENT else None


def _whole_if(test: Callable[[Json], bool]) -> Reduce:
    return lambda event, _: event.data if test(event.data) else None


def _without(*keys: str) -> Reduce:
    return lambda event, _: {key: value for key, value in event.data.items() if key not in keys}


def _is_for(answer: Json, viewer: Seat) -> bool:
    """Whether the answer of somebody else is for this viewer, too."""
    return "buzz" in answer or (answer.get("live", False) and viewer.role == DISPLAY)


_the_classs = _whole_if(lambda data: "board" not in data)
"""What is written on the class's board is for all, on one's own for its owner and for who teaches there."""

REDUCTIONS: dict[str, Reduce] = {
    **{kind: _the_classs for kind, row in VISIBILITY.items() if row is _WRITTEN},
    "groups.made": groups.forgetting,
    "group.filled": groups.of_ones_own,
    "groups.dissolved": groups.forgetting,
    "participant.joined": _not_a_student,
    "participant.left": _not_a_student,
    "participant.admitted": _not_a_student,
    "activity.opened": _without(*HIDDEN, *TEACHERS),
    "activity.answered": lambda event, viewer: event.data if _is_for(event.data, viewer) else None,
    "activity.closed": _without("tally", "counted"),
    "activity.revealed": lambda event, viewer: marking.own(event.data, viewer.participant),
    "activity.marked": marking.given,
    "activity.shown": lambda event, _: showing.nameless(event.data),
    "activity.hidden": lambda event, _: hiding.reduced(event),
    "practice.given": practice.reduced,
    **{kind: asking.reduced for kind, row in VISIBILITY.items() if row is _ASKED},
    "question.parted": asking.reduced,
    "competition.scored": _whole_if(lambda data: data.get("shown", False)),
    "competition.shown": lambda event, _: event.data if event.data["on"] else {**event.data, "forget": True},
    "chat.said": _whole_if(lambda data: data.get("to", "all") == "all"),
    "student.locked": _whole_if(lambda data: "participant" not in data),
    "recording.excepted": _whole_if(lambda data: "room" in data),
}

WORDS: dict[str, Callable[[Event], dict[str, str]]] = {
    "participant.joined": lambda event: {"name": name_key(event.data["participant"])},
    "stage.invited": lambda event: {"name": name_key(event.data["participant"])},
    "stage.called": lambda event: {"name": name_key(event.data["participant"])},
    "line.said": lambda event: {"name": name_key(event.actor), "text": text_key(event.data["message"])},
    "line.sent": lambda event: {"name": name_key(event.actor)},
    "courseware.opened": lambda event: {"name": title_key(event.data["courseware"])},
    "question.replied": lambda event: {"reply": asking.reply_key(event.data["question"])},
    "chat.said": lambda event: {"name": name_key(event.actor), "text": text_key(event.data["message"])},
    "notes.written": lambda event: {"update": update_key(event.data)},
    "notes.merged": lambda event: {"update": update_key(event.data)},
}
"""Which words of the side table stand in a projected event: field → key. Words that are not there are left out."""
WORDS_WITHIN: dict[str, Callable[[Json, Mapping[str, str]], Json]] = {
    "object.added": words.added,
    "object.changed": words.changed,
    "page.filled": words.filled,
    "activity.answered": lambda data, texts: _answered(data, data.get("participant", ""), texts),
    "activity.closed": lambda data, texts: counting.tallied(data, texts) if data.get("counted") else data,
    "activity.revealed": lambda data, texts: marking.told(counting.tallied(data, texts), texts),
    "activity.marked": lambda data, texts: marking.commented(data, data["participant"], texts),
    "activity.shown": showing.told,
    "activity.hidden": hiding.worded,
    "group.filled": lambda data, texts: _with_names(data, texts),
    "pick.made": lambda data, texts: _with_names(data, texts, "participants"),
    "question.parted": lambda data, texts: _parted(data, texts),
    "plan.written": plan.worded,
    "question.asked": lambda data, texts: {**data, **_worded(texts, _of_question(data))},
    "question.marked": lambda data, texts: (
        {**data, **_worded(texts, _of_question(data))} if "asked_at" in data else data
    ),
}
"""The same for words that stand deeper: data → data with them."""


def project(event: Event, viewer: Seat, texts: Mapping[str, str]) -> Event | None:
    """What this viewer may know of the event, with the words they may read. `cause` is the actor's alone."""
    data: Json | None
    match VISIBILITY.get(event.kind, {}).get(viewer.role, Sight.NOTHING):
        case Sight.WHOLE:
            data = event.data
        case Sight.OWN if _concerns(event, viewer):
            data = event.data
        case Sight.REDUCED | Sight.OWN:
            reduce = REDUCTIONS.get(event.kind)
            data = reduce(event, viewer) if reduce else None
        case _:
            data = None
    if data is None:
        return None
    if fields := WORDS.get(event.kind):
        data = {**data, **_worded(texts, fields(event))}
    elif within := WORDS_WITHIN.get(event.kind):
        data = within(data, texts)
    cause = event.cause if viewer.participant == event.actor else None
    unsigned = event.kind in asking.UNSIGNED and "participant" not in data
    actor = SYSTEM.participant if unsigned else event.actor
    return Event(event.seq, event.at, actor, event.kind, data, cause, event.v)


def view(state: State, viewer: Seat, texts: Mapping[str, str]) -> State:
    """What the viewer's fold of everything projected would be, but for `seq`, which is the state's own: a snapshot
    without folding the journal again. A test holds the two equal."""
    if viewer.role == ENCODER:
        shown = ("seq", "phase", "title", "lobby", "epoch_ms")
        recording: RecordingState = {**state["recording"], "excepted": EMPTY["recording"]["excepted"]}
        return {**EMPTY, **{key: state[key] for key in shown}, "recording": recording}  # type: ignore[typeddict-item,literal-required]
    seen = _but_the_boards(state, viewer, texts)
    return {
        **seen,
        "board": words.board(state["board"], texts),
        "boards": _boards(state, viewer, texts),
        "notes": _sheet(state["notes"], texts),
        "group_notes": _group_notes(state, viewer, texts),
    }


def _boards(state: State, viewer: Seat, texts: Mapping[str, str]) -> dict[str, OwnBoard]:
    """Those of owners that the viewer is shown."""
    boards = state["boards"]
    match viewer.role:
        case Role.STUDENT | Role.DISPLAY:
            owners = viewer.participant, viewer.room, viewer.group
            boards = {owner: boards[owner] for owner in owners if owner in boards}
        case Role.LOCAL_TEACHER if not viewer.leads:
            boards = {one: board for one, board in boards.items() if is_taught(room_of(state, one), viewer.room)}
        case Role.OBSERVER:
            boards = {}
    return {owner: words.own(board, texts) for owner, board in boards.items()}


def _group_notes(state: State, viewer: Seat, texts: Mapping[str, str]) -> dict[str, Sheet]:
    """Those of groups that the viewer is shown."""
    teaches = viewer.role in (LEAD, LOCAL)
    sheets = {group: sheet for group, sheet in state["group_notes"].items() if teaches or group == viewer.group}
    return {group: _sheet(sheet, texts) for group, sheet in sheets.items()}


def _sheet(sheet: Sheet, texts: Mapping[str, str]) -> Sheet:
    """Notes with what is written."""
    parts = [{**part, **_worded(texts, {"update": update_key(part)})} for part in sheet["parts"]]
    return {**sheet, "parts": parts}  # type: ignore[typeddict-item]


def _but_the_boards(state: State, viewer: Seat, texts: Mapping[str, str]) -> State:
    """The view, with what is written as it is: the class's board is the same for all, and the largest."""
    competition = state["competition"]
    me, student, teacher = viewer.participant, viewer.role == STUDENT, viewer.role in (LEAD, LOCAL, OBSERVER)
    participants: dict[str, ParticipantState] = {
        one: {**entry, **_named(texts, one)}
        for one, entry in state["participants"].items()
        if not student or one == me or entry["role"] != Role.STUDENT
    }
    guests: list[Guest] = [{**guest, **_named(texts, guest["participant"])} for guest in state["stage"]["guests"]]
    stage: StageState = {**state["stage"], "guests": guests}
    if stage["called"] is not None:
        stage["called"] = {**stage["called"], **_named(texts, stage["called"]["participant"])}
    chat = [
        _said(texts, message)
        for message in state["chat"]
        if teacher or message["to"] == "all" or (student and message["actor"] == me)
    ]
    excepted, locks = state["recording"]["excepted"], state["locks"]
    if student:
        excepted = {**excepted, "participants": [one for one in excepted["participants"] if one == me]}
        locks = {**locks, "students": {one: things for one, things in locks["students"].items() if one == me}}
    by_id = {one: activity(entry, viewer, texts) for one, entry in state["activities"]["by_id"].items()}
    if teacher:
        by_id = {one: hiding.told(entry, texts) for one, entry in by_id.items()}
    shown = state["activities"]["shown"]
    if shown is not None:
        shown = showing.told(shown if teacher else showing.nameless(shown), texts)
    return {
        **state,
        "participants": participants,
        "hands": [one for one in state["hands"] if not student or one == me],
        "stage": stage,
        "groups": {
            **state["groups"],
            "by_id": {
                name: _group(group, texts, shown=not student or me in group["members"])
                for name, group in state["groups"]["by_id"].items()
            },
            "voice": {
                one: group
                for one, group in state["groups"]["voice"].items()
                if teacher or (student and group == viewer.group)
            },
        },
        "pick": {
            **state["pick"],
            "now": state["pick"]["now"] and _with_names(state["pick"]["now"], texts, "participants"),
        },
        "competition": competition if teacher or (competition and competition["shown"]) else None,
        "activities": {"order": state["activities"]["order"], "by_id": by_id, "shown": shown},
        "plan": _plan(state["plan"], viewer, texts),
        "practices": state["practices"] if teacher else practice.own(state["practices"], me) if student else {},
        "questions": questions(state, viewer, texts),
        "courseware": {
            one: {**what, **_worded(texts, {"name": title_key(one)})} for one, what in state["courseware"].items()
        },
        "chat": chat,
        "locks": locks if viewer.role != DISPLAY else EMPTY["locks"],
        "lead": state["lead"] if viewer.role in (LEAD, LOCAL) else {**state["lead"], "asked": None},
        "line": [_said(texts, entry) for entry in state["line"]] if viewer.role in (LEAD, LOCAL) else [],
        "recording": {**state["recording"], "excepted": excepted},
        "saving": [] if student else state["saving"],
        "missed": {} if student else state["missed"],
    }


def _plan(known: Plan, viewer: Seat, texts: Mapping[str, str]) -> Plan:
    if viewer.role in (LEAD, LOCAL):
        return plan.worded(known, texts)  # type: ignore[no-any-return]
    return plan.told(known) if viewer.role == OBSERVER else EMPTY["plan"]


def shared(state: State, role: Role, texts: Mapping[str, str]) -> State:
    """What all viewers of a role are shown: the view of one whom nothing concerns."""
    return view(state, Seat("", role), texts)


def own(state: State, viewer: Seat, texts: Mapping[str, str], rest: Mapping[str, object]) -> Json:
    """The fields in which the viewer's view differs from `rest`, what is `shared` by its role: `{**rest, **own}` is the
    view, but that of learners' questions it has only those that differ."""
    if viewer.role == ENCODER:
        return {}
    seen = _but_the_boards(state, viewer, texts)
    if viewer.role in (STUDENT, DISPLAY, LOCAL):  # others are shown all or none
        seen["boards"] = _boards(state, viewer, texts)
        seen["group_notes"] = _group_notes(state, viewer, texts)
    else:
        seen["boards"] = rest["boards"]  # type: ignore[typeddict-item]
        seen["group_notes"] = rest["group_notes"]  # type: ignore[typeddict-item]
    mine = {key: part for key, part in seen.items() if key not in ("board", "notes") and part != rest[key]}
    if "questions" in mine:
        mine["questions"] = asking.own(seen["questions"], rest["questions"])  # type: ignore[arg-type]
    return mine


def _group(group: Group, texts: Mapping[str, str], *, shown: bool) -> Group:
    return _with_names(group, texts) if shown else {**group, "members": []}


def _with_names(some: Any, texts: Mapping[str, str], field: str = "members") -> Any:
    """A group, or what fills one, with the names of its members; or whatever else lists participants."""
    names = {one: texts[key] for one in some[field] if (key := name_key(one)) in texts}
    return {**some, "names": names} if names else some


def activity(entry: dict[str, Any], viewer: Seat, texts: Mapping[str, str]) -> dict[str, Any]:
    """What was asked, as the viewer may know it, with its words."""
    return _told(_shown(entry, viewer), texts)


def _shown(activity: dict[str, Any], viewer: Seat) -> dict[str, Any]:
    match viewer.role:
        case Role.LEAD_TEACHER | Role.LOCAL_TEACHER:
            return activity
        case Role.OBSERVER:
            return marking.own(activity, viewer.participant)
    return _seen(activity, viewer)


def _seen(activity: dict[str, Any], viewer: Seat) -> dict[str, Any]:
    me, answers = viewer.participant, activity["answers"]
    hidden = TEACHERS if activity["phase"] == "revealed" else (*HIDDEN, *TEACHERS, "tally", "marks")
    seen = marking.own({key: value for key, value in activity.items() if key not in (*hidden, "counted")}, me)
    if not type_of(activity).public and not (activity.get("live") and viewer.role == DISPLAY):
        seen["answers"] = {me: answers[me]} if viewer.role == STUDENT and me in answers else {}
    seen["counts"] = {}
    return seen


def _told(activity: dict[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """An activity with the words of its answers and marks, and who gave them where everyone sees it."""
    if not type_of(activity).public:
        return marking.told(counting.told(activity, texts), texts)
    return {**activity, "answers": {who: _answered(one, who, texts) for who, one in activity["answers"].items()}}


def _answered(data: Json, participant: str, texts: Mapping[str, str]) -> Json:
    return {**data, **_named(texts, participant)} if "buzz" in data else counting.worded(data, participant, texts)


def _of_question(data: Mapping[str, Any]) -> dict[str, str]:
    """The keys of a learner's question, and of who asks where that is told."""
    words = {"text": asking.words_key(data["question"])}
    return {**words, "name": name_key(data["participant"])} if "participant" in data else words


def _parted(data: Json, texts: Mapping[str, str]) -> Json:
    if data.get("forget"):
        return data
    reply = {"reply": asking.reply_key(data["question"])} if data["replied"] else {}
    return {**data, **_worded(texts, {**_of_question(data), **reply})}


def questions(state: State, viewer: Seat, texts: Mapping[str, str]) -> Questions:
    """What learners asked, as the viewer may know it, with its words."""
    teaches = viewer.role in (LEAD, LOCAL)
    seen = state["questions"] if teaches else asking.seen(state["questions"], viewer.participant)
    return {**seen, "by_id": {name: _asked(name, one, texts) for name, one in seen["by_id"].items()}}


def _asked(question: str, one: AskedQuestion, texts: Mapping[str, str]) -> AskedQuestion:
    fields = _of_question({**one, "question": question})
    if one["replied"]:
        fields["reply"] = asking.reply_key(question)
    return {**one, **_worded(texts, fields)}  # type: ignore[typeddict-item]


def _said(texts: Mapping[str, str], entry: Mapping[str, Any]) -> dict[str, Any]:
    """A message of the chat or an entry of the private line, with its words."""
    words = _worded(texts, {"text": text_key(entry["message"])}) if "message" in entry else {}
    return {**entry, **_named(texts, entry["actor"]), **words}


def _worded(texts: Mapping[str, str], words: Mapping[str, str]) -> dict[str, str]:
    return {field: texts[key] for field, key in words.items() if key in texts}


def _named(texts: Mapping[str, str], participant: str) -> Any:
    return _worded(texts, {"name": name_key(participant)})

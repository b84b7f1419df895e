"""Who may do what: one table, command × role → the phases in which it is allowed."""

from __future__ import annotations

from classroom.errors import ClientFault, Status
from classroom.events import Phase, Role
from classroom.reducer import denied, refused

PREPARED, OPEN, LIVE, ENDED = Phase.PREPARED, Phase.OPEN, Phase.LIVE, Phase.ENDED
LEAD, LOCAL, DISPLAY, STUDENT, OBSERVER, ENCODER = Role

Phases = frozenset[Phase]
NEVER: Phases = frozenset()
_DOORS: Phases = frozenset({OPEN, LIVE})
_LIVE: Phases = frozenset({LIVE})
_BEFORE_END: Phases = frozenset({PREPARED, OPEN, LIVE})
_AND_AFTER: Phases = frozenset({LIVE, ENDED})
_ASKED: Phases = frozenset({OPEN, LIVE, ENDED})
_ALWAYS: Phases = frozenset(Phase)
_WRITERS = dict.fromkeys((LEAD, LOCAL, DISPLAY, STUDENT), _DOORS)  # and `classroom.board.writing` says which of them
_VISITORS = dict.fromkeys((LEAD, LOCAL, OBSERVER), _DOORS)

PERMISSIONS: dict[str, dict[Role, Phases]] = {
    "lesson.open": {LEAD: frozenset({PREPARED})},
    "lesson.start": {LEAD: frozenset({OPEN})},
    "lesson.end": {LEAD: _BEFORE_END},
    "participant.join": {
        LEAD: _BEFORE_END,
        LOCAL: _BEFORE_END,
        DISPLAY: _BEFORE_END,
        OBSERVER: _BEFORE_END,
        ENCODER: _BEFORE_END,
        STUDENT: _DOORS,
    },
    "participant.leave": dict.fromkeys(Role, _ALWAYS),
    "participant.admit": {LEAD: _DOORS, LOCAL: _DOORS},
    "participant.add": {LEAD: _DOORS, LOCAL: _DOORS},
    "participant.remove": {LEAD: _DOORS, LOCAL: _DOORS},
    "lead.take": {LOCAL: _BEFORE_END},
    "lead.give": {LEAD: _BEFORE_END},
    "lead.ask": {LOCAL: _BEFORE_END},
    "lead.decline": {LEAD: _BEFORE_END},
    "stage.invite": {LEAD: _DOORS},
    "stage.accept": {LOCAL: _DOORS, DISPLAY: _DOORS, STUDENT: _DOORS},
    "stage.decline": {LOCAL: _DOORS, DISPLAY: _DOORS, STUDENT: _DOORS},
    "stage.release": {LEAD: _DOORS, LOCAL: _DOORS, DISPLAY: _DOORS, STUDENT: _DOORS},
    "stage.swap": {LEAD: _DOORS},
    "stage.call": {LEAD: _DOORS, LOCAL: _DOORS},
    "stage.dismiss": {LEAD: _DOORS, LOCAL: _DOORS},
    "camera.choose": {LEAD: _BEFORE_END},
    "line.say": {LEAD: _BEFORE_END, LOCAL: _BEFORE_END},
    "line.send": {LEAD: _BEFORE_END, LOCAL: _BEFORE_END},
    "hand.raise": {LOCAL: _DOORS, DISPLAY: _DOORS, STUDENT: _DOORS},
    "hand.lower": {LEAD: _DOORS, LOCAL: _DOORS, DISPLAY: _DOORS, STUDENT: _DOORS},
    "page.add": {LEAD: _DOORS},
    "page.change": {LEAD: _DOORS},
    "page.show": {LEAD: _DOORS},
    "view.show": {LEAD: _DOORS},
    "stroke.add": _WRITERS,
    "stroke.erase": _WRITERS,
    "stroke.trim": _WRITERS,
    "object.add": _WRITERS,
    "object.change": _WRITERS,
    "object.erase": _WRITERS,
    "object.restore": _WRITERS,
    "page.copy": {LEAD: _DOORS},
    "handout.give": {LEAD: _DOORS},
    "handout.collect": {LEAD: _DOORS},
    "handout.reopen": {LEAD: _DOORS},
    "groups.form": {LEAD: _DOORS},
    "groups.draw": {LEAD: _DOORS},
    "groups.open": {LEAD: _DOORS},
    "group.join": {STUDENT: _DOORS},
    "group.move": {LEAD: _DOORS, LOCAL: _DOORS},
    "groups.call": {LEAD: _LIVE},
    "groups.dissolve": {LEAD: _DOORS},
    "voice.join": {STUDENT: _DOORS},
    "voice.leave": {STUDENT: _DOORS},
    "group.visit": _VISITORS,
    "group.leave": _VISITORS,
    "voices.close": {LEAD: _LIVE},
    "notes.write": {LEAD: _DOORS, LOCAL: _DOORS, STUDENT: _DOORS},  # see `classroom.notes.sheets` for which of them
    "notes.rule": {LEAD: _DOORS},
    "notes.show": {LEAD: _DOORS},
    "pen.give": {LEAD: _DOORS, LOCAL: _DOORS},
    "pen.take": {LEAD: _DOORS, LOCAL: _DOORS},
    "timer.start": {LEAD: _LIVE},
    "timer.stop": {LEAD: _LIVE},
    "courseware.open": {LEAD: _DOORS},
    "courseware.close": {LEAD: _DOORS},
    "courseware.play": {LEAD: _LIVE},
    "simulation.change": {LEAD: _LIVE},
    "slide.show": {LEAD: _DOORS},
    "activity.open": {LEAD: _LIVE},
    "activity.answer": {LEAD: _LIVE, LOCAL: _LIVE, STUDENT: _LIVE},
    "activity.count": {LEAD: _LIVE, LOCAL: _LIVE},
    "activity.close": {LEAD: _LIVE},
    "activity.reopen": {LEAD: _LIVE},
    "activity.reveal": {LEAD: _LIVE},
    "pick.make": {LEAD: _LIVE, LOCAL: _LIVE},
    "pick.clear": {LEAD: _LIVE, LOCAL: _LIVE},
    "competition.start": {LEAD: _LIVE},
    "competition.score": {LEAD: _LIVE},
    "competition.undo": {LEAD: _LIVE},
    "competition.show": {LEAD: _LIVE},
    "competition.stop": {LEAD: _LIVE},
    "activity.mark": {LEAD: _AND_AFTER, LOCAL: _AND_AFTER},
    "activity.show": {LEAD: _LIVE},
    "activity.hide": {LEAD: _AND_AFTER},
    "chart.show": {LEAD: _LIVE},
    "plan.write": {LEAD: _BEFORE_END, LOCAL: _BEFORE_END},
    "step.begin": {LEAD: _LIVE},
    "practice.give": {LEAD: _AND_AFTER, LOCAL: _AND_AFTER},
    "practice.answer": {STUDENT: _AND_AFTER},
    "practice.open": {STUDENT: _AND_AFTER},
    "question.ask": {LOCAL: _ASKED, STUDENT: _ASKED},
    "question.vote": {STUDENT: _ASKED},
    "question.mark": {LEAD: _ASKED, LOCAL: _ASKED},
    "question.reply": {LEAD: _ASKED},
    "question.merge": {LEAD: _ASKED},
    "question.part": {LEAD: _ASKED},
    "question.show": {LEAD: _DOORS},
    "question.rule": {LEAD: _BEFORE_END},
    "chat.say": {LEAD: _DOORS, LOCAL: _DOORS, STUDENT: _DOORS, OBSERVER: _DOORS},
    "chat.rule": {LEAD: _DOORS},
    "chat.hide": {LEAD: _DOORS, LOCAL: _DOORS},
    "student.lock": {LEAD: _DOORS, LOCAL: _DOORS},
    "recording.start": {LEAD: _LIVE},
    "recording.stop": {LEAD: _LIVE},
    "recording.except": {LEAD: _BEFORE_END, LOCAL: _BEFORE_END, DISPLAY: _BEFORE_END, STUDENT: _DOORS},
    "missed.show": {LEAD: _LIVE, LOCAL: _LIVE},
    "missed.stop": {LEAD: _LIVE, LOCAL: _LIVE, DISPLAY: _LIVE},
    "data.save": {LEAD: _BEFORE_END, LOCAL: _BEFORE_END, DISPLAY: _BEFORE_END},
}


def check(kind: str, role: Role, phase: str) -> None:
    """Raises `unknown_kind` (400), `not_allowed` (403: never this role), `wrong_phase` (409: not now)."""
    by_role = PERMISSIONS.get(kind)
    if by_role is None:
        raise ClientFault("unknown_kind", "There is no such command.", Status.MALFORMED)
    phases = by_role.get(role, NEVER)
    if not phases:
        raise denied()
    if phase not in phases:
        raise refused("wrong_phase", f"This cannot be done while the lesson is {phase}.")

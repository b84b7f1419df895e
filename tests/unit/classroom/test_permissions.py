"""Every cell of who may do what, when."""

from __future__ import annotations

import itertools
import random

import pytest

from classroom import permissions, rules
from classroom.errors import ClientFault, Status
from classroom.events import Command, Phase, Role, Seat
from classroom.kinds import COMMANDS, SERVER_COMMANDS
from classroom.reducer import EMPTY, Context

# Columns: lead_teacher, local_teacher, display, student, observer, encoder. Letters: prepared, open, live, ended.
EXPECTED = """
lesson.open        p    -    -    -    -    -
lesson.start       o    -    -    -    -    -
lesson.end         pol  -    -    -    -    -
participant.join   pol  pol  pol  ol   pol  pol
participant.leave  pole pole pole pole pole pole
participant.admit  ol   ol   -    -    -    -
participant.add    ol   ol   -    -    -    -
participant.remove ol   ol   -    -    -    -
lead.take          -    pol  -    -    -    -
lead.give          pol  -    -    -    -    -
lead.ask           -    pol  -    -    -    -
lead.decline       pol  -    -    -    -    -
stage.invite       ol   -    -    -    -    -
stage.accept       -    ol   ol   ol   -    -
stage.decline      -    ol   ol   ol   -    -
stage.release      ol   ol   ol   ol   -    -
stage.swap         ol   -    -    -    -    -
stage.call         ol   ol   -    -    -    -
stage.dismiss      ol   ol   -    -    -    -
camera.choose      pol  -    -    -    -    -
line.say           pol  pol  -    -    -    -
line.send          pol  pol  -    -    -    -
hand.raise         -    ol   ol   ol   -    -
hand.lower         ol   ol   ol   ol   -    -
page.add           ol   -    -    -    -    -
page.change        ol   -    -    -    -    -
page.show          ol   -    -    -    -    -
view.show          ol   -    -    -    -    -
stroke.add         ol   ol   ol   ol   -    -
stroke.erase       ol   ol   ol   ol   -    -
stroke.trim        ol   ol   ol   ol   -    -
object.add         ol   ol   ol   ol   -    -
object.change      ol   ol   ol   ol   -    -
object.erase       ol   ol   ol   ol   -    -
object.restore     ol   ol   ol   ol   -    -
page.copy          ol   -    -    -    -    -
handout.give       ol   -    -    -    -    -
handout.collect    ol   -    -    -    -    -
handout.reopen     ol   -    -    -    -    -
groups.form        ol   -    -    -    -    -
groups.draw        ol   -    -    -    -    -
groups.open        ol   -    -    -    -    -
group.join         -    -    -    ol   -    -
group.move         ol   ol   -    -    -    -
groups.call        l    -    -    -    -    -
groups.dissolve    ol   -    -    -    -    -
voice.join         -    -    -    ol   -    -
voice.leave        -    -    -    ol   -    -
group.visit        ol   ol   -    -    ol   -
group.leave        ol   ol   -    -    ol   -
voices.close       l    -    -    -    -    -
notes.write        ol   ol   -    ol   -    -
notes.rule         ol   -    -    -    -    -
notes.show         ol   -    -    -    -    -
pen.give           ol   ol   -    -    -    -
pen.take           ol   ol   -    -    -    -
timer.start        l    -    -    -    -    -
timer.stop         l    -    -    -    -    -
courseware.open    ol   -    -    -    -    -
courseware.close   ol   -    -    -    -    -
courseware.play    l    -    -    -    -    -
simulation.change  l    -    -    -    -    -
slide.show         ol   -    -    -    -    -
activity.open      l    -    -    -    -    -
activity.answer    l    l    -    l    -    -
activity.count     l    l    -    -    -    -
activity.close     l    -    -    -    -    -
activity.reopen    l    -    -    -    -    -
activity.reveal    l    -    -    -    -    -
pick.make          l    l    -    -    -    -
pick.clear         l    l    -    -    -    -
competition.start  l    -    -    -    -    -
competition.score  l    -    -    -    -    -
competition.undo   l    -    -    -    -    -
competition.show   l    -    -    -    -    -
competition.stop   l    -    -    -    -    -
activity.mark      le   le   -    -    -    -
activity.show      l    -    -    -    -    -
activity.hide      le   -    -    -    -    -
chart.show         l    -    -    -    -    -
plan.write         pol  pol  -    -    -    -
step.begin         l    -    -    -    -    -
practice.give      le   le   -    -    -    -
practice.answer    -    -    -    le   -    -
practice.open      -    -    -    le   -    -
question.ask       -    ole  -    ole  -    -
question.vote      -    -    -    ole  -    -
question.mark      ole  ole  -    -    -    -
question.reply     ole  -    -    -    -    -
question.merge     ole  -    -    -    -    -
question.part      ole  -    -    -    -    -
question.show      ol   -    -    -    -    -
question.rule      pol  -    -    -    -    -
chat.say           ol   ol   -    ol   ol   -
chat.rule          ol   -    -    -    -    -
chat.hide          ol   ol   -    -    -    -
student.lock       ol   ol   -    -    -    -
recording.start    l    -    -    -    -    -
recording.stop     l    -    -    -    -    -
recording.except   pol  pol  pol  ol   -    -
missed.show        l    l    -    -    -    -
missed.stop        l    l    l    -    -    -
data.save          pol  pol  pol  -    -    -
"""
TABLE = {
    (line.split()[0], role): line.split()[column]
    for line in EXPECTED.strip().splitlines()
    for column, role in enumerate(Role, 1)
}
CELLS = list(itertools.product([*COMMANDS, *SERVER_COMMANDS], Role, Phase))


def test_the_table_names_every_command_and_no_other() -> None:
    assert {kind for kind, _ in TABLE} == set(COMMANDS) | set(SERVER_COMMANDS) == set(permissions.PERMISSIONS)


@pytest.mark.parametrize(("kind", "role", "phase"), CELLS)
def test_a_cell(kind: str, role: Role, phase: Phase) -> None:
    letters = TABLE[kind, role]
    allowed = phase.value[0] in letters
    state = {**EMPTY, "phase": phase.value}
    # Data that no model takes: an allowed command gets as far as its data, one that is not never does.
    command = Command("command-1", kind, {"no such field": 1})
    with pytest.raises(ClientFault) as refusal:
        rules.decide(state, command, Seat("x", role), 0, random.Random(1), Context(0))  # type: ignore[arg-type]
    if allowed:
        assert refusal.value.code == "malformed"
    elif letters == "-":
        assert (refusal.value.code, refusal.value.status) == ("not_allowed", Status.FORBIDDEN)
    else:
        assert (refusal.value.code, refusal.value.status) == ("wrong_phase", Status.CONFLICT)


def test_a_command_that_does_not_exist_is_malformed() -> None:
    with pytest.raises(ClientFault) as refusal:
        permissions.check("lesson.explode", Role.LEAD_TEACHER, "live")
    assert (refusal.value.code, refusal.value.status) == ("unknown_kind", Status.MALFORMED)

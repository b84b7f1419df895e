"""Five write at once, on the class's board and on their own, over lines that break, overlap, and say things twice: in
the end all see the same, and of others' own nothing.

The server is the rules and the journal's memory of commands; a page is the client's own fold, run by Node on what its
lines delivered, in the order in which they did. A line delivers in order or dies, and what was on the way is lost. The
next may be opened before that, and is the only one as soon as it is in step: so what comes may come twice and late, and
commands are sent again.
"""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from classroom import rules
from classroom.errors import ClientFault
from classroom.events import Event, Seat
from classroom.reducer import State
from tests.processes import NODE
from tests.unit.classroom.lessons import ANNA, BEN, DISPLAY, LEAD, LOCAL, OBSERVER, Lesson
from tests.unit.signaling.test_fold_equality import APPLY

pytestmark = pytest.mark.long

HANDOUTS = {"s": "students", "r": "rooms", "g": "groups"}
GROUPS = ("red", "blue")
WRITERS = (LEAD, LOCAL, DISPLAY, ANNA, BEN)
STEPS = 900
FOLD = """
import { apply, EMPTY } from '%s'
let text = ''
for await (const part of process.stdin) text += part
const take = (state, { snapshot, events }) =>
  events ? events.reduce((one, event) => (event.seq > one.seq ? apply(one, event) : one), state) : snapshot
process.stdout.write(JSON.stringify(JSON.parse(text).map((deliveries) => deliveries.reduce(take, EMPTY))))
"""

# What failed once, and does not any more.
KEPT: tuple[int, ...] = (804,)
SEEDS = tuple(range(24))
MANY = 1000
AT_ONCE = 50

Delivery = dict[str, Any]


@dataclass(eq=False)
class Line:
    """One connection: what is on the way to the server, and to the page."""

    up: deque[tuple[str, str, dict[str, Any]]] = field(default_factory=deque)
    down: deque[Delivery] = field(default_factory=deque)
    alive: bool = True
    in_step: bool = False

    def leave(self) -> None:
        """The page hears no more of it; what it has said may still arrive."""
        self.alive = False
        self.down.clear()


@dataclass(eq=False)
class Page:
    seat: Seat
    lines: list[Line] = field(default_factory=list)  # the one that is in step, and the next
    left: list[Line] = field(default_factory=list)
    outbox: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    delivered: list[Delivery] = field(default_factory=list)
    state: State = field(default_factory=lambda: rules.EMPTY)

    def leave(self, line: Line) -> None:
        line.leave()
        self.lines.remove(line)
        self.left.append(line)

    def take(self, line: Line, delivery: Delivery) -> None:
        """As the client does: the next line is the only one from its first message on, a snapshot replaces, an event
        that is not above the state's is ignored."""
        line.in_step = True
        for other in self.lines[: self.lines.index(line)]:
            self.leave(other)
        if "ack" in delivery:
            self.outbox.pop(delivery["ack"], None)
            return
        self.delivered.append(delivery)
        for event in delivery.get("events", ()):
            if event["seq"] > self.state["seq"]:
                self.state = rules.apply(self.state, Event(**event))
        if "snapshot" in delivery:
            self.state = delivery["snapshot"]


class Play:
    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.lesson = Lesson.live()
        self.lesson.ask(LEAD, "pen.give", participants=["anna", "ben", "display"], colors=True)
        for handout, to in HANDOUTS.items():
            self.lesson.ask(LEAD, "handout.give", handout=handout, page="1", to=to)
        self.lesson.ask(LEAD, "groups.open", groups=[{"group": group} for group in GROUPS])
        self.known: set[tuple[str, str]] = set()
        self.pages = [Page(seat) for seat in (*WRITERS, OBSERVER)]
        self.made = 0
        for page in self.pages:
            self.connect(page)

    # lines

    def connect(self, page: Page) -> None:
        """A snapshot, or what was missed; what was not acknowledged is sent again. A line that has not come into step
        is given up."""
        for other in [other for other in page.lines if not other.in_step]:
            page.leave(other)
        line, since = Line(), page.state["seq"]
        page.lines.append(line)
        missed = self.lesson.events[since:]
        anew = any(page.seat.participant in rules.resighted(event) for event in missed)
        if since and self.rng.random() < 0.7 and not anew:
            line.down.append({"events": self.projected(missed, page.seat)})
        else:
            line.down.append(self.snapshot(page))
        line.up.extend((id_, kind, data) for id_, (kind, data) in page.outbox.items())

    def breaks(self, page: Page) -> None:
        """What was on the way arrives up to some point, and late."""
        for line in page.lines:
            line.alive = False
            for way in (line.up, line.down):
                while way and self.rng.random() < 0.5:
                    way.pop()

    def snapshot(self, page: Page) -> Delivery:
        viewer = rules.seated(self.lesson.state, page.seat)
        return {"snapshot": json.loads(json.dumps(rules.view(self.lesson.state, viewer, self.lesson.texts)))}

    def projected(self, events: Sequence[Event], viewer: Seat) -> list[dict[str, Any]]:
        viewer = rules.seated(self.lesson.state, viewer)
        seen = (rules.project(event, viewer, self.lesson.texts) for event in events)
        return [json.loads(json.dumps(event.json())) for event in seen if event is not None]

    # what happens

    def step(self) -> None:
        page = self.rng.choice(self.pages)
        match self.rng.randrange(10):
            case 0 if self.rng.random() < 0.15:
                self.breaks(page)
            case 0:
                if len(page.lines) < 2 and (not page.lines[0].alive or self.rng.random() < 0.6):
                    self.connect(page)
            case 1 | 2 | 3 if page.seat in WRITERS:
                self.write(page)
            case 4 | 5 | 6:
                self.arrive(self.rng.choice([*page.lines, *page.left]), page)
            case _:
                self.deliver(self.rng.choice(page.lines), page)
        page.left = [line for line in page.left if line.up]

    def deliver(self, line: Line, page: Page) -> None:
        if line.down:
            page.take(line, line.down.popleft())

    def write(self, page: Page) -> None:
        self.made += 1
        id_ = f"command-{self.made}"
        page.outbox[id_] = kind, data = self.something(page)
        for line in page.lines[-1:]:
            if line.alive:
                line.up.append((id_, kind, data))

    def arrive(self, line: Line, page: Page) -> None:
        if not line.up:
            return
        id_, kind, data = line.up.popleft()
        key = page.seat.participant, id_
        if key not in self.known:
            self.lesson.now += self.rng.randrange(500)
            with contextlib.suppress(ClientFault):
                events = self.lesson.ask(page.seat, kind, **data)
                self.known.add(key)
                self.tell(events)
        if line.alive:
            line.down.append({"ack": id_})

    def tell(self, events: Sequence[Event]) -> None:
        for page in self.pages:
            seen = self.projected(events, page.seat)
            for line in page.lines:
                if line.alive and any(page.seat.participant in rules.resighted(event) for event in events):
                    line.down.append(self.snapshot(page))
                elif line.alive and seen:
                    line.down.append({"events": seen})

    def something(self, page: Page) -> tuple[str, dict[str, Any]]:
        """What someone might ask who sees this page's state, which is not the newest."""
        rng, name, board = self.rng, f"{page.seat.participant}-{self.made}", page.state["board"]
        places = {one["id"]: one for own in page.state["boards"].values() for one in own["pages"]}
        places |= {one["id"]: one for one in board["pages"]}
        name_of_page = board["shown"] or "1"
        groups = page.state["groups"]["order"]
        if rng.random() < 0.4:
            name_of_page = rng.choice(["s-anna", "s-ben", "r-r1", *(f"g-{group}" for group in groups)])
        where = places.get(name_of_page)
        on: dict[str, Any] = {"page": name_of_page}
        look = {"color": f"#{rng.randrange(1 << 24):06x}", "width": rng.choice([3, 4.5])}
        points = [round(rng.uniform(0, 900), 1) if n % 4 < 2 else 0.5 if n % 4 == 2 else n for n in range(4 * 5)]
        stroke = {"stroke": name, "tool": "pen", **look, "began": 0, "points": points}
        shape = {"object": name, "type": "shape", "shape": "line", **look, "from": [0, 0], "to": [rng.random(), 9]}
        note = {"object": name, "type": "note", "color": look["color"], "size": 20, "box": [0, 0, 90, 90], "text": name}
        some = [one["object"] for one in rng.sample(where["objects"], min(3, len(where["objects"])))] if where else []
        strokes = [one for one in where["objects"] if one["type"] == "stroke"] if where else []
        gone = [one["object"]["object"] for one in where["erased"][-4:]] if where else []
        change = {"place": [rng.choice([0.5, 2]), 1, rng.random(), 0]}
        options: list[tuple[str, dict[str, Any]]] = [("stroke.add", {**on, **stroke})] * 4
        options += [("object.add", {**on, "object": shape}), ("object.add", {**on, "object": note})]
        if some:
            options += [("object.change", {**on, "changes": [{"object": one, **change} for one in some]})] * 3
            options += [("object.change", {**on, "changes": [{"object": one, "color": look["color"]} for one in some]})]
            options += [("object.erase", {**on, "objects": some}), ("stroke.erase", {**on, "stroke": some[0]})]
        notes = [one["object"] for one in where["objects"] if one["type"] == "note"] if where else []
        if notes:
            options += [("object.change", {**on, "changes": [{"object": rng.choice(notes), "text": f"by {name}"}]})] * 2
        if strokes:
            whole = rng.choice(strokes)
            ends = sorted(rng.uniform(0, len(whole["points"]) // 4 - 1) for _ in range(4))
            parts = [{"stroke": f"{name}-{n}", "from": ends[2 * n], "to": ends[2 * n + 1]} for n in (0, 1)]
            options += [("stroke.trim", {**on, "stroke": whole["object"], "parts": parts})] * 3
        if gone:
            options += [("object.restore", {**on, "objects": some_gone}) for some_gone in (gone[:2], gone[-1:])]
        if page.seat in (ANNA, BEN):
            options += [("group.join", {"group": group}) for group in groups]
        if page.seat in (LEAD, LOCAL) and rng.random() < 0.1:
            options += [("lead.give", {"participant": rng.choice(["lead", "local"])}), ("lead.take", {})]
        if page.seat == LEAD:
            options += [("handout.collect", {"handout": "s"}), ("handout.reopen", {"handout": "s"})]
            if rng.random() < 0.1:
                options += [
                    ("page.copy", {"page": name, "of": ["s-anna", rng.choice(["s-ben", "r-r1"])][: rng.randint(1, 2)]})
                ]
                options += [("group.move", {"participant": "ben", "group": rng.choice(GROUPS)})]
            if rng.random() < 0.03:
                options += [("groups.dissolve", {}), ("groups.draw", {"groups": 2})]
                options += [("groups.open", {"groups": [{"group": group} for group in GROUPS]})]
            if rng.random() < 0.3:
                options += [("page.add", {"page": name, "after": "1", "paper": {"kind": "mizige"}})]
            if board["pages"]:
                options += [("page.show", {"page": rng.choice(board["pages"])["id"]})]
            options += [("view.show", {**on, "x": 10, "y": rng.random(), "width": rng.choice([400, 1600])})]
            options += [("pen.take", {"participants": ["ben"]}), ("pen.give", {"participants": ["ben"]})]
        return rng.choice(options)

    def settled(self) -> None:
        """All lines work again, and all that is on the way arrives."""
        for page in self.pages:
            self.breaks(page)
            self.connect(page)
        while any(line.up or line.down for page in self.pages for line in (*page.lines, *page.left)):
            page = self.rng.choice(self.pages)
            self.arrive(self.rng.choice([*page.lines, *page.left]), page)
            self.deliver(self.rng.choice(page.lines), page)


def folded(journeys: Sequence[Sequence[Delivery]]) -> list[Any]:
    done = subprocess.run(
        [NODE, "--disable-warning=ExperimentalWarning", "--input-type=module", "-e", FOLD % APPLY.as_uri()],
        input=json.dumps(journeys),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def converge(seeds: Sequence[int]) -> set[str]:
    """Returns the kinds of what happened."""
    plays: list[Play] = []
    for seed in seeds:
        plays.append(play := Play(seed))
        for _ in range(STEPS):
            play.step()
        play.settled()
    states = iter(folded([page.delivered for play in plays for page in play.pages]))
    for seed, play in zip(seeds, plays, strict=True):
        lesson = play.lesson
        assert rules.fold(lesson.events) == lesson.state, seed
        boards = []
        for page in play.pages:
            viewer = rules.seated(lesson.state, page.seat)
            late: Any = json.loads(json.dumps(rules.view(lesson.state, viewer, lesson.texts)))
            seen = next(states)
            assert {**seen, "seq": late["seq"]} == late, (seed, page.seat.participant)
            assert not page.outbox, seed
            boards.append(seen["board"])
            if page.seat not in (LEAD, LOCAL, OBSERVER):
                assert seen["boards"].keys() <= {viewer.participant, viewer.room, viewer.group}, seed
        assert all(board == boards[0] for board in boards), seed
    return {event.kind for play in plays for event in play.lesson.events}


def test_all_see_the_same_in_the_end() -> None:
    kinds = converge((*KEPT, *SEEDS))
    assert kinds > {
        "stroke.added", "stroke.erased", "stroke.trimmed", "object.added", "object.changed", "object.erased",
        "object.restored", "page.added", "page.shown", "view.shown", "pen.given", "pen.taken", "page.filled",
        "group.filled", "groups.made", "handout.collected", "handout.reopened", "lead.given",
    }  # fmt: skip


@pytest.mark.soak
@pytest.mark.parametrize("first", range(len(SEEDS), MANY, AT_ONCE))
def test_whatever_the_lines_do(first: int) -> None:
    converge(range(first, min(first + AT_ONCE, MANY)))

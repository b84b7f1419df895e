"""What is told of a lesson from which stretches were cut out, and people hidden. Pure.

The fold must be right after a cut, so events of a cut stretch stay where something is left of them afterwards, and go
where they speak of that stretch alone: what was said in chat and asked, hands, names drawn and steps of the plan that
were up only then, strokes and objects that were erased again, activities that were closed and never came up again. Of
what stays, the words go that nobody reads afterwards: answers (with the tallies that they are in), words that were
written over, and what was written in notes and deleted again. A hidden person is one without a name, who said nothing.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from math import inf

from classroom.activities.counting import answer_key, answered_by, tally_key
from classroom.activities.marking import about
from classroom.asking import reply_key, without
from classroom.board.words import words_key
from classroom.events import Event, Json
from classroom.notes.merging import merge
from classroom.notes.sheets import update_key
from classroom.participants import name_key

Spans = Sequence[tuple[int, int]]
SAID = frozenset({"chat.said", "line.said", "line.sent"})
HANDS = {"hand.raised": True, "hand.lowered": False}
NOTES = frozenset({"notes.written", "notes.merged"})


def untold(
    events: Sequence[Event], texts: Mapping[str, str], cuts: Spans, people: Collection[str]
) -> tuple[list[Event], dict[str, str]]:
    """The events, and the words for them. `cuts` in ms of the lesson's clock, in order and apart."""
    placed = [(event, _cut(event, cuts)) for event in events]
    words, hidden = dict(texts), _questions(placed, people)
    for key in list(words):
        whose = answered_by(key) or about(key)
        if whose in people:
            del words[key]
    for person in people:
        words.pop(name_key(person), None)
    _silence(placed, words, people)
    gone = _passing_activities(placed) | _passing_things(placed) | _passing_papers(placed)
    passed = _passing_hands(placed) | _overtaken(placed)
    sheets = _notes(placed, words)
    out: list[Event] = []
    for event, cut in placed:
        if event.kind in SAID and (cut is not None or event.actor in people):
            continue
        if event.seq in passed or (event.kind in HANDS and event.data["participant"] in people):
            continue
        if event.kind in NOTES and event.seq in sheets:
            if (merged := sheets[event.seq]) is not None:
                out.append(replace(event, kind="notes.merged", data=merged))
            continue
        kept = without(event, hidden)
        kept = _thinned(kept, gone) if kept is not None and cut is not None else kept
        if kept is not None:
            out.append(kept)
    return out, words


Placed = Sequence[tuple[Event, "int | None"]]


def _cut(event: Event, cuts: Spans) -> int | None:
    return next((index for index, (begin, end) in enumerate(cuts) if begin <= event.at < end), None)


def _questions(placed: Placed, people: Collection[str]) -> set[str]:
    """Learners' questions that were asked in a cut, or by who is hidden."""
    asked = [(event.data, cut) for event, cut in placed if event.kind == "question.asked"]
    return {data["question"] for data, cut in asked if cut is not None or data.get("participant") in people}


def _silence(placed: Placed, words: dict[str, str], people: Collection[str]) -> None:
    """Takes answers out that were given in a cut, and tallies that have words of those or of hidden people."""
    copied = {
        words_key(one)
        for event, _ in placed
        if event.kind == "page.filled"
        for one in event.data["objects"]
        if "words" in one
    }
    written: dict[tuple[int | None, str], str] = {}
    for event, cut in placed:
        if event.kind == "activity.answered":
            whose = event.data.get("participant", event.actor)
            if cut is not None and "words" in event.data:
                words.pop(answer_key(whose, event.data["words"]), None)
            if cut is not None or whose in people:
                words.pop(tally_key(event.data["activity"]), None)
        elif event.kind == "question.replied" and (cut is not None or event.actor in people):
            words.pop(reply_key(event.data["question"]), None)
        elif event.kind in ("object.added", "object.changed") and (cut is not None or event.actor in people):
            for one in event.data.get("changes", [event.data.get("object")]):
                if "words" in one:
                    if event.actor in people:
                        words.pop(words_key(one), None)
                        continue
                    before = written.get((cut, one["object"]))
                    if before is not None and before not in copied:
                        words.pop(before, None)
                    written[cut, one["object"]] = words_key(one)


def _passing_activities(placed: Placed) -> set[str]:
    """Those of which nothing happened outside of one cut, and that were closed in it."""
    seen, closed = defaultdict[str, set[int | None]](set), set[str]()
    for event, cut in placed:
        for key in ("activity", "over"):
            if isinstance(event.data.get(key), str):
                seen[event.data[key]].add(cut if event.kind.startswith(("activity.", "chart.")) else None)
        if event.kind in ("activity.closed", "activity.reopened"):
            (closed.add if event.kind == "activity.closed" else closed.discard)(event.data["activity"])
    return {one for one, cuts in seen.items() if len(cuts) == 1 and None not in cuts and one in closed}


def _passing_things(placed: Placed) -> set[str]:
    """Strokes and objects, with the parts they were trimmed to, that came and went within one cut."""
    family: dict[str, str] = {}
    seen, alive, born = defaultdict[str, set[int | None]](set), defaultdict[str, set[str]](set), set[str]()
    for event, cut in placed:
        for one in _things(event):
            seen[family.setdefault(one, one)].add(cut)
        match event.kind:
            case "stroke.added" | "object.added":
                [one] = _things(event)
                born.add(family[one])
                alive[family[one]].add(one)
            case "stroke.trimmed":
                [whole] = _things(event)
                root = family[whole]
                alive[root].discard(whole)
                for part in (_on(event.data, one["stroke"]) for one in event.data["parts"]):
                    family[part] = root
                    alive[root].add(part)
            case "stroke.erased" | "object.erased":
                for one in _things(event):
                    alive[family[one]].discard(one)
            case "object.restored":
                for one in _things(event):
                    alive[family[one]].add(one)
    roots = {one for one in born if len(seen[one]) == 1 and None not in seen[one] and not alive[one]}
    return {one for one, root in family.items() if root in roots}


def _things(event: Event) -> Iterator[str]:
    """By page and id: on another page an id may be another's."""
    data, ids = event.data, list[str]()
    match event.kind:
        case "stroke.added" | "stroke.erased" | "stroke.trimmed":
            ids = [data["stroke"]]
        case "object.added":
            ids = [data["object"]["object"]]
        case "object.changed":
            ids = [one["object"] for one in data["changes"]]
        case "object.erased" | "object.restored":
            ids = data["objects"]
    return (_on(data, one) for one in ids)


def _on(data: Json, thing: str) -> str:
    return f"{data['page']} {thing}"


def _thinned(event: Event, gone: Collection[str]) -> Event | None:
    """An event of a cut without what passed in it."""
    data = event.data
    if event.kind.startswith(("activity.", "chart.")):
        return None if data.get("activity") in gone else event
    if f"page {data.get('page')}" in gone or f"courseware {data.get('courseware')}" in gone:
        return None
    things = list(_things(event))
    if not things or not any(one in gone for one in things):
        return event
    if all(one in gone for one in things):
        return None
    if event.kind == "object.changed":
        changes = [one for one in data["changes"] if _on(data, one["object"]) not in gone]
        return replace(event, data={**data, "changes": changes})
    return replace(event, data={**data, "objects": [one for one in data["objects"] if _on(data, one) not in gone]})


def passing(events: Sequence[Event], cuts: Spans) -> set[str]:
    """The courseware that was opened in one cut, and is not to be seen outside of it."""
    found = _passing_papers([(event, _cut(event, cuts)) for event in events])
    return {one.removeprefix(COURSEWARE) for one in found if one.startswith(COURSEWARE)}


def works_shown(events: Sequence[Event], cuts: Spans) -> Iterator[Event]:
    """Of a lesson's events of `TAKES_AWAY`, those by which works were shown that were still up outside of any cut."""
    for event, after in zip(events, [*events[1:], None], strict=True):
        until = after.at if after is not None else inf
        if event.kind == SHOWN and not any(begin <= event.at and until <= end for begin, end in cuts):
            yield event


SHOWN = "activity.shown"
TAKES_AWAY = (SHOWN, "activity.opened", "lesson.ended")
"""What shows works, and what puts something else, or nothing, in their place."""
COURSEWARE = "courseware "


def _passing_papers(placed: Placed) -> set[str]:
    """Pages that were added in a cut and not touched nor shown outside of it, and courseware that was opened in it
    alone, and of which no other page is. What is shown as the cut ends, stays."""
    pages, coursewares = defaultdict[str, set[int | None]](set), defaultdict[str, set[int | None]](set)
    added, papers, shown, before = set[str](), dict[str, set[str]](), "", None
    for event, cut in placed:
        data = event.data
        if cut != before and shown:
            pages[shown].add(None)
        before = cut
        if "page" in data:
            pages[data["page"]].add(cut)
        if isinstance(data.get("after"), str):
            pages[data["after"]].add(None)
        if event.kind == "page.added":
            added.add(data["page"])
        if event.kind in ("page.added", "page.changed") and (of := (data.get("paper") or {}).get("courseware")):
            papers.setdefault(of, set()).add(data["page"])
        if event.kind == "page.shown":
            shown = data["page"]
        if isinstance(data.get("courseware"), str):
            coursewares[data["courseware"]].add(cut)
    if shown:
        pages[shown].add(None)
    alone = {one for one in added if len(pages[one]) == 1 and None not in pages[one]}
    closed = {
        event.data["courseware"]: event.kind == "courseware.closed" for event, _ in placed if event.kind in OPENED
    }
    kinds = {event.data["courseware"]: event.data["kind"] for event, _ in placed if event.kind == "courseware.opened"}
    gone = {
        one
        for one, cuts in coursewares.items()
        if len(cuts) == 1
        and None not in cuts
        and one in kinds
        and (closed[one] or kinds[one] == "slides")
        and papers.get(one, set()) <= alone
    }
    return {f"page {one}" for one in alone} | {f"{COURSEWARE}{one}" for one in gone}


OPENED = ("courseware.opened", "courseware.closed")


def _passing_hands(placed: Placed) -> set[int]:
    """Hands that were raised and lowered within one cut."""
    up: dict[str, tuple[int, int | None]] = {}
    out = set[int]()
    for event, cut in placed:
        if event.kind not in HANDS:
            continue
        person = event.data["participant"]
        if HANDS[event.kind]:
            up[person] = event.seq, cut
        elif (raised := up.pop(person, None)) is not None and cut is not None and raised[1] == cut:
            out |= {raised[0], event.seq}
    return out


def _overtaken(placed: Placed) -> set[int]:
    """Draws, and steps of the plan, that another one, or none, took the place of within the cut."""
    return {
        event.seq
        for kinds in (("pick.made", "pick.cleared"), ("step.begun",))
        for (event, cut), (_, after) in pairwise([one for one in placed if one[0].kind in kinds])
        if cut is not None and cut == after and event.kind in ("pick.made", "step.begun")
    }


def _notes(placed: Placed, words: dict[str, str]) -> dict[int, Json | None]:
    """By the number of an event that writes in a cut: what takes its place. The last of a sheet there stands for all
    that was written until then, without what was deleted; the others are left out."""
    out: dict[int, Json | None] = {}
    sheets = defaultdict[str, list[tuple[Event, int | None]]](list)
    for event, cut in placed:
        if event.kind in NOTES:
            sheets[event.data["notes"]].append((event, cut))
    for written in sheets.values():
        if all(cut is None for _, cut in written):
            continue
        parts: list[str] = []
        for (event, cut), following in zip(written, [*written[1:], None], strict=True):
            update = words.get(update_key(event.data))
            parts = [*([] if event.kind == "notes.merged" else parts), *([update] if update else [])]
            if cut is None:
                continue
            words.pop(update_key(event.data), None)
            if following is not None and following[1] == cut:
                out[event.seq] = None
                continue
            whole = merge(_decoded(parts))
            encoded = b64encode(whole).decode() if whole is not None else ""
            parts = [encoded] if encoded else []
            where: Json = {key: event.data[key] for key in ("notes", "board") if key in event.data}
            out[event.seq] = {**where, "words": event.data["words"], "size": len(encoded)}
            if encoded:
                words[update_key(event.data)] = encoded
    return out


def _decoded(parts: Iterable[str]) -> Iterator[bytes]:
    return (b64decode(one) for one in parts)

"""What a resource says in words, as those may know it who may see it: of what was cut out or hidden, nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from classroom.events import Event, Role, Seat
from classroom.finding import unbroken
from classroom.rules import project
from classroom.store.index import Texts
from classroom.store.records import Resource
from classroom.untold import passing, untold
from recordings.carried import is_carried, load
from recordings.edits import Edited
from web.server.cataloguing import bank_of
from web.server.cues import aside, left, loaded, starts_ms
from web.server.edited import edited
from web.server.parts import Parts
from web.server.printing.words import Words

MOST_LETTERS = 400_000
"""Of one resource."""
MOST_QUESTIONS = 2_000
VIEWER = Seat("library", Role.OBSERVER)
CODED = ("subject", "grade", "edition", "type", "audience")
LANGUAGES = ("zh-CN", "en")
KINDS = frozenset({"object.added", "object.changed", "page.added", "page.changed", "page.shown", "activity.opened"})

Said = list[tuple[int | None, str]]


@dataclass(frozen=True, slots=True)
class Shown:
    """A slide that came to be under what is written."""

    at: int
    courseware: str
    slide: int


async def said(parts: Parts, resource_id: str) -> Texts | None:
    """By field, each text with its moment. None where there is no such resource any more."""
    resource = await parts.store.resources.get(resource_id)
    if resource is None:
        return None
    contributors = [str(one.get("name", "")) for one in resource.contributors]
    texts: Texts = {
        "title": [(None, resource.title)],
        "points": [(None, point) for point in resource.points],
        "facets": [(None, one) for one in await _facets(parts, resource)],
        "description": [(None, one) for one in (resource.description, *contributors) if one],
    }
    if resource.kind == "recording" and resource.status == "ready":
        texts |= await _recording(parts, resource)
    elif resource.kind == "courseware":
        texts["slides"] = [(None, one) for one in await _slides(parts, resource.target) if one.strip()]
    elif resource.kind == "upload" and is_carried(resource):
        texts["slides"] = [(None, one) for one in await _pages(parts, resource) if one.strip()]
    elif resource.kind == "bank":
        texts["questions"] = await _bank(parts, resource)
    return await asyncio.to_thread(_bounded, texts)


async def _facets(parts: Parts, resource: Resource) -> list[str]:
    """What it is, and whose, as every list tells it to whoever sees it there, in all languages."""
    coded = [(field, code) for field in CODED if (code := getattr(resource, field))]
    owner = await parts.store.accounts.names({resource.owner}) if resource.owner else {}
    school = await parts.store.schools.get(resource.school) if resource.school else None
    return [
        *_kind(resource.kind),
        *(label for field, code in coded for label in parts.vocabularies.labels(field, code)),
        *owner.values(),
        *([school.name] if school else []),
    ]


@cache
def _kind(kind: str) -> list[str]:
    return [Words(language)(f"catalogue.kind.{kind}") for language in LANGUAGES]


def _bounded(texts: Texts) -> Texts:
    """Control characters and halves of characters are no words, and some databases take none of them."""
    left_of, out = MOST_LETTERS, {}
    for field, of in texts.items():
        kept: Said = []
        for at, one in of:
            plain = unbroken(one[:left_of].encode(errors="ignore").decode().replace("\0", " "))
            left_of -= len(plain)
            if plain:
                kept.append((at, plain))
        if kept:
            out[field] = kept
    return out


async def _recording(parts: Parts, resource: Resource) -> Texts:
    by = await edited(parts, resource)
    texts: Texts = {"transcript": await _transcript(parts, resource)}
    if resource.lesson is None:
        return texts
    saved = await parts.store.journal.load(resource.lesson)
    events = await asyncio.to_thread(_told, saved.events, saved.texts, by)
    gone = await asyncio.to_thread(passing, saved.events, by.cuts) if by.cuts else set()
    texts["board"] = list(_board(events))
    texts["questions"] = list(_prompts(events))
    texts["slides"] = []
    slides: dict[str, list[str]] = {}
    for one in shown(events):
        if one.courseware not in slides:
            slides[one.courseware] = [] if one.courseware in gone else await _slides(parts, one.courseware)
        if one.slide <= len(slides[one.courseware]):
            texts["slides"].append((one.at, slides[one.courseware][one.slide - 1]))
    return texts


async def _transcript(parts: Parts, resource: Resource) -> Said:
    from_ms = starts_ms(resource)
    found: Said = []
    for row in await parts.store.captions.of(resource.id):
        kept = await parts.store.captions.get(resource.id, row.language)
        if kept is not None:
            found += await aside(_spoken, await left(parts, resource, kept[1]), from_ms)
    return found


def _spoken(stored: str, from_ms: int) -> Said:
    return [(from_ms + cue["start_ms"], cue["text"]) for cue in loaded(stored)]


def _told(events: Sequence[Event], texts: Mapping[str, str], by: Edited) -> list[Event]:
    if by.cuts or by.participants:
        events, texts = untold(list(events), dict(texts), by.cuts, by.participants)
    seen = (project(event, VIEWER, texts) for event in events if event.kind in KINDS)
    return [one for one in seen if one is not None and "board" not in one.data and by.cut_at(one.at) is None]


def _board(events: Iterable[Event]) -> Iterator[tuple[int, str]]:
    for event in events:
        if event.kind == "object.added":
            placed = [event.data["object"]]
        elif event.kind == "object.changed":
            placed = event.data["changes"]
        else:
            continue
        yield from ((event.at, one["text"]) for one in placed if one.get("text"))


def _prompts(events: Iterable[Event]) -> Iterator[tuple[int, str]]:
    for event in events:
        if event.kind == "activity.opened":
            options = [one for one in event.data.get("options") or () if isinstance(one, str)]
            yield event.at, " · ".join([event.data["prompt"], *options])


def shown(events: Iterable[Event]) -> Iterator[Shown]:
    """When which slide came to be under what is written, as the player has it."""
    papers: dict[str, tuple[str, int]] = {}
    front = ""
    for event in events:
        if event.kind not in ("page.added", "page.changed", "page.shown"):
            continue
        page = event.data["page"]
        if event.kind == "page.shown":
            front = page
        elif paper := event.data.get("paper"):
            if paper.get("courseware") is not None and paper.get("slide") is not None:
                papers[page] = (paper["courseware"], paper["slide"])
            else:
                papers.pop(page, None)
        if page in papers and page == front and event.kind != "page.added":
            yield Shown(event.at, *papers[page])


async def _slides(parts: Parts, courseware: str) -> list[str]:
    row = await parts.store.shelves.get(courseware)
    if row is None or not row.digest or row.removed_at is not None:
        return []
    return await asyncio.to_thread(parts.shelf.texts, row.digest)


async def _pages(parts: Parts, resource: Resource) -> list[str]:
    try:
        carried = await asyncio.to_thread(load, parts.files.directory / resource.path)
    except (OSError, ValueError):  # it is just being removed
        return []
    return [one for words in carried.answers["/words"] for one in words.get("texts", ()) if isinstance(one, str)]


async def _bank(parts: Parts, resource: Resource) -> Said:
    """What is asked; what is right stays in the bank."""
    rows = (await bank_of(parts, resource))[:MOST_QUESTIONS]
    return [(None, str(row.question.get("prompt", ""))) for row in rows]

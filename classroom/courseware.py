"""Courseware in a lesson: what a teacher has brought out for all to fetch, and audio and video that all play as one.
A recording of the library is such a film, too.

What it is stands in the event, so that a display can fetch ahead. Its name is a person's word, and in the side table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import from_json

from classroom.board import pages
from classroom.board.bricks import SlidePaper
from classroom.errors import ClientFault, Status
from classroom.events import Draft, Event
from classroom.payload import Id, Millis, Payload
from classroom.reducer import Applier, Ask, Decider, Offered, Recorded, State, missing, refused

MAX_OPEN = 30
TAUGHT = frozenset({"camera", "courseware"})  # sources whose pictures are of the lesson, and not of who attends it
SLOWEST, FASTEST = 0.1, 8.0
MOST_STATE = 4096  # characters
CHANGES_EVERY_MS = 250


def _json(text: str) -> str:
    from_json(text, allow_inf_nan=False)  # browsers know no more than JSON
    return text


# In ASCII, so that it has as many bytes as characters; JSON can say all else by escapes.
Json = Annotated[str, StringConstraints(max_length=MOST_STATE, pattern=r"^[\x20-\x7e]+$"), AfterValidator(_json)]
Slide = Annotated[int, Field(ge=1, le=10_000)]


class CoursewareOpen(Payload):
    """Of a recording, a `stretch` of it (from, to), by the clock that its tracks have; without, all of it."""

    courseware: Id
    stretch: Annotated[list[Millis], Field(min_length=2, max_length=2)] | None = None


class CoursewareClose(Payload):
    courseware: Id


class CoursewarePlay(Payload):
    """From `position_ms` on, at this moment of the lesson's clock. With `loop`, from its end back to its beginning."""

    courseware: Id
    position_ms: Millis
    playing: bool
    rate: Annotated[float, Field(ge=SLOWEST, le=FASTEST)] = 1.0
    loop: Annotated[list[Millis], Field(min_length=2, max_length=2)] | None = None


class SimulationChange(Payload):
    """What the presenter's simulation is like now, in its own words, for everyone's."""

    courseware: Id
    state: Json


class SlideShow(Payload):
    """Turns to the page that has this slide as its paper; one that is not there yet is made, in the slides' order."""

    courseware: Id
    slide: Slide


class CoursewareOpened(Payload):
    """`start_ms`: where on its own clock what is shown of a recording begins."""

    courseware: Id
    kind: Literal["slides", "audio", "video", "simulation", "recording"]
    slides: int
    boxes: list[int]
    duration_ms: int | None
    start_ms: int | None = None
    name: str | None = None


class CoursewareClosed(Payload):
    courseware: Id


class CoursewarePlayed(Payload):
    courseware: Id
    position_ms: Millis
    playing: bool
    rate: float
    loop: list[Millis] | None


class SimulationChanged(Payload):
    courseware: Id
    state: str


def title_key(courseware: str) -> str:
    """Where in the side table the name of a courseware stands."""
    return f"courseware:{courseware}"


def of_class(tracks: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What of a recording a class is shown: the pictures of who taught, and what these said. No child's, no room's."""
    pictures = [one for one in tracks if one["kind"] == "video" and one["source"] in TAUGHT]
    who = {one["participant"] for one in pictures}
    return [*pictures, *(one for one in tracks if one["kind"] == "audio" and one["participant"] in who)]


def open_one(state: State, command: CoursewareOpen, ask: Ask) -> list[Draft]:
    """The asker's own, from the shelf, or a recording that the asker may see: `context` has what the server found. One
    that is open is not opened again, but for another stretch of it."""
    known, recorded = _known(state, command), ask.context.recorded
    of_shelf = ask.context.courseware.get(command.courseware)
    if known is not None and (command.stretch is None or known["kind"] != "recording"):
        return []
    if recorded is not None and recorded.id == command.courseware:
        name, what = recorded.title, _recording(recorded, command.stretch)
    elif of_shelf is not None and of_shelf.kind is not None:
        if command.stretch is not None:
            raise refused("not_playable", "Stretches are of recordings.")
        name, what = of_shelf.name, _courseware(of_shelf)
    else:
        raise missing("courseware")
    if what == known:
        return []
    if known is None and len(state["courseware"]) >= MAX_OPEN:
        raise refused("too_many", f"At most {MAX_OPEN} are open at a time: close one first.")
    texts, shows = {title_key(command.courseware): name}, frozenset({command.courseware})
    return [Draft("courseware.opened", {"courseware": command.courseware, **what}, texts, shows)]


def _courseware(found: Offered) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "slides": found.slides,
        "boxes": list(found.boxes),
        "duration_ms": found.duration_ms,
    }


def _recording(found: Recorded, stretch: list[int] | None) -> dict[str, Any]:
    tracks = of_class(found.tracks)
    if not tracks:
        raise refused("no_picture", "Nothing of this recording can be shown to a class.")
    begin = min(one["start_ms"] for one in tracks)
    end = max(one["end_ms"] or found.duration_ms or 0 for one in tracks)
    start, stop = stretch or (begin, end)
    if not begin <= start < stop <= end:
        raise ClientFault("out_of_range", "This stretch is not within the recording.", Status.REFUSED)
    return {"kind": "recording", "slides": 0, "boxes": [], "duration_ms": stop - start, "start_ms": start}


def close_one(state: State, command: CoursewareClose, _: Ask) -> list[Draft]:
    return [Draft("courseware.closed", {"courseware": command.courseware})] if _known(state, command) else []


def play(state: State, command: CoursewarePlay, _: Ask) -> list[Draft]:
    known = _known(state, command)
    if known is None:
        raise missing("courseware")
    if known["kind"] == "simulation":
        data = {**command.model_dump(), "position_ms": 0, "playing": True, "rate": 1.0, "loop": None}
        return [Draft("courseware.played", data)]
    duration_ms = known["duration_ms"]
    if duration_ms is None:
        raise refused("not_playable", "Slides are shown, not played.")
    if command.loop is not None and not command.loop[0] < command.loop[1] <= duration_ms:
        raise refused("not_playable", "A loop ends after it begins, and before the end.")
    data = {**command.model_dump(), "position_ms": min(command.position_ms, duration_ms)}
    return [Draft("courseware.played", data)]


def change(state: State, command: SimulationChange, ask: Ask) -> list[Draft]:
    known, playing = _known(state, command), state["playing"]
    if known is None or known["kind"] != "simulation" or playing is None:
        raise refused("not_playable", "No such simulation is shown.")
    if playing["courseware"] != command.courseware:
        raise refused("not_playable", "Another courseware is shown.")
    if playing.get("state") == command.state:
        return []
    if "changed" in playing and ask.now - playing["changed"] < CHANGES_EVERY_MS:
        raise ClientFault("too_often", "A simulation changes so often only.", Status.TOO_OFTEN, retry_after_s=1)
    return [Draft("simulation.changed", command.model_dump())]


def show_slide(state: State, command: SlideShow, ask: Ask) -> list[Draft]:
    known = _known(state, command)
    if known is None:
        raise missing("courseware")
    if command.slide > known["slides"]:
        raise missing("slide")
    page = _page_of(state, command.courseware, command.slide)
    if page is not None:
        return pages.show(state, pages.PageShow(page=page), ask)
    before = _page_of(state, command.courseware, command.slide - 1) or state["board"]["shown"]
    new = pages.PageAdd(
        page=f"{command.courseware[:50]}-{command.slide}",
        paper=SlidePaper(kind="slide", courseware=command.courseware, slide=command.slide),
        after=before,
    )
    return [*pages.add(state, new, ask), Draft("page.shown", {"page": new.page})]


def _page_of(state: State, courseware: str, slide: int) -> str | None:
    paper = {"kind": "slide", "courseware": courseware, "slide": slide}
    return next((page["id"] for page in state["board"]["pages"] if page["paper"] == paper), None)


def opened(state: State, event: Event) -> State:
    what = {key: value for key, value in event.data.items() if key != "courseware"}
    return {**state, "courseware": {**state["courseware"], event.data["courseware"]: what}}


def closed(state: State, event: Event) -> State:
    gone = event.data["courseware"]
    others = {one: what for one, what in state["courseware"].items() if one != gone}
    playing = state["playing"]
    return {
        **state,
        "courseware": others,
        "playing": None if playing is not None and playing["courseware"] == gone else playing,
    }


def played(state: State, event: Event) -> State:
    return {**state, "playing": {**event.data, "at": event.at}}


def changed(state: State, event: Event) -> State:
    playing = state["playing"]
    if playing is None or playing["courseware"] != event.data["courseware"]:
        return state
    return {**state, "playing": {**playing, "state": event.data["state"], "changed": event.at}}


def _known(
    state: State, command: CoursewareOpen | CoursewareClose | CoursewarePlay | SimulationChange | SlideShow
) -> dict[str, Any] | None:
    return state["courseware"].get(command.courseware)


COMMANDS: dict[str, type[Payload]] = {
    "courseware.open": CoursewareOpen,
    "courseware.close": CoursewareClose,
    "courseware.play": CoursewarePlay,
    "simulation.change": SimulationChange,
    "slide.show": SlideShow,
}
EVENTS: dict[str, type[Payload]] = {
    "courseware.opened": CoursewareOpened,
    "courseware.closed": CoursewareClosed,
    "courseware.played": CoursewarePlayed,
    "simulation.changed": SimulationChanged,
}
DECIDE: dict[str, Decider] = {
    "courseware.open": open_one,
    "courseware.close": close_one,
    "courseware.play": play,
    "simulation.change": change,
    "slide.show": show_slide,
}
APPLY: dict[str, Applier] = {
    "courseware.opened": opened,
    "courseware.closed": closed,
    "courseware.played": played,
    "simulation.changed": changed,
}

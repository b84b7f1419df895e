"""The private line between the teachers: words, and signals of one touch. Nobody else ever receives it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from classroom.chat import text_key
from classroom.events import Draft, Event
from classroom.payload import Id, Payload, Words
from classroom.reducer import Applier, Ask, Decider, State, refused

KEPT = 100


LineSignal = Literal["slower", "not_understood", "please_wait", "two_minutes", "all_done", "trouble"]


class LineSay(Payload):
    message: Id
    text: Annotated[Words, StringConstraints(max_length=1000)]


class LineSend(Payload):
    signal: LineSignal


class LineSaid(Payload):
    message: Id
    text: str | None = None
    name: str | None = None


class LineSent(Payload):
    signal: LineSignal
    name: str | None = None


def say(_: State, command: LineSay, ask: Ask) -> list[Draft]:
    if text_key(command.message) in ask.context.texts:
        raise refused("exists", "There is a message of that id.")
    return [Draft("line.said", {"message": command.message}, {text_key(command.message): command.text})]


def send(_: State, command: LineSend, __: Ask) -> list[Draft]:
    return [Draft("line.sent", {"signal": command.signal})]


def heard(state: State, event: Event) -> State:
    entry = {**event.data, "actor": event.actor, "at": event.at}
    return {**state, "line": [*state["line"], entry][-KEPT:]}


COMMANDS: dict[str, type[Payload]] = {"line.say": LineSay, "line.send": LineSend}
EVENTS: dict[str, type[Payload]] = {"line.said": LineSaid, "line.sent": LineSent}
DECIDE: dict[str, Decider] = {"line.say": say, "line.send": send}
APPLY: dict[str, Applier] = dict.fromkeys(EVENTS, heard)

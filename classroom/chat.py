"""What people write to all. The words are in the side table; the latest 200 messages are in the state."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from classroom.events import Draft, Event
from classroom.payload import Id, Payload, Words
from classroom.reducer import Applier, Ask, Decider, State, refused

KEPT = 200


class ChatSay(Payload):
    message: Id
    text: Annotated[Words, StringConstraints(max_length=1000)]


class ChatSaid(Payload):
    message: Id
    text: str | None = None
    name: str | None = None


def text_key(message: str) -> str:
    """Where in the side table the words of a message stand."""
    return f"text:{message}"


def say(_: State, command: ChatSay, ask: Ask) -> list[Draft]:
    if text_key(command.message) in ask.context.texts:
        raise refused("exists", "There is a message of that id.")
    return [Draft("chat.said", {"message": command.message}, {text_key(command.message): command.text})]


def said(state: State, event: Event) -> State:
    message = {**event.data, "actor": event.actor, "at": event.at}
    return {**state, "chat": [*state["chat"], message][-KEPT:]}


COMMANDS: dict[str, type[Payload]] = {"chat.say": ChatSay}
EVENTS: dict[str, type[Payload]] = {"chat.said": ChatSaid}
DECIDE: dict[str, Decider] = {"chat.say": say}
APPLY: dict[str, Applier] = {"chat.said": said}

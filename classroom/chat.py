"""What people write. The words are in the side table; the latest 200 messages are in the state.

What teachers and observers write goes to all, what students write to all or to the teachers alone (`chat.rule`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Annotated, Literal

from pydantic import StringConstraints

from classroom.events import Draft, Event, Role
from classroom.payload import Id, Payload, Words
from classroom.reducer import Applier, Ask, Decider, State, missing, refused

KEPT = 200


class ChatSay(Payload):
    message: Id
    text: Annotated[Words, StringConstraints(max_length=1000)]


class ChatRule(Payload):
    """Who reads what students write from now on. That they write nothing is a lock (`student.lock`)."""

    to: Literal["all", "teachers"]


class ChatHide(Payload):
    message: Id


class ChatSaid(Payload):
    message: Id
    to: Literal["all", "teachers"] = "all"
    text: str | None = None
    name: str | None = None


class ChatRuled(Payload):
    to: Literal["all", "teachers"]


class ChatHidden(Payload):
    message: Id


def text_key(message: str) -> str:
    """Where in the side table the words of a message stand."""
    return f"text:{message}"


def say(state: State, command: ChatSay, ask: Ask) -> list[Draft]:
    if text_key(command.message) in ask.context.texts:
        raise refused("exists", "There is a message of that id.")
    to = state["chat_to"] if ask.seat.role == Role.STUDENT else "all"
    return [Draft("chat.said", {"message": command.message, "to": to}, {text_key(command.message): command.text})]


def rule(state: State, command: ChatRule, _: Ask) -> list[Draft]:
    return [Draft("chat.ruled", {"to": command.to})] if command.to != state["chat_to"] else []


def hide(state: State, command: ChatHide, _: Ask) -> list[Draft]:
    if all(one["message"] != command.message for one in state["chat"]):
        raise missing("message")
    return [Draft("chat.hidden", {"message": command.message})]


def said(state: State, event: Event) -> State:
    message = {"to": "all", **event.data, "actor": event.actor, "at": event.at}
    return {**state, "chat": [*state["chat"], message][-KEPT:]}


def ruled(state: State, event: Event) -> State:
    return {**state, "chat_to": event.data["to"]}


def hidden(state: State, event: Event) -> State:
    return {**state, "chat": [one for one in state["chat"] if one["message"] != event.data["message"]]}


def taken_away(events: Iterable[Event]) -> frozenset[str]:
    """The messages that a teacher has hidden."""
    return frozenset(event.data["message"] for event in events if event.kind == "chat.hidden")


def retold(event: Event, away: Collection[str]) -> Event | None:
    """The event for whoever looks back: what was for the teachers alone stays with them, and what was hidden was never
    there."""
    if event.kind not in ("chat.said", "chat.hidden"):
        return event
    return event if event.data.get("to", "all") == "all" and event.data["message"] not in away else None


COMMANDS: dict[str, type[Payload]] = {"chat.say": ChatSay, "chat.rule": ChatRule, "chat.hide": ChatHide}
EVENTS: dict[str, type[Payload]] = {"chat.said": ChatSaid, "chat.ruled": ChatRuled, "chat.hidden": ChatHidden}
DECIDE: dict[str, Decider] = {"chat.say": say, "chat.rule": rule, "chat.hide": hide}
APPLY: dict[str, Applier] = {"chat.said": said, "chat.ruled": ruled, "chat.hidden": hidden}

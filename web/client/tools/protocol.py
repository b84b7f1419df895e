"""Writes src/generated/protocol.ts: the wire and the state as TypeScript, from the Python types themselves.

    python web/client/tools/protocol.py [FILE]

An emitter of our own rather than JSON Schema and a converter: it keeps the names, and reads the state's TypedDicts as well.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from annotated_types import Len  # noqa: E402
from pydantic import BaseModel, RootModel  # noqa: E402

from classroom import kinds, reducer  # noqa: E402
from classroom.board import sheet  # noqa: E402
from classroom.events import Phase, Role  # noqa: E402
from classroom.line import LineSignal  # noqa: E402
from classroom.locks import Thing  # noqa: E402
from signaling import protocol  # noqa: E402

# What the rules keep as plain objects has a shape all the same; it is that of the events it came from.
STATE_SHAPES = {
    ("State", "phase"): "Phase",
    ("ParticipantState", "role"): "Role",
    ("Guest", "state"): "'invited' | 'on'",
    ("Page", "paper"): "Paper",
    ("Handout", "to"): "HandoutGiven['to']",
    ("Handout", "phase"): "'open' | 'collected'",
    ("OwnBoard", "kind"): "'participant' | 'room' | 'group'",
    ("Source", "kind"): "OwnBoard['kind']",
    ("Copied", "kind"): "OwnBoard['kind']",
    ("GroupsState", "by"): "GroupsMade['by'] | null",
    ("PageFilled", "objects"): "BoardObject[]",
    ("Page", "objects"): "BoardObject[]",
    ("Erased", "object"): "BoardObject",
    ("BoardStroke", "type"): "'stroke'",
    ("BoardStroke", "tool"): "Stroke['tool']",
    ("BoardShape", "type"): "'shape'",
    ("BoardShape", "shape"): "NewShape['shape']",
    ("BoardWords", "type"): "'text' | 'note'",
    ("BoardImage", "type"): "'image'",
    ("Activities", "by_id"): "Record<string, Activity>",
    ("Activities", "shown"): "ShownWorks | null",
    ("State", "chat"): "ChatMessage[]",
    ("Practice", "questions"): "Question[]",
    ("Practice", "courseware"): "{ courseware: string; kind: 'slides' | 'audio' | 'video'; slides: number }[]",
    ("Plan", "steps"): "PlanStep[]",
    ("PlanWritten", "steps"): "PlanStep[]",
    ("AskedQuestion", "state"): "'held' | 'open' | 'next' | 'later' | 'answered' | 'hidden' | 'merged'",
    ("State", "courseware"): "Record<string, OpenCourseware>",
    ("State", "playing"): "Playing | null",
    ("State", "chat_to"): "'all' | 'teachers'",
    ("State", "line"): "LineEntry[]",
    ("State", "notes_by"): "NotesRuled['by']",
    ("Locks", "everyone"): "Thing[]",
    ("Locks", "students"): "Record<string, Thing[]>",
}
OBJECTS = (sheet.BoardStroke, sheet.BoardShape, sheet.BoardWords, sheet.BoardImage)
UNIONS = {"LineSignal": LineSignal, "Thing": Thing}
PROJECTED = {"name", "names", "update"}  # the words that stand in the state only for those who may read them
TAIL = """
export type Paper = PlainPaper | SlidePaper

/** What lies on a page. */
export type BoardObject = BoardStroke | BoardShape | BoardWords | BoardImage

export type Question = ActivityOpened

/** What somebody answered: a value of the question's type, none where the vote is anonymous. */
export type Answer = Omit<ActivityAnswered, 'activity' | 'participant'>

export type Activity = Question & {
  phase: 'open' | 'closed' | 'revealed'
  opened_at: number
  /** participant → what they answered. Only what this viewer may know. */
  answers: Record<string, Answer>
  /** room → hands that its teacher counted, for each option; teachers' and observers' alone */
  counts: Record<string, number[]>
  /** how many have answered, once it is revealed */
  answered?: number
  /** as the question's type counts it, once it may be known */
  tally?: unknown[]
  /** words that are hidden of it; teachers' and observers' alone */
  unshown?: string[]
  /** of a questionnaire, the question that displays show; not there while they show one after the other */
  question?: number
  /** participant → its mark, once one was given. Only what this viewer may know. */
  marks?: Record<string, Mark>
}

/** Works that all see. */
export interface ShownWorks extends ActivityShown {
  at: number
}

export type OpenCourseware = Omit<CoursewareOpened, 'courseware'>

export interface Playing extends CoursewarePlayed {
  at: number
  /** JSON, of a simulation that was changed; and when */
  state?: string
  changed?: number
}

export interface ChatMessage extends ChatSaid {
  actor: string
  at: number
}

export type LineEntry = (LineSaid | LineSent) & { actor: string; at: number }

export interface Event<D = unknown> {
  seq: number
  /** the lesson's clock, milliseconds */
  at: number
  actor: string
  kind: string
  data: D
  /** the id of the command it came from; null for everyone but its actor */
  cause: string | null
  v: number
}

export interface SnapshotMessage {
  seq: number
  at: number
  /** null where it is large: it is to be fetched, see docs/protocol.md. */
  state: State | null
}

export type Signal = { [K in keyof SignalData]: { kind: K; data: SignalData[K]; from?: string } }[keyof SignalData]
"""


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "web/client/src/generated/protocol.ts"
    target.parent.mkdir(parents=True, exist_ok=True)
    text = generate()
    if not target.exists() or target.read_text("utf-8") != text:
        target.write_text(text, "utf-8")


def generate() -> str:
    names: dict[str, str] = {}
    sent_by_server = {protocol.Ack, protocol.Refused, *protocol.SIGNALS.values()}
    roots = [
        reducer.State,
        *OBJECTS,
        protocol.Auth,
        protocol.CommandMessage,
        *sorted(sent_by_server, key=lambda m: m.__name__),
    ]
    for root in [*roots, *kinds.COMMANDS.values(), *kinds.EVENTS.values()]:
        emit(root, names, optional=root not in sent_by_server)
    enums = [f"export type {e.__name__} = {' | '.join(repr(one.value) for one in e)}" for e in (Role, Phase)]
    enums += [f"export type {name} = {typescript(one, names, optional=False)}" for name, one in UNIONS.items()]
    maps = [
        table("CommandData", kinds.COMMANDS),
        table("EventData", kinds.EVENTS),
        table("SignalData", protocol.SIGNALS),
    ]
    head = "// Made by web/client/tools/protocol.py from the server's types. Not to be edited.\n"
    return "\n\n".join([head, *enums, *names.values(), *maps]) + "\n" + TAIL


def table(name: str, models: Mapping[str, type[BaseModel]]) -> str:
    lines = "\n".join(f"  '{kind}': {model.__name__}" for kind, model in models.items())
    return f"export interface {name} {{\n{lines}\n}}"


def emit(kind: Any, names: dict[str, str], *, optional: bool) -> None:
    """Adds the interface of a model or TypedDict, and of those that it is made of. `optional`: what has a default may be
    left out (the server leaves nothing out of its own messages)."""
    if kind.__name__ in names:
        return
    names[kind.__name__] = ""
    if issubclass(kind, RootModel):
        root = typescript(kind.model_fields["root"].annotation, names, optional=optional)
        names[kind.__name__] = f"export type {kind.__name__} = {root}"
        return
    lines = []
    fields = {} if is_typeddict(kind) else kind.model_fields
    for name, hint in get_type_hints(kind, include_extras=True).items():
        if is_typeddict(kind):
            may_lack = get_origin(hint) is NotRequired or (name in kind.__optional_keys__ and name in PROJECTED)
        elif name in fields:
            may_lack = optional and not fields[name].is_required()
            name = fields[name].alias or name
        else:
            continue
        shape = STATE_SHAPES.get((kind.__name__, name)) or typescript(hint, names, optional=optional)
        lines.append(f"  {name}{'?' if may_lack else ''}: {shape}")
    doc = " ".join((kind.__doc__ or "").split()) if kind.__doc__ and not kind.__doc__.startswith("dict(") else ""
    body = "{\n" + "\n".join(lines) + "\n}" if lines else "{}"
    names[kind.__name__] = (f"/** {doc} */\n" if doc else "") + f"export interface {kind.__name__} {body}"


def typescript(hint: Any, names: dict[str, str], *, optional: bool) -> str:
    def of(one: Any) -> str:
        return typescript(one, names, optional=optional)

    def union(parts: Iterable[str]) -> str:
        return " | ".join(dict.fromkeys(parts))

    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated and isinstance(args[1], Len) and args[1].min_length == args[1].max_length:
        return f"[{', '.join([of(get_args(args[0])[0])] * args[1].min_length)}]"
    if origin in (Annotated, NotRequired):
        return of(args[0])
    if origin is Literal:
        return union("true" if a is True else "false" if a is False else repr(a) for a in args)
    if origin in (Union, types.UnionType):
        return union(map(of, args))
    if origin in (list, tuple):
        item = of(args[0])
        return f"({item})[]" if "|" in item else f"{item}[]"
    if origin is dict:
        return f"Record<string, {of(args[1])}>"
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint.__name__
    if is_typeddict(hint) or (isinstance(hint, type) and issubclass(hint, BaseModel)):
        emit(hint, names, optional=optional)
        return str(hint.__name__)
    simple = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null", Any: "unknown"}
    return simple[hint]


if __name__ == "__main__":
    main()

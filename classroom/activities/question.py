"""What a question is, whatever its type, and what a type has to say about its own."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from classroom.errors import ClientFault, Status
from classroom.payload import Id, Payload, Words

Asked = Mapping[str, Any]
"""The data of `activity.opened`."""
Tally = list[Any]
"""What came of all answers, as the type counts them."""

MAX_TALLIED = 200
"""Different answers in a tally, the most frequent."""
MAX_PLAIN = 300
"""Characters of words as they are compared and counted. One may become eighteen."""
HIDDEN = ("answer", "tolerance", "explanation")
"""Fields that only teachers and observers know before the reveal."""
TEACHERS = ("points", "source")
"""Fields that only teachers and observers ever know."""

WorkKind = Literal["sound", "ink", "picture"]
Option = Annotated[Words, StringConstraints(max_length=300)]
Options = Annotated[list[Option], Field(min_length=2, max_length=10)]
Pictures = Annotated[list[Id | None], Field(min_length=2, max_length=10)]
"""Courseware, or none, for each of something."""
Index = Annotated[int, Field(ge=0, le=9)]
Short = Annotated[Words, StringConstraints(max_length=300)]
"""An answer in a few words."""
Point = Annotated[Words, StringConstraints(max_length=80)]
"""Something to know or to be able to do."""


class Question(Payload):
    """Where the `prompt` is empty, every page asks in its viewer's language. The `explanation` comes with the
    reveal. `picture` and `sound` are courseware; `alt` says what the picture shows to who does not see it, `plays` how
    often one may hear the sound. `points`: what it asks to know; `source`: which question of the bank it is."""

    prompt: Words | Annotated[str, StringConstraints(max_length=0)]
    explanation: Words | None = None
    picture: Id | None = None
    alt: Option | None = None
    sound: Id | None = None
    plays: Annotated[int, Field(ge=1, le=10)] | None = None
    points: Annotated[list[Point], Field(max_length=10)] | None = None
    source: Id | None = None

    @model_validator(mode="after")
    def _is_of_something(self) -> Self:
        if self.alt is not None and self.picture is None:
            raise ValueError("alt")
        if self.plays is not None and self.sound is None:
            raise ValueError("plays")
        return self


class WithOptions(Question):
    """`pictures`, of the options that have one; what an option says in words is said of its picture."""

    options: Options
    pictures: Pictures | None = None

    @model_validator(mode="after")
    def _pictures_are_of_options(self) -> Self:
        if self.pictures is not None and len(self.pictures) != len(self.options):
            raise ValueError("pictures")
        return self


class Level(Payload):
    """How well a criterion may be met, what that `says`, and what it is worth."""

    points: Annotated[int, Field(ge=0, le=100)]
    says: Option | None = None


class Criterion(Payload):
    name: Option
    levels: Annotated[list[Level], Field(min_length=2, max_length=6)]


class ByHand(Question):
    """What a teacher marks: with up to `worth` points (10 where nothing is said), or by a `rubric`."""

    worth: Annotated[int, Field(ge=1, le=100)] | None = None
    rubric: Annotated[list[Criterion], Field(min_length=1, max_length=8)] | None = None

    @model_validator(mode="after")
    def _is_worth_something(self) -> Self:
        if self.rubric is None:
            return self
        if self.worth is not None:
            raise ValueError("either points or a rubric")
        if not any(level.points for one in self.rubric for level in one.levels):
            raise ValueError("a rubric with which nothing can be reached")
        return self


class Mark(Payload):
    """What a teacher gave for an answer: `points`, and by which `levels` of a rubric they came about. `words`: a
    comment stands in the side table under that number, and here for those who may read it."""

    points: float
    levels: list[int] | None = None
    words: int | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class QuestionType:
    """One type of question.

    `model` is what is asked, with a literal `type`; `answer`, if it has one, is the right one. `field` is that of
    `activity.answer` which an answer has. `fits` says whether an answer's value is one to this question. `mark` is how
    right it is, 0 to 1, or None where nothing is right or wrong; asked only where the question has an `answer`.
    `count` makes the tally. `columns`: of how many options hands may be counted, and an anonymous vote taken.
    `words`: answers are a person's words, and stand in the side table; `beside` is what the journal says of them.
    `taken` is what the journal keeps of a value of that participant that came at that time, beside those that there
    are; it raises where it comes too late or is too much. `again`: whether who has answered that may do so anew.
    `grows`: an answer is given anew, with more in it, and nothing is kept of the one before. `said`: its tally is of
    words that were answered, of which a teacher may hide some. `public`: everyone is shown at once who has answered
    what. `by_room`: the teacher of a room may answer for all of it. `nameless`: it may be anonymous, though it has no
    columns. `work`: answers name something of that kind that was sent before.
    """

    model: type[Question]
    field: str
    fits: Callable[[Asked, Any], bool]
    count: Callable[[Asked, Iterable[Any]], Tally]
    mark: Callable[[Asked, Any], float | None] = lambda question, value: None
    columns: Callable[[Asked], int] | None = None
    words: bool = False
    beside: Callable[[Asked, Any], dict[str, Any]] = lambda activity, value: {}
    taken: Callable[[Asked, str, Any, int], Any] = lambda activity, whose, value, now: value
    again: Callable[[Asked, Any], bool] = lambda activity, before: bool(activity.get("changeable"))
    said: bool = False
    grows: bool = False
    public: bool = False
    by_room: bool = False
    nameless: bool = False
    work: WorkKind | None = None

    @property
    def by_hand(self) -> bool:
        """Whether a teacher marks it."""
        return issubclass(self.model, ByHand)

    @property
    def name(self) -> str:
        """As `type` says it on the wire."""
        return str(self.model.model_fields["type"].annotation.__args__[0])  # type: ignore[union-attr]


def votes(columns: int, choices: Iterable[int]) -> Tally:
    """How many chose each."""
    counts = [0] * columns
    for choice in choices:
        counts[choice] += 1
    return counts


def frequent(values: Iterable[Any]) -> Tally:
    """`[value, how often]`, the most frequent first, and of equals the smaller."""
    counts: dict[Any, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return [list(pair) for pair in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))][:MAX_TALLIED]


def plain(words: str) -> str:
    """Words as they are compared: composed and wide forms made one, small letters, single spaces; of what becomes long
    by that, the beginning."""
    folded = unicodedata.normalize("NFKC", words).lower()[:MAX_PLAIN]
    return " ".join(part for part in folded.replace("\n", " ").replace("\t", " ").split(" ") if part)


def accepted(words: str, right: Iterable[str]) -> bool:
    return plain(words) in map(plain, right)


def sameness(values: Sequence[object], others: Sequence[object]) -> float:
    """The share of places in which two lists of one length are the same."""
    return sum(one == other for one, other in zip(values, others, strict=True)) / len(values)


def unfit(field: str) -> ClientFault:
    return ClientFault("malformed", f"{field}: This is no answer to this question.", Status.MALFORMED)

"""What is said of a question that is run: its commands and events, see `running`."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Annotated, Any, Self

from pydantic import Field, RootModel, create_model, model_validator

from classroom.activities.question import Mark, QuestionType
from classroom.activities.types import ALL, type_of
from classroom.activities.types.buzzer import Buzz
from classroom.activities.values import Values
from classroom.payload import Id, Millis, Payload

Hands = Annotated[int, Field(ge=0, le=200)]
Seconds = Annotated[int, Field(ge=5, le=3600)]


class Opening(Payload):
    """How a question is run. `changeable`: one may answer again until it closes, and the last answer stands."""

    activity: Id
    seconds: Seconds | None = None
    anonymous: bool = False
    changeable: bool = False

    @model_validator(mode="after")
    def _runs(self) -> Self:
        kind = type_of({"type": getattr(self, "type", None)})
        if self.anonymous and (self.changeable or not _is_nameless(kind)):
            raise ValueError("only votes for options and surveys are anonymous, and these are not changed")
        return self


def _is_nameless(kind: QuestionType) -> bool:
    return kind.nameless or (kind.columns is not None and kind.name != "roll")


def _opening(question: type[Payload]) -> type[Payload]:
    return create_model(f"Open{question.__name__}", __base__=(Opening, question), __doc__=question.__doc__)


OPENINGS = [_opening(one.model) for one in ALL]


class ActivityOpen(RootModel[Annotated[reduce(or_, OPENINGS), Field(discriminator="type")]]):  # type: ignore[misc]
    """A question of one of the types, and how it is run."""


class ActivityAnswer(Values):
    """One's own; or, by the teacher of its room, that of a child without a tablet (`participant`), or of the room where
    the type has such answers."""

    activity: Id
    participant: Id | None = None


class ActivityCount(Payload):
    """The hands of one's room, for each option; counted again, the new numbers stand."""

    activity: Id
    counts: Annotated[list[Hands], Field(min_length=1, max_length=10)]


class ActivityClose(Payload):
    activity: Id


class ActivityReopen(Payload):
    """It takes answers again, for so many seconds from now on."""

    activity: Id
    seconds: Seconds | None = None


class ActivityReveal(Payload):
    """Shows the tally, and the right answer if there is one, to everyone. An open activity is closed by it."""

    activity: Id


class ActivityOpened(ActivityOpen):
    """As it was asked for."""


class ActivityAnswered(Values):
    """The actor answered, or its teacher for `participant`. Without a value where the vote is anonymous. `words`: a
    person's words stand in the side table under that number, and here only for those who may read them. `name`: where
    everyone is shown who answered. `size`: how many rows. `live`: displays are shown them. `duration_ms`: of what was
    read aloud."""

    activity: Id
    participant: Id | None = None
    words: int | None = None
    name: str | None = None
    buzz: Buzz | None = None  # type: ignore[assignment]
    size: int | None = None
    live: bool | None = None
    duration_ms: Millis | None = None


class ActivityCounted(Payload):
    activity: Id
    room: Id
    counts: list[int]


class ActivityClosed(Payload):
    """`tally` only where the vote was anonymous and enough voted, and only for teachers and observers. `counted`: there
    is one, and what it is stands in the side table."""

    activity: Id
    tally: list[Any] | None = None
    counted: bool | None = None


class ActivityReopened(Payload):
    activity: Id
    seconds: int | None = None


class ActivityRevealed(Payload):
    """`answered`: how many did, hands not counted. A `tally` of words is there for those who may read them; of fewer
    than five anonymous votes there is none. `marks`: those that were given by hand; of others' a student sees none."""

    activity: Id
    answered: int
    tally: list[Any] | None = None
    answer: Any = None
    tolerance: float | None = None
    explanation: str | None = None
    marks: dict[Id, Mark] | None = None


COMMANDS: dict[str, type[Any]] = {
    "activity.open": ActivityOpen,
    "activity.answer": ActivityAnswer,
    "activity.count": ActivityCount,
    "activity.close": ActivityClose,
    "activity.reopen": ActivityReopen,
    "activity.reveal": ActivityReveal,
}
EVENTS: dict[str, type[Payload]] = {
    "activity.opened": ActivityOpened,
    "activity.answered": ActivityAnswered,
    "activity.counted": ActivityCounted,
    "activity.closed": ActivityClosed,
    "activity.reopened": ActivityReopened,
    "activity.revealed": ActivityRevealed,
}

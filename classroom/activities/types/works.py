"""Works: something read aloud, drawn or photographed. They are sent first, and named by the answer."""

from __future__ import annotations

from typing import Literal

from classroom.activities.question import ByHand, Question, QuestionType, WorkKind


class Spoken(ByHand):
    """Read aloud, or said, for a minute at most."""

    type: Literal["spoken"]


class Drawing(ByHand):
    """Drawn on a sheet; lines, not pixels."""

    type: Literal["drawing"]


class Upload(ByHand):
    """A photo of what was made, or a picture of a screen."""

    type: Literal["upload"]


def _type(model: type[Question], work: WorkKind) -> QuestionType:
    return QuestionType(
        model, field="file", fits=lambda _question, _file: True, count=lambda _question, _files: [], work=work
    )


TYPES = (_type(Spoken, "sound"), _type(Drawing, "ink"), _type(Upload, "picture"))

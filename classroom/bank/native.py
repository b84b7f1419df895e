"""Questions as Tongke keeps them, as JSON: `{"questions": [{question, folder, tags, level, language}…]}`. Nothing of a
question is lost in it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from classroom.bank.entries import Entry, Understood
from classroom.bank.reading import Full, Reading
from classroom.errors import ClientFault, Status
from classroom.events import Json


class _Said(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    question: Json
    folder: str = ""
    tags: list[str] = []
    level: str = ""
    language: str = ""


class _File(BaseModel):
    questions: list[Json]


SAID = TypeAdapter(_Said)


def read(data: bytes) -> Understood:
    try:
        file = _File.model_validate_json(data)
    except ValidationError:
        raise ClientFault("malformed", 'The file is not {"questions": […]} in JSON.', Status.MALFORMED) from None
    reading = Reading()
    try:
        for number, one in enumerate(file.questions, 1):
            reading.place = {"number": number}
            try:
                said = dict(SAID.validate_python(one))
            except ValidationError:
                reading.note(None, "labels_unfit")
                continue
            reading.take(None, said.pop("question"), **said)
    except Full:
        pass
    return reading.understood()


def holds(_entry: Entry) -> bool:
    return True


def write(entries: Sequence[Entry]) -> bytes:
    said = [
        {
            "question": dict(one.question),
            "folder": one.folder,
            "tags": list(one.tags),
            "level": one.level,
            "language": one.language,
        }
        for one in entries
    ]
    return json.dumps({"questions": said}, ensure_ascii=False, indent=1).encode()

"""Reads a file of questions: `read NAME FOLDER`, bytes in; what was understood comes into the folder, and its pictures
and sounds. Or writes one: `write FORMAT FOLDER`, what is kept in; the file comes into the folder, what it lacks out.

A process of its own (`python -m web.server.understanding …`), with little time and memory, for files are strangers'.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from pydantic import ValidationError

from classroom import bank
from classroom.activities import media
from classroom.bank import Entry, File
from classroom.errors import ClientFault
from classroom.events import Json
from web.server.banking import (
    FAULT,
    MOST,
    MOST_BYTES,
    MOST_FILES,
    MOST_NOTES,
    TOLD,
    WRITTEN,
    Kept,
    question_of,
    write_lines,
)

MEMORY_BYTES = 1 << 30
CPU_S = 20
NICE = 10
"""Lessons go first."""


def understood(name: str, data: bytes, folder: Path) -> Json:
    """Raises ClientFault as `bank.read` does."""
    found = bank.read(name, data)
    questions, notes, files = [], list(found.notes), dict[str, str]()
    for entry in found.questions[:MOST]:
        try:
            questions.append({**_kept(entry), "line": entry.line, "place": entry.place})
        except bank.Not as fault:
            notes.append(bank.noted(entry.line, fault.code, **entry.place, **fault.fields))
            continue
        for known in sorted(media.names(entry.question) & entry.files.keys() - files.keys()):
            if len(files) < MOST_FILES:
                (folder / known).write_bytes(entry.files[known].data)
                files[known] = entry.files[known].name
            else:
                notes.append(bank.noted(entry.line, "media_too_many", **entry.place, most=MOST_FILES))
    if len(found.questions) > MOST:
        notes.append(bank.noted(None, "questions_too_many", most=MOST))
    return {"questions": questions, "notes": [asdict(note) for note in notes[:MOST_NOTES]], "files": files}


def _kept(entry: Entry) -> Json:
    """Raises bank.Not. That it is a question, the reader has seen."""
    labels = {"folder": entry.folder, "tags": list(entry.tags), "level": entry.level, "language": entry.language}
    try:
        kept = Kept(question=question_of(dict(entry.question)), **labels)  # type: ignore[arg-type]
    except ValidationError as fault:
        raise bank.unfit(fault) from None
    except ClientFault:
        raise bank.Not("question_too_large", kb=MOST_BYTES >> 10) from None
    return kept.model_dump()


def written(form: str, paths: Json, kept: Sequence[Json], folder: Path) -> Json:
    """Raises ClientFault as `bank.write` does."""
    files = {known: File(name, Path(path).read_bytes()) for known, (name, path) in paths.items()}
    entries = [
        Entry(**one, files={known: files[known] for known in sorted(media.names(one["question"]) & files.keys())})
        for one in kept
    ]
    (folder / WRITTEN).write_bytes(bank.write(form, entries))
    return asdict(bank.left_out(form, entries))


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    os.nice(NICE)
    verb, name, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    try:
        if verb == "write":
            paths, *kept = map(json.loads, sys.stdin.buffer)
            sys.stdout.write(json.dumps(written(name, paths, kept, folder)))
        else:
            told = understood(name, sys.stdin.buffer.read(), folder)
            questions = told.pop("questions")
            write_lines(folder / TOLD, [told, *questions])
    except ClientFault as fault:
        sys.stdout.write(json.dumps([fault.code, fault.message, int(fault.status)]))
        sys.exit(FAULT)


if __name__ == "__main__":
    main()

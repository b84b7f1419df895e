"""Reads a file of questions, `read NAME`: bytes in, what was understood out, as JSON; or writes one, `write FORMAT`:
what is kept in, as JSON, a line with how many
the format cannot hold and the file out.

A process of its own (`python -m web.server.understanding …`), with little time and memory, for files are strangers'.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from dataclasses import asdict

from pydantic import ValidationError

from classroom import bank
from classroom.bank.entries import Entry, Note
from classroom.errors import ClientFault
from classroom.events import Json
from web.server.api import malformed
from web.server.banking import FAULT, MOST, MOST_NOTES, Kept, question_of

MEMORY_BYTES = 1 << 30
CPU_S = 20
NICE = 10
"""Lessons go first."""


def understood(name: str, data: bytes) -> Json:
    """Raises ClientFault as `bank.read` does."""
    found = bank.read(name, data)
    questions, notes = [], list(found.notes)
    for number, entry in enumerate(found.questions[:MOST], 1):
        try:
            questions.append(_kept(entry))
        except ClientFault as fault:
            notes.append(Note(None, fault.code, f"Question {number}: {fault.message}"))
    if len(found.questions) > MOST:
        notes.append(Note(None, "too_many", f"Of {len(found.questions)} questions the first {MOST} were read."))
    return {"questions": questions, "notes": [asdict(note) for note in notes[:MOST_NOTES]]}


def _kept(entry: Entry) -> Json:
    labels = {"folder": entry.folder, "tags": list(entry.tags), "level": entry.level, "language": entry.language}
    try:
        kept = Kept(question=question_of(dict(entry.question)), **labels)  # type: ignore[arg-type]
    except ValidationError as fault:
        raise malformed(fault) from None
    return kept.model_dump()


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    os.nice(NICE)
    verb, name, given = sys.argv[1], sys.argv[2], sys.stdin.buffer.read()
    try:
        if verb == "write":
            entries = [Entry(**one) for one in json.loads(given)]
            said = bank.write(name, entries)
            said = b"%d\n" % bank.left_out(name, entries) + said
        else:
            said = json.dumps(understood(name, given), ensure_ascii=False).encode()
    except ClientFault as fault:
        sys.stdout.write(json.dumps([fault.code, fault.message, int(fault.status)]))
        sys.exit(FAULT)
    sys.stdout.buffer.write(said)


if __name__ == "__main__":
    main()

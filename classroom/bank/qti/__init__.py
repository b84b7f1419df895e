"""QTI 2.1, 2.2 (imsglobal.org/question/qtiv2p2) and 3.0 (…/spec/qti/v3p0): items, one or in a package with an
`imsmanifest.xml`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from classroom.bank.entries import Entry, Understood
from classroom.bank.qti import items, writing
from classroom.bank.qti.version import V2, V3, Version

__all__ = ["QTI2", "QTI3", "Qti"]


@dataclass(frozen=True, slots=True)
class Qti:
    """All versions are read by either; it is written in its own."""

    version: Version

    def read(self, data: bytes) -> Understood:
        return items.read(data)

    def holds(self, entry: Entry) -> bool:
        return writing.holds(entry)

    def write(self, entries: Sequence[Entry]) -> bytes:
        return writing.write(entries, self.version)


QTI2, QTI3 = Qti(V2), Qti(V3)

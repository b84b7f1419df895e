"""Somebody's words are taken out of notes, whatever all have written; what others wrote stands where it stood."""

from __future__ import annotations

import random
from base64 import b64decode, b64encode

import pytest

from classroom.notes.blanking import MARK, blanked
from classroom.notes.merging import merge
from tests.unit.classroom.scribes import Scribe


def sheet(updates: list[bytes]) -> Scribe:
    reader = Scribe(999)
    reader.hear(b64encode(one).decode() for one in updates)
    return reader


@pytest.mark.parametrize("seed", range(12))
def test_whatever_was_written_it_has_its_length_and_its_place(seed: int) -> None:
    rng = random.Random(seed)
    scribes = [Scribe(number) for number in (1, 2, 300_000)]
    said: list[str] = []
    for _ in range(25):
        one = rng.choice(scribes)
        one.hear(said)
        one.play(rng)
        if (update := one.take()) is not None:
            said.append(update)
    updates = [b64decode(one) for one in said]
    erased = [blanked(one, {1, 300_000}) for one in updates]
    lengths = {len(str(sheet(one).sheet).encode("utf-16")) for one in (updates, erased)}
    assert len(lengths) == 1
    assert [blanked(one, {1, 300_000}) for one in erased] == erased
    assert [blanked(one, ()) for one in updates] == updates
    whole = merge(updates)
    assert whole is not None
    assert str(sheet([blanked(whole, {1, 300_000})]).sheet) == str(sheet(erased).sheet)
    everyone = str(sheet([blanked(one, {1, 2, 300_000}) for one in updates]).sheet)
    assert not {"秋", "天", "é", "🍂"} & set(everyone)


def test_only_theirs_goes() -> None:
    one, other = Scribe(1), Scribe(2)
    first = one.write("葱莲 🍂").take() or ""
    other.hear([first])
    second = other.write("Capercaillie").take() or ""
    told = str(sheet([blanked(b64decode(each), {1}) for each in (first, second)]).sheet)
    assert MARK * 5 in told  # the leaf is two units long
    assert "Capercaillie" in told
    assert "葱" not in told


@pytest.mark.parametrize("data", [b"", b"\x01", b"\xff" * 9, b"\x01\x01\x01\x00\x04"])
def test_what_is_no_update_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        blanked(data, {1})

"""Which recordings lack a rendition: the newest first, looked for beside the event loop, and not again and again."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from classroom.store.records import Edit
from recordings.files import AAC
from recordings.keeping import Files
from tests.decided import decided
from web.server import lacking
from web.server.lacking import FORGET_S, Lacking
from web.server.parts import Parts


class Watched(Files):
    """Counts who looks at the disk, and in which thread."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.looked: list[int] = []

    def local(self, path: str, name: str) -> Path | None:
        self.looked.append(threading.get_ident())
        return super().local(path, name)


async def recording(parts: Parts, files: Files, at: int, **more: Any) -> str:
    """With a microphone, whose playlist is on this disk."""
    track = {"id": "001-mic", "playlist": "001-mic/index.m3u8", "codec": "opus", "width": 0, "height": 0, "end_ms": 900}
    made = await parts.store.resources.add(f"{at}", f"lesson{at}", at, status="ready", tracks=[{**track, **more}])
    (files.directory / made.path / "001-mic").mkdir(parents=True)
    (files.directory / made.path / "001-mic" / "index.m3u8").touch()
    return made.id


@pytest.fixture
def files(tmp_path: Path) -> Watched:
    return Watched(tmp_path / "recordings")


async def test_the_newest_comes_first_also_when_it_came_meanwhile(
    parts: Parts, files: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lacking, "AT_ONCE", 2)
    ids = [await recording(parts, files, at) for at in range(1, 6)]
    found = Lacking(parts.store, files)
    for at in (5, 4):
        one = await found.next(0)
        assert one is not None
        assert (one[0].id, one[1]["id"], one[2]) == (ids[at - 1], "001-mic", AAC)
        found.give_up(one[0].path, "001-mic", AAC)
    newer = await recording(parts, files, 6)
    for now_s, name in ((1, ids[2]), (lacking.LOOK_S, newer)):
        one = await found.next(now_s)
        assert one is not None
        assert one[0].id == name


async def test_what_lacks_nothing_is_not_asked_again_until_it_changes_or_an_hour_has_gone_by(
    parts: Parts, files: Watched
) -> None:
    ids = [await recording(parts, files, at, aac="001-mic/aac/index.m3u8") for at in range(1, 4)]
    found = Lacking(parts.store, files)
    assert await found.next(0) is None
    assert len(files.looked) == 3
    assert threading.get_ident() not in files.looked, "the event loop waits for no disk"
    assert await found.next(1) is None
    assert len(files.looked) == 3
    await decided(parts.store, Edit(ids[0], 1, None, 0, "cut", {"from_ms": 0, "to_ms": 100}))
    assert await found.next(2) is None
    assert len(files.looked) == 4
    assert await found.next(FORGET_S) is None
    assert len(files.looked) == 7

"""From a real peer connection through the SFU to the library: every frame that was sent is in the recording."""

from __future__ import annotations

import asyncio
import io
import uuid
from itertools import pairwise
from pathlib import Path

import av
import pytest

from classroom.events import Command, Role, Seat
from classroom.journal import Journal
from classroom.store import Store
from media.supervisor import Supervisor
from recordings.service import Recordings
from tests.unit.media.peers import Publisher
from tests.unit.recordings import played
from web.server.demo import clip, framecounter
from web.server.demo.publisher import Clip


@pytest.fixture(scope="module")
def small_clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    made = clip.ensure(tmp_path_factory.mktemp("clip"), width=640, height=360, seconds=2, rate_bps=1_000_000)
    return Clip.load(made)


def counted(folder: Path) -> list[tuple[float, int | None]]:
    """Seconds of the lesson's clock and the number that is drawn in each picture."""
    out = []
    for content in played.files(folder):
        with av.open(io.BytesIO(content)) as container:
            for frame in container.decode(video=0):
                plane = frame.planes[0]
                number = framecounter.read(bytes(plane), frame.width, frame.height, plane.line_size)
                out.append((float(frame.pts * frame.time_base), number))
    return out


async def test_a_published_lesson_is_recorded_whole(tmp_path: Path, database_url: str, small_clip: Clip) -> None:
    store = await Store.open(database_url)
    media = Supervisor(port=0, addresses=["127.0.0.1"], bind=("127.0.0.1",))
    await media.start()
    journal = Journal(store)
    recordings = Recordings(media, journal, store, tmp_path / "recordings")
    await recordings.start()
    row = await store.lessons.add("Ancient poems", 1_800_000_000_000, recording=True)
    lead = Seat((await store.participants.add(row.id, Role.LEAD_TEACHER, "Li", 0)).id, Role.LEAD_TEACHER)
    for kind in ("lesson.open", "lesson.start"):
        await journal.submit(row.id, lead, Command(str(uuid.uuid4()), kind, {}))
    publisher = Publisher(media, f"{lead.participant}:main", small_clip)
    await publisher.start()
    await asyncio.sleep(7)
    await journal.submit(row.id, lead, Command(str(uuid.uuid4()), "lesson.end", {}))
    async with asyncio.timeout(5):
        while not (found := await store.resources.of_lesson(row.id)):
            await asyncio.sleep(0.02)
    await publisher.close()
    await recordings.close()
    await media.close()
    await journal.close()
    await store.close()

    tracks = {track["kind"]: track for track in found[0].tracks}
    assert set(tracks) == {"video", "audio"}
    folders = {kind: (tmp_path / "recordings" / row.id / track["playlist"]).parent for kind, track in tracks.items()}
    for folder in folders.values():
        played.probe(folder)
        assert played.probe_segments(folder) >= 1
    shown = counted(folders["video"])
    length = len(small_clip.pictures)
    assert len(shown) >= 90
    for (at, number), (next_at, following) in pairwise(shown):
        assert following == (number + 1) % length
        assert next_at - at == pytest.approx(1 / small_clip.fps, abs=0.03)  # the first reports may move it
    heard = played.samples(folders["audio"])
    assert max(duration for _, duration, _ in heard) < 0.03
    assert abs(tracks["video"]["end_ms"] - tracks["audio"]["end_ms"]) < 500

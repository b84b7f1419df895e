"""A recorded lesson with something of everything, to be exported: ink, slides, a simulation, a question, captions, a
child; a stretch that was cut out of it, and a track that was hidden."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from classroom.events import SYSTEM, Role, Seat
from classroom.store.records import Captions, Edit
from tests import recorded
from tests.browser.people import PASSWORD
from tests.decided import decided
from tests.held import do
from web.server.control import Control
from web.server.cues import dumped
from web.server.parts import Parts
from web.server.serve import stored
from web.server.settings import Settings

TITLE = "三年级语文 · Autumn </script><b>秋天</b>"
LASTS_MS = 24_000
CUT = (6_000, 8_000)
SECRET = "a word that was cut out"
CHILD = "王小明"
COLOURS = ((200, 40, 40), (40, 160, 60))
"""Of the slides."""
SIMULATION = """<!doctype html><meta charset="utf-8"><body style="margin:0;background:#0000ff"><script>
  addEventListener('message', ({data}) => { if (data.tongke === 'state') document.body.style.background = data.state })
  parent.postMessage({tongke: 'ready'}, '*')
  new Image().src = 'http://127.0.0.1:9/away'
</script>"""
ASKED = {"type": "choice", "prompt": "Which is 秋?", "options": ["spring 春", "autumn 秋"], "answer": 1}


@dataclass
class Kept:
    data: Path
    resource: str

    @property
    def settings(self) -> Settings:
        return Settings(_env_file=None, data=self.data, port=0, media_port=0)


async def keep(data: Path) -> Kept:
    data.mkdir(parents=True)
    kept = Kept(data, "")
    async with stored(kept.settings) as real:
        parts, clock = recorded.in_simulated_time(real)
        hashed = await parts.passwords.hashed(PASSWORD)
        owner = (await parts.store.accounts.add("lihua", "Li Hua 李华", "admin", hashed, parts.now_ms)).id
        row = await parts.store.lessons.add(TITLE, parts.now_ms, owner=owner)
        add = parts.store.participants.add
        lead = Seat((await add(row.id, Role.LEAD_TEACHER, "Li Hua 李华", 0, account=owner)).id, Role.LEAD_TEACHER)
        child = Seat((await add(row.id, Role.STUDENT, CHILD, 0)).id, Role.STUDENT)
        deck = await shelved(parts, owner, "slides", slides=len(COLOURS), boxes=[320])
        moving = await shelved(parts, owner, "simulation")

        async def at(ms: int, seat: Seat, kind: str, **data: Any) -> None:
            clock.ms = ms
            await do(parts, row.id, seat, kind, **data)

        for kind in ("lesson.open", "lesson.start"):
            await at(0, SYSTEM, kind)
        for seat, name in ((lead, "Li Hua 李华"), (child, CHILD)):
            await at(0, seat, "participant.join", name=name)
        await at(0, lead, "recording.start")
        await at(2_000, lead, "stroke.add", **_stroke("s1", "1", 1_000))
        await at(6_500, lead, "chat.say", message="m1", text=SECRET)
        await at(9_000, lead, "courseware.open", courseware=deck)
        await at(10_000, lead, "page.add", page="2", paper={"kind": "slide", "courseware": deck, "slide": 2})
        await at(10_000, lead, "page.show", page="2")
        await at(12_000, lead, "activity.open", activity="q1", **ASKED)
        await at(13_000, child, "activity.answer", activity="q1", choice=1)
        await at(14_000, lead, "activity.reveal", activity="q1")
        await at(17_000, lead, "courseware.open", courseware=moving)
        await at(18_000, lead, "courseware.play", courseware=moving, position_ms=0, playing=True)
        await at(18_500, lead, "simulation.change", courseware=moving, state='"#ff8800"')
        await at(LASTS_MS, lead, "lesson.end")
        takes = [
            recorded.Take("camera", lead.participant, 0, LASTS_MS, 320, 180),
            recorded.Take("mic", lead.participant, 0, LASTS_MS),
            recorded.Take("student", child.participant, 12_000, 15_000, 320, 180),
        ]
        kept.resource = (await recorded.publish(parts, row.id, takes)).id
        for number, (kind, data_) in enumerate(
            (("cut", {"from_ms": CUT[0], "to_ms": CUT[1]}), ("hide", {"track": "003-student"})), 1
        ):
            await decided(parts.store, Edit(kept.resource, number, owner, 0, kind, data_))  # type: ignore[arg-type]
        cues = [
            {"start_ms": 1_000, "end_ms": 4_000, "text": "Good morning <b>早上好", "speaker": "Li", "settings": ""},
            {"start_ms": 6_200, "end_ms": 7_800, "text": SECRET, "speaker": "", "settings": ""},
        ]
        captions = Captions(kept.resource, "zh-CN", "r1", "file", len(cues), 0)
        await parts.store.captions.put(captions, dumped(cues), None)
        await parts.journal.close()
    return kept


async def put(control: Control, path: Path, data: bytes) -> str:
    """A PDF or a picture, as the library's page brings it in."""
    path.write_bytes(data)
    name = f"a{path.suffix}"
    body = {"files": {name: {"bytes": len(data)}}, "title": path.stem}
    base = f"/api/v1/imports/{(await control.ask('POST', '/api/v1/imports', body))['id']}"
    await control.put(f"{base}/files/{name}", path, len(data), lambda size: None)
    return str((await control.ask("POST", f"{base}/keep"))["id"])


async def shelved(
    parts: Parts, owner: str, kind: str, *, slides: int = 0, boxes: tuple[int, ...] | list[int] = ()
) -> str:
    row = await parts.store.shelves.add(owner, f"{kind} 课件", 10, parts.now_ms, 10, 1 << 30)
    assert row is not None
    digest = kind.ljust(64, "0")
    content = parts.shelf.content(digest)
    content.mkdir(parents=True)
    for number, colour in enumerate(COLOURS[:slides], 1):
        picture = io.BytesIO()
        Image.new("RGB", (320, 180), colour).save(picture, "WEBP", lossless=True)
        (content / f"{number}-320.webp").write_bytes(picture.getvalue())
    (content / "text.json").write_text(json.dumps([f"Leaf 落叶 {n + 1}" for n in range(slides)]))
    if kind == "simulation":
        (content / "simulation.html").write_text(SIMULATION)
    await parts.store.shelves.uploaded(row.id)
    await parts.store.shelves.ready(
        row.id, digest=digest, kind=kind, slides=slides, boxes=list(boxes), duration_ms=None, mime=""
    )
    return row.id


def _stroke(name: str, page: str, began: int) -> dict[str, Any]:
    points = [n for i in range(21) for n in (200 + i * 60, 300, 0.5, i * 50)]
    return {
        "stroke": name, "page": page, "tool": "pen", "color": "#1E2430", "width": 12, "began": began, "points": points
    }  # fmt: skip


def no_player(folder: Path) -> Path:
    """In the place of the player that is built for browsers."""
    static = folder / "static"
    (static / "carried").mkdir(parents=True)
    for name in ("carried/player.js", "carried/player.css", "prefs.js", "icon.svg"):
        (static / name).write_text(f"/* {name} */")
    return static / "carried"

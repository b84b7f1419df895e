"""A resource goes out to a folder and comes back from it equal; what is not one, or not whole, is refused with a reason
and leaves nothing."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Callable, Iterator
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any

import av
import pytest

from classroom.errors import OperatorFault
from classroom.events import Event
from classroom.nameless import nameless, pupils
from classroom.store.records import Resource
from tests.exchanged import CHILD, Kept, keep, no_player
from tests.small import small_disk
from tests.unit.web.people import Person, refusal
from web.server.control import Control, connected
from web.server.exchange import folder
from web.server.exchange.bringing import Left, Outcome, bring, found
from web.server.exchange.packing import Told, export
from web.server.exchange.staging import STAGING, Staging
from web.server.parts import Parts
from web.server.serve import stored

DIFFERS = {"exported_at", "resource"}
"""In the manifests of what was exported twice."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return asyncio.run(keep(tmp_path_factory.mktemp("exchange") / "data"))


@pytest.fixture(scope="module")
def static(kept: Kept) -> Path:
    return no_player(kept.data.parent)


@pytest.fixture(scope="module")
def out(kept: Kept, static: Path) -> Path:
    """What was exported."""
    target = kept.data.parent / "out"

    async def go() -> Told:
        async with connected(kept.settings) as control:
            return await exported(control, kept.resource, target, static)

    assert asyncio.run(go()).missing == []
    return target


async def exported(control: Control, resource: str, target: Path, static: Path, *, names: bool = True) -> Told:
    at = "2026-11-27T12:00:00+00:00"
    return await export(control, resource, target, at, static, lambda share: None, names=names)


async def brought(control: Control, path: Path) -> list[Outcome | Left]:
    return [one if isinstance(one, Left) else await bring(control, one, None, lambda size: None) for one in found(path)]


@pytest.fixture
def copy(out: Path, tmp_path: Path) -> Path:
    """Of the exported folder, to be spoilt."""
    return Path(shutil.copytree(out, tmp_path / "copy"))


async def left(control: Control, kept: Kept) -> tuple[int, list[str]]:
    """How many resources there are, and what lies beside the recordings."""
    here = sorted(str(path.relative_to(kept.data)) for path in (kept.data / "recordings").rglob("*") if path.is_dir())
    return len(await control.ask("GET", "/api/v1/resources")), [one for one in here if not one.endswith(".imports")]


async def test_what_was_exported_comes_in_and_goes_out_equal(
    kept: Kept, out: Path, static: Path, tmp_path: Path
) -> None:
    async with connected(kept.settings) as control:
        [made] = await brought(control, out)
        assert isinstance(made, Outcome)
        assert made.id is not None, made.why
        again = tmp_path / "again"
        await exported(control, made.id, again, static)
        await control.ask("DELETE", f"/api/v1/resources/{made.id}")
        assert not list((kept.data / "recordings").glob("upload-*"))
    equal(out, again)


def equal(one: Path, other: Path) -> None:
    """But for what differs between any two exports."""
    names = {path.relative_to(one) for path in one.rglob("*") if path.is_file()}
    assert names == {path.relative_to(other) for path in other.rglob("*") if path.is_file()}
    for name in names - {Path(folder.MANIFEST)}:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    said, again = (json.loads((where / folder.MANIFEST).read_bytes()) for where in (one, other))
    assert {key for key in said if said[key] != again[key]} <= DIFFERS
    assert said["resource"] != again["resource"]


async def test_no_pupil_is_named_in_what_goes_to_others_and_it_is_as_another_school_sees_it(
    kept: Kept, static: Path, tmp_path: Path
) -> None:
    """The label of a caption that is no teacher's may be a child's, too."""
    out, again = tmp_path / "out", tmp_path / "again"
    async with connected(kept.settings) as control:
        base = f"/api/v1/resources/{kept.resource}"
        named = [Event(**one) for one in await control.ask("GET", f"{base}/events")]
        await exported(control, kept.resource, out, static, names=False)
        [made] = await brought(control, out)
        assert isinstance(made, Outcome)
        assert made.id is not None, made.why
        await exported(control, made.id, again, static, names=False)
        await control.ask("DELETE", f"/api/v1/resources/{made.id}")
    equal(out, again)
    texts = [path.read_text() for path in out.rglob("*") if path.suffix in (".js", ".json", ".vtt", ".html", ".xml")]
    assert not any(CHILD in text for text in texts)
    answers = folder.carried((out / folder.DATA).read_text()).answers
    seen = nameless(named, pupils(named, "zh"))
    assert [Event(**one) for one in answers["/events"]] == seen
    assert {"学生 1", "Li Hua 李华"} <= {event.data.get("name") for event in seen}
    labelled = [cue["speaker"] for cue in answers["/captions/zh-CN/cues"]["cues"]]
    assert labelled == ["发言人 1"]
    assert "<v 发言人 1>" in (out / "captions" / "zh-CN.vtt").read_text()


async def test_what_came_in_is_no_ones_but_the_staffs_and_is_not_edited(kept: Kept, out: Path) -> None:
    async with connected(kept.settings) as control:
        [made] = await brought(control, out)
        assert isinstance(made, Outcome)
        base = f"/api/v1/resources/{made.id}"
        whole = await control.ask("GET", base)
        assert (whole["lesson"], whole["may_edit"], whole["kind"]) == (None, True, "recording")
        names = [one["data"].get("name") for one in await control.ask("GET", f"{base}/events")]
        assert CHILD in names
        data, headers = await control.fetch(whole["tracks"][0]["playlist"])
        assert headers["Content-Type"] == "video/mp4"
        assert data == (out / "media" / "001-camera.mp4").read_bytes()
        deck, moving = (one["data"]["courseware"] for one in await control.ask("GET", f"{base}/events")
                        if one["kind"] == "courseware.opened")  # fmt: skip
        assert (await control.fetch(f"{base}/courseware/{deck}/slides/2/960"))[1]["Content-Type"] == "image/webp"
        _, headers = await control.fetch(f"{base}/courseware/{moving}/simulation")
        assert headers["Content-Security-Policy"].startswith("sandbox ")
        for path in ("/media/index.html", "/media/carried.json", "/media/../carried.json", "/courseware/x/media"):
            with pytest.raises(Exception, match=r"no such|nothing at"):
                await control.fetch(base + path)
        with pytest.raises(Exception, match="imported"):
            await control.ask("POST", f"{base}/renders", {"layout": "sound"})
        await control.ask("DELETE", base)


def _data(copy: Path, change: Callable[[Any], None]) -> None:
    """Forges what is carried, with a manifest that fits."""
    carried = folder.carried((copy / folder.DATA).read_text())
    said = {"answers": dict(carried.answers), "files": dict(carried.files)}
    change(said)
    _write(copy, folder.DATA, f"{folder.BEGINS}{json.dumps(said)}{folder.ENDS}".encode())


def _write(copy: Path, path: str, data: bytes) -> None:
    (copy / path).write_bytes(data)
    said = json.loads((copy / folder.MANIFEST).read_bytes())
    said["files"][path] = {"bytes": len(data), "sha256": sha256(data).hexdigest()}
    (copy / folder.MANIFEST).write_text(json.dumps(said))


def _link(copy: Path) -> None:
    (copy / "media" / "002-mic.mp4").unlink()
    (copy / "media" / "002-mic.mp4").symlink_to("/etc/passwd")


def _shorten(copy: Path) -> None:
    with (copy / "media" / "001-camera.mp4").open("r+b") as file:
        file.truncate(1000)


def _turn(copy: Path) -> None:
    """One bit of it, the length as it was."""
    data = bytearray((copy / "media" / "002-mic.mp4").read_bytes())
    data[-1] ^= 1
    (copy / "media" / "002-mic.mp4").write_bytes(data)


def _names(*paths: str) -> Callable[[Path], None]:
    def change(copy: Path) -> None:
        said = json.loads((copy / folder.MANIFEST).read_bytes())
        said["files"] |= {path: {"bytes": 1, "sha256": "0" * 64} for path in paths}
        (copy / folder.MANIFEST).write_text(json.dumps(said))

    return change


def _track(**what: Any) -> Callable[[Path], None]:
    return lambda copy: _data(copy, lambda said: said["answers"][""]["tracks"][0].update(what))


def _said(change: Callable[[Any], Any]) -> Callable[[Path], None]:
    return lambda copy: _data(copy, change)


def _happens(kind: str, /, **data: Any) -> Callable[[Path], None]:
    """Another event, after the others."""

    def change(said: Any) -> None:
        last = said["answers"]["/events"][-1]
        said["answers"]["/events"].append({**last, "seq": last["seq"] + 1, "kind": kind, "data": data})

    return _said(change)


def _image(courseware: Any) -> dict[str, Any]:
    return {
        "object": "o1",
        "type": "image",
        "by": "x",
        "z": 1,
        "courseware": courseware,
        "slide": 1,
        "box": [0, 0, 9, 9],
    }


AWAY = "../../../accounts"
"""From the addresses of a resource's files."""


SPOILT: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a link": (_link, "is a link"),
    "truncated": (_shorten, "not as long as"),
    "another content": (_turn, "not what its manifest says"),
    "a file that is missing": (lambda copy: (copy / "media" / "002-mic.mp4").unlink(), "is missing"),
    "no data": (lambda copy: (copy / folder.DATA).unlink(), "is missing"),
    "no manifest that is JSON": (lambda copy: (copy / folder.MANIFEST).write_text("{"), "cannot be read"),
    "another version": (
        lambda copy: (copy / folder.MANIFEST).write_text('{"format":"tongke-resource","version":9,"files":{}}'),
        "version 9",
    ),
    "a way up": (_names("../../x"), "leads elsewhere"),
    "an absolute way": (_names("/etc/passwd"), "leads elsewhere"),
    "a name of Windows": (_names("media/con.mp4"), "leads elsewhere"),
    "a name with a stream": (_names("media/a.mp4:b"), "leads elsewhere"),
    "data that is no script of ours": (lambda copy: _write(copy, folder.DATA, b"alert(1)"), "begin and end"),
    "data that is no UTF-8": (lambda copy: _write(copy, folder.DATA, b"\xff\xfe"), "UTF-8"),
    "a track elsewhere": (_track(playlist="https://example.org/film.mp4"), "not there"),
    "a track that is a page": (_track(playlist="index.html"), "not there"),
    "a time before time": (_track(start_ms=-1), "start_ms"),
    "a title of a novel": (_said(lambda said: said["answers"][""].update(title="x" * 201)), "title"),
    "an answer nobody asks for": (_said(lambda said: said["answers"].update({"/remarks": []})), "never asked"),
    "a page in the place of a slide": (
        _said(lambda said: said["files"].update({"/courseware/a/slides/1/320": "index.html"})),
        "not there",
    ),
    "events that go back": (_said(lambda said: said["answers"]["/events"].reverse()), "out of order"),
    "events that cannot be": (
        _said(lambda said: said["answers"]["/events"][-1].update(kind="stroke.added", data={"stroke": 1})),
        "cannot be played",
    ),
    "a work elsewhere": (
        _happens("activity.shown", activity="q1", works=[{"file": AWAY}], named=False, playing=False, position_ms=0),
        "no file of ours",
    ),
    "courseware elsewhere": (
        _happens("courseware.opened", courseware=AWAY, kind="audio", slides=0, boxes=[], duration_ms=9),
        "no file of ours",
    ),
    "a picture elsewhere": (_happens("page.filled", page="2", objects=[_image(AWAY)], of=[]), "no file of ours"),
    "slides without end": (
        _happens("courseware.opened", courseware="x", kind="slides", slides=10**9, boxes=[], duration_ms=None),
        "1000000000 slides",
    ),
    "a page that is no id": (_happens("page.shown", page=AWAY), ", page: "),
    "a point of a novel": (_said(lambda said: said["answers"][""].update(points=["x" * 81])), "points.0"),
    "a title that turns the page": (_said(lambda said: said["answers"][""].update(title="a\x1b[2J")), "title"),
    "a point that turns the page": (_said(lambda said: said["answers"][""].update(points=["a\nb"])), "points.0"),
    "a code of a novel": (_said(lambda said: said["answers"][""].update(grade="x" * 65)), "grade"),
    "a language of a novel": (
        _said(lambda said: said["answers"][""].update(language="en" + "-abcdefgh" * 4)),
        "language",
    ),
    "half of a character": (_said(lambda said: said["answers"]["/words"].append("\ud800")), "half of a character"),
    "no events": (_said(lambda said: said["answers"].pop("/events")), "no list"),
}


@pytest.mark.parametrize("how", SPOILT)
async def test_a_folder_that_is_spoilt_is_refused_whole(kept: Kept, copy: Path, how: str) -> None:
    spoil, why = SPOILT[how]
    spoil(copy)
    async with connected(kept.settings) as control:
        before = await left(control, kept)
        [refused] = await brought(control, copy)
        assert why in refused.why
        assert not isinstance(refused, Outcome) or refused.id is None
        assert await left(control, kept) == before


class Watched:
    """A source that tells what it was asked for, and answers `events` in the place of what happened."""

    def __init__(self, control: Control, events: list[Any]) -> None:
        self.control, self.events, self.paths = control, events, list[str]()

    async def ask(self, method: str, path: str) -> Any:
        self.paths.append(path)
        return self.events if path.endswith("/events") else await self.control.ask(method, path)

    async def fetch(self, path: str) -> Any:
        self.paths.append(path)
        return await self.control.fetch(path)

    async def load(self, path: str, target: Path) -> Any:
        self.paths.append(path)
        return await self.control.load(path, target)


async def test_an_export_asks_for_nothing_but_files_whatever_events_name(
    kept: Kept, static: Path, tmp_path: Path
) -> None:
    """What was imported before such events were refused is exported, too."""
    opened = {"slides": 1, "boxes": [], "duration_ms": 9, "courseware": AWAY}
    shown = [
        *(
            ("courseware.opened", {**opened, "kind": kind})
            for kind in ("slides", "audio", "video", "recording", "simulation")
        ),
        ("courseware.opened", {**opened, "kind": "slide"}),
        ("courseware.opened", {**opened, "courseware": "x", "kind": "slides", "slides": 10**9}),
        ("courseware.opened", {"courseware": ["x"], "kind": "audio"}),
        ("courseware.opened", {}),
        ("activity.opened", {"picture": AWAY, "sound": "..", "questions": [{"pictures": [AWAY]}]}),
        ("activity.shown", {"works": [{"file": AWAY}, {"file": "..%2f..%2fjobs"}, {"file": "a?b#c"}]}),
        ("activity.shown", {"works": "x"}),
        ("page.filled", {"objects": [_image(AWAY)]}),
    ]
    events = [Event(n, 0, "x", kind, data).json() for n, (kind, data) in enumerate(shown, 1)]
    async with connected(kept.settings) as control:
        before, watched = Watched(control, []), Watched(control, events)
        await export(before, kept.resource, tmp_path / "before", "", static, lambda share: None)
        told = await export(watched, kept.resource, tmp_path / "out", "", static, lambda share: None)
    assert watched.paths == before.paths
    assert len(told.missing) == 13  # each once
    assert {f"what event {number} shows" for number in (6, 7, 9, 12)} <= set(told.missing)


async def test_a_film_that_lies_nowhere_is_missing(kept: Kept, static: Path, tmp_path: Path) -> None:
    """Tracks of a film that came with an imported lesson have no address."""
    opened = {"courseware": "x", "kind": "recording", "slides": 0, "boxes": [], "duration_ms": 9}

    class Films(Watched):
        async def ask(self, method: str, path: str) -> Any:
            return [{"playlist": "@accounts/x.mp4"}] if path.endswith("/tracks") else await super().ask(method, path)

    async with connected(kept.settings) as control:
        films = Films(control, [Event(1, 0, "x", "courseware.opened", opened).json()])
        told = await export(films, kept.resource, tmp_path / "out", "", static, lambda share: None)
    assert told.missing == ["/courseware/x/tracks"]


def film(path: Path, codec: str = "libx264", sound: str = "aac", seconds: int = 2) -> Path:
    with av.open(str(path), "w") as container:
        video = container.add_stream(codec, rate=10)
        video.width, video.height, video.pix_fmt = 64, 36, "yuv420p"
        audio = container.add_stream(sound, rate=48_000, layout="mono")
        for number in range(seconds * 10):
            frame = av.VideoFrame(64, 36, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            for plane in frame.planes:
                plane.update(bytes([number * 10 % 256]) * plane.buffer_size)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        tone = av.AudioFrame(format="flt" if sound == "libopus" else "fltp", layout="mono", samples=1024)
        tone.planes[0].update(bytes(tone.planes[0].buffer_size))  # else it is what lay there, which may be no number
        tone.sample_rate, tone.time_base = 48_000, Fraction(1, 48_000)
        for number in range(seconds * 46):
            tone.pts = number * 1024
            container.mux(audio.encode(tone))
        container.mux(audio.encode(None))
    return path


async def test_a_folder_of_films_comes_in_and_what_is_none_is_told_line_by_line(kept: Kept, tmp_path: Path) -> None:
    place = tmp_path / "films"
    (place / "deep er").mkdir(parents=True)
    good = film(place / "Autumn 秋天.mp4")
    film(place / "deep er" / "leaf.webm", "libvpx-vp9", "libopus")
    film(place / "old.mkv", "mpeg4", "libopus")
    whole = good.read_bytes()
    (place / "cut.mp4").write_bytes(whole[: len(whole) // 3])
    (place / "empty.mp4").write_bytes(b"")
    (place / "list.m3u8").write_text("#EXTM3U\nhttp://127.0.0.1:9/away.ts\n")
    (place / "list.mp4").write_text("#EXTM3U\nhttp://127.0.0.1:9/away.ts\n")
    (place / "words.mp4").write_text("no film")
    (place / "link.mp4").symlink_to(good)
    async with connected(kept.settings) as control:
        outcomes = {one.source.name: one for one in await brought(control, place)}
        made = {name: one for name, one in outcomes.items() if isinstance(one, Outcome) and one.id}
        assert set(made) == {"Autumn 秋天.mp4", "leaf.webm"}
        whys = {name: one.why for name, one in outcomes.items() if name not in made}
        assert whys.keys() == {"cut.mp4", "empty.mp4", "list.m3u8", "list.mp4", "words.mp4", "link.mp4", "old.mkv"}
        for name, why in (
            ("cut.mp4", "damaged"), ("empty.mp4", "empty"), ("list.m3u8", "elsewhere"), ("list.mp4", "elsewhere"),
            ("words.mp4", "no film"), ("link.mp4", "link"), ("old.mkv", "browsers do not play"),
        ):  # fmt: skip
            assert why in whys[name], name
        whole_ = await control.ask("GET", f"/api/v1/resources/{made['Autumn 秋天.mp4'].id}")
        assert (whole_["title"], whole_["kind"]) == ("Autumn 秋天", "upload")
        assert abs(whole_["duration_ms"] - 2_000) < 150
        data, _ = await control.fetch(whole_["tracks"][0]["playlist"])
        assert data == whole
        for one in made.values():
            assert isinstance(one, Outcome)
            await control.ask("DELETE", f"/api/v1/resources/{one.id}")


async def test_an_export_says_what_is_in_its_way_and_leaves_nothing(kept: Kept, static: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    async with connected(kept.settings) as control:
        for target, why in (
            (tmp_path / "there", "there already"),
            (tmp_path / "no" / "folder", "is no folder"),
            (Path("/proc/out"), "nothing was written"),
        ):
            with pytest.raises(OperatorFault, match=why):
                await exported(control, kept.resource, target, static)
        async with stored(kept.settings) as parts:
            for kind, why in (
                ("link", "nothing of it here"), ("joined", "export each"), ("bank", "bank export"),
                ("recording", "still being recorded"),
            ):  # fmt: skip
                row = Resource(kind, None, kind, kind, "ready", 0, None, "", [])
                await parts.store.resources.put(row)
                with pytest.raises(OperatorFault, match=why):
                    await exported(control, kind, tmp_path / "out", static)
                await parts.store.resources.remove(kind)
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "stick", "size=600k") as path:
        yield path


async def test_a_target_that_fills_up_is_left_empty(kept: Kept, static: Path, small: Path) -> None:
    async with connected(kept.settings) as control:
        with pytest.raises(OperatorFault, match="no room"):
            await exported(control, kept.resource, small / "out", static)
    assert list(small.iterdir()) == []


async def test_a_file_is_what_was_announced(parts: Parts, admin: Person) -> None:
    said = {"bytes": 4, "sha256": sha256(b"film").hexdigest()}
    one = {"files": {"a.mp4": said}, "title": "A"}
    for body in (
        {"files": {"../a.mp4": said}, "title": "A"},
        {"files": {"a.mp4": said, "b.mp4": said}, "title": "A"},
        {"files": {"a.mp4": {**said, "bytes": 0}}, "title": "A"},
        {"files": {"media/a.mp4": said, "media/A.mp4": said, "data.js": said}},
        {"files": {"media/a.mp4": said}},
        {"files": {"data.js": {"bytes": 4}}},
    ):
        assert await refusal(await admin.call("POST", "/api/v1/imports", body)) == (422, "import_unfit")
    begun = (await admin.post("/api/v1/imports", one))["id"]
    base = f"/api/v1/imports/{begun}"
    assert await refusal(await admin.call("POST", f"{base}/keep")) == (409, "not_ready")
    for data in (b"fil", b"films", b"fiLm"):
        answer = await admin.client.put(f"{base}/files/a.mp4", data=data, headers={"X-CSRF": admin.csrf})
        assert await refusal(answer) == (422, "import_unfit")
    for path in ("b.mp4", "..%2Forder.json", "order.json"):
        answer = await admin.client.put(f"{base}/files/{path}", data=b"film", headers={"X-CSRF": admin.csrf})
        assert await refusal(answer) == (404, "not_found")
    answer = await admin.client.put(f"{base}/files/a.mp4", data=b"film", headers={"X-CSRF": admin.csrf})
    assert answer.status == 204
    assert await refusal(await admin.call("POST", f"{base}/keep")) == (422, "import_unfit")  # no film
    assert await refusal(await admin.call("POST", f"{base}/keep")) == (404, "not_found")
    assert list((parts.settings.data / "recordings").rglob("*.mp4")) == []


async def test_a_page_brings_in_a_film_without_its_sum(
    parts: Parts, admin: Person, teacher: Person, tmp_path: Path
) -> None:
    data = film(tmp_path / "秋天.mp4").read_bytes()
    said = {"files": {"film.mp4": {"bytes": len(data)}}, "title": "秋天", "owner": "li"}
    base = f"/api/v1/imports/{(await admin.post('/api/v1/imports', said))['id']}"
    short = await admin.client.put(f"{base}/files/film.mp4", data=data[:-1], headers={"X-CSRF": admin.csrf})
    assert await refusal(short) == (422, "import_unfit")
    assert (await admin.client.put(f"{base}/files/film.mp4", data=data, headers={"X-CSRF": admin.csrf})).status == 204
    made = await admin.post(f"{base}/keep")
    [seen] = await teacher.get("/api/v1/resources")
    assert (seen["id"], seen["title"], seen["kind"], seen["owner_name"]) == (made["id"], "秋天", "upload", "Li Wen")


async def test_a_file_cannot_stand_for_what_was_announced(parts: Parts, admin: Person) -> None:
    """Whatever its name is: else it could name any place on the server for the next one."""
    order = json.dumps({"wanted": {"../../../out.mp4": [4, sha256(b"film").hexdigest()]}, "said": {}}).encode()
    body = {
        "files": {"order.json": {"bytes": len(order), "sha256": sha256(order).hexdigest()}},
        "title": "A",
    }
    base = f"/api/v1/imports/{(await admin.post('/api/v1/imports', body))['id']}"
    answer = await admin.client.put(f"{base}/files/order.json", data=order, headers={"X-CSRF": admin.csrf})
    assert answer.status == 204
    out = f"{base}/files/..%2F..%2F..%2Fout.mp4"
    answer = await admin.client.put(out, data=b"film", headers={"X-CSRF": admin.csrf})
    assert await refusal(answer) == (404, "not_found")
    assert list(parts.settings.data.rglob("out.mp4")) == []
    assert (await admin.call("DELETE", base)).status == 204


async def test_an_import_is_kept_once(parts: Parts, admin: Person, tmp_path: Path) -> None:
    film(tmp_path / "film.mp4")
    data = (tmp_path / "film.mp4").read_bytes()
    said = {"bytes": len(data), "sha256": sha256(data).hexdigest()}
    base = f"/api/v1/imports/{(await admin.post('/api/v1/imports', {'files': {'a.mp4': said}, 'title': 'A'}))['id']}"
    await admin.client.put(f"{base}/files/a.mp4", data=data, headers={"X-CSRF": admin.csrf})
    answers = await asyncio.gather(*(admin.call("POST", f"{base}/keep") for _ in range(3)))
    assert sorted(answer.status for answer in answers) == [201, 404, 404]
    assert len(await parts.store.resources.list()) == 1


async def test_names_that_are_in_each_others_way_are_refused(parts: Parts, admin: Person) -> None:
    said = {"bytes": 4, "sha256": sha256(b"film").hexdigest()}
    body = {"files": {"media": said, "media/x.mp4": said, "data.js": said}}
    for order in (("media", "media/x.mp4"), ("media/x.mp4", "media")):
        base = f"/api/v1/imports/{(await admin.post('/api/v1/imports', body))['id']}"
        first, second = [
            await admin.client.put(f"{base}/files/{path}", data=b"film", headers={"X-CSRF": admin.csrf})
            for path in order
        ]
        assert first.status == 204
        assert await refusal(second) == (422, "import_unfit")


@pytest.mark.parametrize("name", ["look", "media"])
async def test_a_film_that_has_the_name_of_a_folder_is_refused(
    parts: Parts, admin: Person, tmp_path: Path, name: str
) -> None:
    data = film(tmp_path / "film.mp4").read_bytes()
    body = {"files": {name: {"bytes": len(data), "sha256": sha256(data).hexdigest()}}, "title": "A"}
    base = f"/api/v1/imports/{(await admin.post('/api/v1/imports', body))['id']}"
    await admin.client.put(f"{base}/files/{name}", data=data, headers={"X-CSRF": admin.csrf})
    assert await refusal(await admin.call("POST", f"{base}/keep")) == (422, "import_unfit")
    assert await parts.store.resources.list() == []


def test_what_nobody_goes_on_with_is_swept_and_nothing_else(tmp_path: Path) -> None:
    staging, wanted = Staging(tmp_path), {"a.mp4": (4, sha256(b"film").hexdigest()), "b.mp4": (4, "0" * 64)}
    left, going = staging.begin(wanted, {}), staging.begin(wanted, {})
    for name in (left, going):
        os.utime(tmp_path / STAGING / name, (0, 0))
    coming = staging.incoming(going, "a.mp4")
    coming.write(b"film")
    coming.close()
    (tmp_path / STAGING / "gone").symlink_to("nowhere")  # as what is given up while it is looked at
    staging.begin(wanted, {})
    assert staging.has(going) == {"a.mp4"}
    with pytest.raises(KeyError):
        staging.wanted(left)

"""From a file to slides, in the real sandbox: what is good becomes slides, what is not is refused with its code."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import errno
import io
import json
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies
from PIL import Image

from classroom.clock import SystemClock
from classroom.store import Store
from classroom.store.records import Courseware
from recordings.files import Floor
from recordings.sandbox import Sandbox
from tests.unit.web.limits import HASTY, Tight
from tests.unit.web.papers import (
    FLAT_SLIDES,
    RELATIONS,
    drawn,
    film,
    laughing_pdf,
    odp,
    pdf,
    picture,
    png_header,
    pptx,
    relation,
    rels,
    shown,
    sound,
    swelling_pdf,
    zipped,
)
from web.server.courseware import convert, converter, moving, office, running
from web.server.courseware.converter import Converter
from web.server.courseware.forms import Form, form_of
from web.server.courseware.shelf import Shelf

pytestmark = pytest.mark.long


class House:
    def __init__(self, store: Store, data: Path, owner: str) -> None:
        self.store, self.owner = store, owner
        self.shelf = Shelf(store, data / "courseware")
        self.converter = Converter(self.shelf, store, SystemClock())

    async def upload(self, data: bytes, name: str = "file") -> Courseware:
        async def pieces() -> AsyncIterator[bytes]:
            yield data

        row = await self.shelf.begin(self.owner, name, len(data), 0)
        await self.shelf.take(row, 0, pieces())
        return row

    async def settled(self, row: Courseware) -> Courseware:
        async with asyncio.timeout(60):
            while (now := await self.store.shelves.get(row.id)) is not None and now.status == "waiting":
                await asyncio.sleep(0.05)
        assert now is not None
        return now

    async def tidied(self) -> None:
        """Waits until nothing is left of what was made, which is soon after it is told to be ready."""
        async with asyncio.timeout(10):
            while any(any((self.shelf.directory / name).iterdir()) for name in ("uploads", "work")):
                await asyncio.sleep(0.02)

    async def converted(self, data: bytes) -> Courseware:
        return await self.settled(await self.upload(data))

    def files(self, row: Courseware) -> dict[str, Path]:
        assert row.digest is not None
        return {path.name: path for path in self.shelf.content(row.digest).iterdir()}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    store = await Store.open(f"sqlite:///{tmp_path / 'tongke.sqlite'}")
    account = await store.accounts.add("li", "Li Wen", "teacher", "-", 0, None)
    made = House(store, tmp_path, account.id)
    await made.converter.start()
    yield made
    await made.converter.close()
    await store.close()


async def test_a_pdf_becomes_slides_in_every_size_with_its_text(house: House) -> None:
    whole = pdf("Spring", "Summer", "Autumn")
    row = await house.converted(whole)
    assert (row.status, row.kind, row.slides, row.boxes) == ("ready", "slides", 3, [320, 960, 1920, 3840])
    files = house.files(row)
    for box in row.boxes:
        with Image.open(files[f"2-{box}.webp"]) as slide:
            assert (slide.format, slide.size) == ("WEBP", (box, box * 9 // 16))
    assert json.loads(files["text.json"].read_text()) == ["Spring", "Summer", "Autumn"]
    assert files["original"].read_bytes() == whole
    await house.tidied()

    # The same content is kept once, and until nobody has it any more.
    again = await house.converted(whole)
    assert (again.digest, again.slides) == (row.digest, 3)
    await house.shelf.remove(row)
    assert house.files(again).keys() == files.keys()
    await house.shelf.remove(again)
    assert not house.shelf.content(again.digest or "").exists()


async def test_images_stand_upright_and_say_nothing_but_the_picture(house: House) -> None:
    row = await house.converted(picture("JPEG"))
    assert (row.slides, row.boxes) == (1, [320, 960, 1920, 3840])
    with Image.open(house.files(row)["1-3840.webp"]) as slide:
        assert slide.size == (800, 1200), "it lay on its side"
        assert not slide.getexif()
    small = await house.converted(picture("PNG", 300, 150))
    assert small.boxes == [320], "nothing is enlarged"


async def test_film_and_sound_are_kept_as_they_are(house: House, tmp_path: Path) -> None:
    clip = film(tmp_path / "clip.mp4").read_bytes()
    row = await house.converted(clip)
    assert (row.status, row.kind, row.slides, row.mime) == ("ready", "video", 1, "video/mp4")
    assert abs((row.duration_ms or 0) - 2000) < 100
    assert house.files(row)["original"].read_bytes() == clip
    other = film(tmp_path / "other.mp4", codec="mpeg4", sound=False).read_bytes()
    assert (await house.converted(other)).fault == "codec_unsupported"


async def test_every_form_is_read_within_the_fence(house: House, tmp_path: Path) -> None:
    """Whatever a reader of files loads at its first use is there before, for there is no loading within."""
    files = {
        "webm": film(tmp_path / "f.webm", codec="libvpx-vp9"),
        "mp3": sound(tmp_path / "f.mp3", "libmp3lame"),
        "ogg": sound(tmp_path / "f.ogg", "libopus"),
        "flac": sound(tmp_path / "f.flac", "flac"),
        "wav": sound(tmp_path / "f.wav", "pcm_s16le"),
        "m4a": sound(tmp_path / "f.m4a", "aac"),
    }
    mimes = {"webm": "video/webm", "mp3": "audio/mpeg", "m4a": "audio/mp4"}
    for name, path in files.items():
        row = await house.converted(path.read_bytes())
        assert (row.status, row.fault, row.mime) == ("ready", None, mimes.get(name, f"audio/{name}"))
    for form in ("WEBP", "GIF"):
        assert (await house.converted(picture(form, 300, 200))).status == "ready"


async def test_a_simulation_becomes_one_document_that_needs_no_other(house: House) -> None:
    page = b"""<!doctype html><link rel=stylesheet href="a.css"><script src='./app.js'></script>
    <img src="dot.png"><a href="https://example.org/">x</a><img src="not there.png">"""
    parts = {
        "index.html": page, "a.css": b"p { background: url( 'dot.png' ) }", "app.js": b"go()", "dot.png": b"PNG",
    }  # fmt: skip
    row = await house.converted(zipped(parts))
    assert (row.status, row.fault, row.kind, row.slides, row.mime) == ("ready", None, "simulation", 0, "")
    whole = house.files(row)["simulation.html"].read_text()
    dot = "data:image/png;base64," + base64.b64encode(b"PNG").decode()
    style = base64.b64encode(f"p {{ background: url( '{dot}' ) }}".encode()).decode()
    assert f'href="data:text/css;base64,{style}"' in whole
    assert f"src='data:text/javascript;base64,{base64.b64encode(b'go()').decode()}'" in whole
    assert f'<img src="{dot}">' in whole
    assert 'href="https://example.org/"' in whole, "as it was: it leads nowhere"
    assert 'src="not there.png"' in whole
    alone = await house.converted(b"<!doctype html><p>x")
    assert house.files(alone)["simulation.html"].read_bytes() == b"<!doctype html><p>x"


@pytest.mark.skipif(office.program() is None, reason="LibreOffice is not installed (libreoffice-impress-nogui)")
async def test_slides_of_an_office_program(house: House, tmp_path: Path) -> None:
    (tmp_path / "slides.fodp").write_text(FLAT_SLIDES, "utf-8")
    before = set(Path(office.SOCKETS[0]).glob("OSL_PIPE_*"))
    for form in ("odp", "pptx"):
        profile = f"-env:UserInstallation=file://{tmp_path}/profile"
        command = ["soffice", profile, "--headless", "--convert-to", form, "--outdir", str(tmp_path)]
        subprocess.run([*command, str(tmp_path / "slides.fodp")], check=True, capture_output=True)
        row = await house.converted((tmp_path / f"slides.{form}").read_bytes())
        assert (row.status, row.fault, row.slides) == ("ready", None, 2)
        assert "秋天来了" in house.files(row)["text.json"].read_text("utf-8")
    assert set(Path(office.SOCKETS[0]).glob("OSL_PIPE_*")) <= before


def test_what_libreoffice_leaves_is_swept_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "SOCKETS", (".",))
    with socket.socket(socket.AF_UNIX) as alive:
        alive.bind("OSL_PIPE_alive")
        alive.listen()
        for name in ("OSL_PIPE_dead", "of another"):
            with socket.socket(socket.AF_UNIX) as dead:
                dead.bind(name)
        Path("OSL_PIPE_file").touch()
        office.sweep()
        assert {path.name for path in tmp_path.iterdir()} == {"OSL_PIPE_alive", "of another", "OSL_PIPE_file"}


async def test_without_libreoffice_the_reason_is_said(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert (await house.converted(pptx(relation("hyperlink", "https://example.org/")))).fault == "office_missing"


BAD = {
    "damaged": [
        pdf("whole")[:200],
        png_header(400, 300),
        b"\xff\xd8\xff" + bytes(200),
        b"PK\x03\x04" + bytes(200),
        b"\x00\x00\x00\x20ftypisom" + bytes(500),
        b"OggS" + bytes(500),
        pptx(**{"ppt/a.rels": b'<!DOCTYPE x [<!ENTITY e "External">]><x/>'}),
        pptx(**{"ppt/a.rels": b"<x"}),
        pptx(**{"PPT/presentation.xml": b"<x/>"}),
        pptx(**{"ppt\\presentation.xml": b"<x/>"}),
        pptx(**{"ppt/slides/../presentation.xml": b"<x/>"}),
        pptx(relation("hyperlink", "http://x.example/"), **{"ppt/slides/slide1.xml": "<x"}),
        # LibreOffice would open these as ODP.
        pptx(**{"mimetype": "application/vnd.oasis.opendocument.presentation", "content.xml": "<x/>"}),
        pptx(**{"META-INF/manifest.xml": "<x/>", "content.xml": "<x/>"}),
        odp("<!DOCTYPE x SYSTEM 'file:///etc/passwd'><x/>"),
    ],
    "too_many_pixels": [png_header(10_000, 10_000), png_header(2**31 - 1, 2**31 - 1)],
    "too_many_pages": [pdf(*["%"] * 401)],
    "type_unsupported": [pptx().replace(b"ppt/presentation", b"xls/presentation")],
    "links_outside": [
        pptx(relation("image", "https://tracker.example/pixel.png")),
        pptx(relation("oleObject", "file:///etc/passwd")),
        # As they are written to be overlooked.
        pptx(**{"ppt/_rels/A.RELS": rels(relation("image", "http://x.example/")).encode("utf-16")}),
        pptx(relation("image", "http://x.example/").replace("External", "&#69;xternal")),
        pptx(relation("image", "http://x.example/").replace("External", " External ")),
        pptx(relation("image", "&#104;ttp://x.example/").replace("External", "Internal")),
        pptx(relation("image", "http://x.example/").replace("Id=", "a='>' Id=")),
        # A relation that says it is to be clicked, and is shown: LibreOffice goes by its id.
        *(
            pptx(relation("hyperlink", "file:///etc/passwd"), **{"ppt/slides/slide1.xml": slide})
            for slide in (
                shown("a:blip", "r:link"),
                shown("a:blip", "r:link").encode("utf-16"),
                shown("a:blip", "r:link").replace("r1", " &#114;1 "),
                shown("p:hlinkClick", "r:id"),
                shown("a:hlinkClick", "r:id").replace("</p:sld>", '<a:snd r:embed="r1"/></p:sld>'),
            )
        ),
        pptx(relation("slide", "file:///etc/a.pptx"), **{"PPT\\Slides/Slide1.xml": shown("p:sldId", "r:id")}),
        odp(drawn("draw:image", "https://tracker.example/pixel.png")),
        odp(drawn("draw:image", "https://tracker.example/pixel.png", prefix="x")),
        odp(drawn("draw:image", "https://tracker.example/pixel.png").encode("utf-16")),
        odp(drawn("draw:image", "/etc/passwd")),
        odp(drawn("draw:object", "..%2F..%2Fetc/passwd")),
        odp(drawn("svg:font-face-uri", "&#x66;ile:///etc/passwd")),
    ],
    "too_complex": [pptx(zeros=bytes(64 << 20))],
    "simulation_unfit": [
        b"<!doctype html>\xff\xfe",
        b"<!doctype html>" + b"x" * (8 << 20),
        zipped({"index.html": b"<html>", "../evil.js": b"1"}),
        zipped({"index.html": b"<html>", "C:\\evil.js": b"1"}),
        zipped({"index.html": b"<html>", "lib/app.js": b"1"}),
        zipped({"index.html": b"<html>", "app.exe": b"1"}),
        zipped({"index.html": b"<html>", "INDEX.JS": b"1", **{f"{n}.txt": b"" for n in range(100)}}),
        zipped({"index.html": b"<html>", "zeros.txt": bytes(64 << 20)}),
        zipped({"index.html": b"\xff"}),
    ],
}


@pytest.mark.parametrize(
    ("fault", "data"),
    [pytest.param(fault, data, id=f"{fault}{n}") for fault in BAD for n, data in enumerate(BAD[fault])],
)
def test_what_cannot_be_shown_is_refused_before_it_costs_anything(fault: str, data: bytes) -> None:
    form = form_of(data)
    assert form is not None
    with pytest.raises(convert.Refusal) as refusal:
        convert.convert(form, io.BytesIO(data))
    assert refusal.value.fault == fault


def test_what_one_may_click_is_no_harm() -> None:
    kind = f"{RELATIONS}/image"
    inside = f'<Relationship Id="r" Type="{kind}" Target="../media/a.png"/>'
    clicked = {"ppt/slides/slide1.xml": shown("a:hlinkClick", "r:id")}
    office.examine(io.BytesIO(pptx(relation("hyperlink", "https://example.org/"), inside, **clicked)))
    office.examine(io.BytesIO(pptx(relation("hyperlink", "https://example.org/"), inside)))
    for element, href in (
        ("text:a", "https://example.org/"),
        ("draw:a", "../other.odp"),
        ("draw:image", "Pictures/a.png"),
        ("draw:object", "./Object 1"),
    ):
        office.examine(io.BytesIO(odp(drawn(element, href))))


@pytest.mark.parametrize("bomb", [laughing_pdf, swelling_pdf])
async def test_a_bomb_is_put_out_and_the_next_file_has_its_turn(house: House, bomb: Any) -> None:
    house.converter._limits = HASTY
    row = await house.upload(bomb())
    after = await house.upload(pdf("after"))
    failed, good = await house.settled(row), await house.settled(after)
    assert (failed.status, failed.fault) == ("failed", "too_complex")
    assert good.status == "ready"
    await house.tidied()


async def test_what_cannot_be_read_just_now_holds_up_no_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converter, "AGAIN_S", 0.2)
    house.converter._limits = HASTY
    await house.upload(laughing_pdf())  # so that nothing else has its turn yet
    row, other = await house.upload(pdf("away")), await house.upload(pdf("after"))
    place = house.shelf.upload(row)
    kept = place.rename(place.with_name("kept"))
    place.mkdir()
    assert (await house.settled(other)).status == "ready"
    assert row.id in {one.id for one in await house.store.shelves.waiting()}
    place.rmdir()
    kept.rename(place)
    assert (await house.settled(row)).status == "ready"


@pytest.mark.parametrize("met", ["before", "meanwhile", "by the sandbox"])
async def test_a_full_disk_is_not_the_files_fault(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, met: str
) -> None:
    await house.converter.close()
    row = await house.upload(pdf("Spring", "Autumn"))
    monkeypatch.setattr(converter, "AGAIN_S", 0.1)
    with monkeypatch.context() as full:
        match met:
            case "before":
                house.shelf.floor = Tight(0)
            case "meanwhile":
                house.shelf.floor = Tight(2)
            case _:
                (tmp_path / "full.py").write_text("""print('{"said":"full"}')""")
                full.syspath_prepend(str(tmp_path))
                full.setattr(running, "MODULE", "full")
        again = Converter(house.shelf, house.store, SystemClock())
        await again.start()
        await asyncio.sleep(3)
        assert [one.status for one in await house.store.shelves.list(house.owner)] == ["waiting"]
        assert house.shelf.upload(row).exists()
        house.shelf.floor = Floor()
    assert (await house.settled(row)).status == "ready"
    await again.close()


def test_a_full_disk_is_told_from_a_file_that_grows_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    for number, said in ((errno.ENOSPC, "full"), (errno.EDQUOT, "full"), (errno.EFBIG, "refused")):

        def fails(*_: Any, number: int = number) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(convert, "save", fails)
        assert convert.outcome(Form.PDF, io.BytesIO(pdf("x"))).said == said


async def test_what_was_left_behind_is_mended_and_cleared(house: House) -> None:
    """Where a server died: a whole upload that nobody was told of, half of a conversion, a content without an owner."""
    await house.converter.close()
    now = SystemClock().epoch_ms()
    size, then = len(pdf("x")), now - 120_000
    whole, half, lost = [await house.shelf.begin(house.owner, "file", size, then) for _ in range(3)]
    old = await house.shelf.begin(house.owner, "old", 100, now - 8 * 24 * 3600 * 1000)
    house.shelf.upload(whole).write_bytes(pdf("x"))
    house.shelf.upload(half).write_bytes(pdf("x")[:20])
    house.shelf.upload(lost).unlink()
    work = house.shelf.directory / "work"
    (work / "dead").mkdir(parents=True)
    nobodys = house.shelf.content("0" * 64)
    nobodys.mkdir()
    again = Converter(house.shelf, house.store, SystemClock())
    async with house.shelf.workplace() as anothers:
        await again.start()
        assert [one.name for one in work.iterdir()] == [anothers.name]
    assert not nobodys.exists()
    assert (await house.settled(whole)).status == "ready"
    assert (await house.settled(half)).status == "uploading"
    assert {one.id for one in await house.store.shelves.list(house.owner)}.isdisjoint({lost.id, old.id})
    await again.close()


async def test_a_directory_that_cannot_be_tidied_stops_no_server(house: House) -> None:
    await house.converter.close()
    lock = house.shelf.directory / "lock"
    lock.unlink()
    lock.mkdir()
    again = Converter(house.shelf, house.store, SystemClock())
    await again.start()
    await again.close()


async def test_two_nodes_on_one_directory_convert_a_file_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converter, "AGAIN_S", 0.1)
    begun: list[Path] = []
    lines = Sandbox.lines

    def counted(sandbox: Sandbox, *given: Any) -> Any:
        begun.append(sandbox._folder)
        return lines(sandbox, *given)

    monkeypatch.setattr(Sandbox, "lines", counted)
    other = Converter(Shelf(house.store, house.shelf.directory), house.store, SystemClock())
    await other.start()
    rows = [await house.upload(pdf(f"page {number}")) for number in range(6)]
    assert {(await house.settled(row)).status for row in rows} == {"ready"}
    assert len(begun) == len(rows)
    await other.close()


async def test_what_is_kept_needs_no_second_name(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: Any) -> None:
        raise OSError(errno.EXDEV, "another file system")

    monkeypatch.setattr(Path, "hardlink_to", refuses)
    whole = pdf("far away")
    assert house.files(await house.converted(whole))["original"].read_bytes() == whole


def test_libreoffice_is_silent_and_not_dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "soffice.bin"
    slow.write_text("#!/bin/sh\nsleep 0.5\nmkdir -p made\necho %PDF > made/slides.pdf\n")
    slow.chmod(0o755)
    monkeypatch.setattr(office, "program", lambda: str(slow))
    monkeypatch.setattr(office, "ALIVE_S", 0.1)
    heard: list[None] = []
    with office.to_pdf(io.BytesIO(b"x"), "impress8", lambda: heard.append(None)) as made:
        assert made.read(4) == b"%PDF"
    assert len(heard) >= 3
    slow.write_text(
        '#!/bin/sh\nfor one; do profile="${one##*/}"; done\nmkdir -p $profile\n'
        "echo $profile >> $profile/begun\ncp $profile/begun .\necho $@ > told\nexit 81\n"
    )
    shutil.rmtree("made")
    with pytest.raises(office.Unfit, match="conversion_failed"):
        office.to_pdf(io.BytesIO(b"x"), "impress8", lambda: None)
    assert "--infilter=impress8" in Path("told").read_text(), "it is not for LibreOffice to tell what it is"
    names = Path("begun").read_text().split()
    assert len(names) == len(set(names)) == 2, "a new profile is made once, and goes by another name then"
    slow.write_text("#!/bin/sh\nsleep 0.5\n")
    monkeypatch.setattr(office, "LONGEST_S", 0.2)
    with pytest.raises(office.Unfit, match="too_complex"):
        office.to_pdf(io.BytesIO(b"x"), "impress8", lambda: None)


def at_work(directory: Path) -> list[str]:
    """The processes whose working directory is in this one, be it gone by now."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cwd").readlink().is_relative_to(directory.resolve()):
                found.append(process.name)
    return found


async def test_what_is_converted_when_the_server_stops_is_converted_after_its_start(house: House) -> None:
    row = await house.upload(laughing_pdf())
    other = await house.upload(pdf("later"))
    await asyncio.sleep(1)
    assert at_work(house.shelf.directory)
    await house.converter.close()
    assert not at_work(house.shelf.directory)
    assert {one.id for one in await house.store.shelves.waiting()} == {row.id, other.id}
    await house.shelf.remove(row)
    again = Converter(house.shelf, house.store, SystemClock(), HASTY)
    await again.start()
    assert (await house.settled(other)).status == "ready"
    await again.close()


def test_the_first_bytes_say_what_a_file_is() -> None:
    assert form_of(pdf("x")) is Form.PDF
    for page in (b"<!DOCTYPE html><p>", b"\xef\xbb\xbf \n<HTML lang=en>"):
        assert form_of(page) is Form.HTML
    assert form_of(b"\n" * 500 + pdf("x")) is Form.PDF
    for form in ("PNG", "JPEG", "WEBP", "GIF"):
        assert form_of(picture(form, 8, 8)) == form.lower()
    for none in (
        b"",
        b"<svg><script>alert(1)</script></svg>",
        b"<p>words</p>",
        b"#EXTM3U",
        b"MZ",
    ):
        assert form_of(none) is None


HOSTILE = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where conversions in this process leave their slides."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(convert, "BOXES", (32,))
    monkeypatch.setattr(convert, "say", lambda _: None)


@HOSTILE
@given(data=strategies.data())
def test_no_bytes_can_do_more_than_be_refused(tmp_path: Path, data: strategies.DataObject) -> None:
    """Good files with bytes changed, cut off or doubled, and pure noise."""
    good = data.draw(strategies.sampled_from([pdf("a", "b"), picture("PNG", 40, 30), picture("JPEG", 40, 30), pptx()]))
    broken = bytearray(good)
    for place in data.draw(strategies.lists(strategies.integers(8, len(good) - 1), max_size=20)):
        broken[place] = data.draw(strategies.integers(0, 255))
    cut = data.draw(strategies.integers(8, len(good)))
    whole = bytes(broken[:cut]) + data.draw(strategies.binary(max_size=50))
    form = form_of(whole)
    if form is not None:
        try:
            made = convert.convert(form, io.BytesIO(whole))
        except convert.Refusal:
            return
        assert made.slides >= 1


@HOSTILE
@given(noise=strategies.binary(max_size=400), form=strategies.sampled_from([Form.MP4, Form.WEBM, Form.OGG, Form.WAV]))
def test_no_bytes_are_played_that_are_not_sound_or_pictures(noise: bytes, form: Form) -> None:
    with pytest.raises(moving.Unplayable):
        moving.probe(io.BytesIO(noise), form)

"""A PDF or a picture goes out to a folder page by page and comes back from it equal; what is not whole is refused."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.exchanged import Kept, no_player, put
from tests.unit.web.papers import pdf, picture, png_header
from tests.unit.web.test_exchange import _data, _names, _write, brought, equal, exported, left
from web.server.control import Control, connected
from web.server.courseware.making import BOXES
from web.server.exchange import folder, paged
from web.server.exchange.bringing import Left, Outcome
from web.server.parts import Parts
from web.server.serve import stored

PAGES = ("Zephyranthes", "Autumn leaves")
SAID = {"description": "Leaves </script><b>落叶", "language": "zh-CN", "points": ["leaf 叶"], "grade": "g3"}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Kept:
    """A PDF of two pages, of which something is said."""
    kept = Kept(tmp_path_factory.mktemp("paged") / "data", "")
    kept.data.mkdir()
    shutil.copy(migrated, kept.data / "tongke.sqlite")

    async def go() -> None:
        async with connected(kept.settings) as control:
            kept.resource = await put(control, kept.data.parent / "Autumn 秋.pdf", pdf(*PAGES))
        async with stored(kept.settings) as parts:
            await described(parts, kept.resource)

    asyncio.run(go())
    return kept


async def described(parts: Parts, resource: str) -> None:
    row = await parts.store.resources.get(resource)
    assert row is not None
    await parts.store.resources.remove(resource)
    await parts.store.resources.put(replace(row, **SAID))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def static(kept: Kept) -> Path:
    return no_player(kept.data.parent)


@pytest.fixture(scope="module")
def out(kept: Kept, static: Path) -> Path:
    target = kept.data.parent / "out"

    async def go() -> None:
        async with connected(kept.settings) as control:
            assert (await exported(control, kept.resource, target, static)).missing == []

    asyncio.run(go())
    return target


async def whole(control: Control, resource: str) -> dict[str, Any]:
    """All that is asked of it: what is said, its words, its pages in every size, and the file; but for what each has of
    its own."""
    base = f"/api/v1/resources/{resource}"
    said = await control.ask("GET", base)
    own = ("id", "place", "changed_at", "state_at", "version")
    return {
        "": {name: value for name, value in said.items() if name not in own},
        "words": await control.ask("GET", f"{base}/words"),
        "pages": [
            await fetched(control, f"{base}{paged.page(number, box)}")
            for number in range(1, said["pages"] + 1)
            for box in BOXES
        ],
        "file": await fetched(control, base + paged.FILE),
    }


async def fetched(control: Control, address: str) -> tuple[bytes, str, str | None]:
    data, headers = await control.fetch(address)
    return data, headers["Content-Type"], headers.get("Content-Disposition")


async def test_a_folder_of_files_comes_in_each_by_itself(kept: Kept, tmp_path: Path) -> None:
    for name, data in {"1 树.pdf": pdf(*PAGES), "2.png": picture("PNG"), "3.txt": b"words"}.items():
        (tmp_path / name).write_bytes(data)
    async with connected(kept.settings) as control:
        paper, drawn, left = await brought(control, tmp_path)
        assert isinstance(left, Left)
        assert left.why == "it is no film and no sound that browsers play, no PDF and no picture"
        for made, title, pages in ((paper, "1 树", 2), (drawn, "2", 1)):
            assert isinstance(made, Outcome)
            assert made.id is not None, made.why
            row = await control.ask("GET", f"/api/v1/resources/{made.id}")
            assert (row["title"], row["kind"], row["state"], row["pages"]) == (title, "upload", "draft", pages)
            await control.ask("DELETE", f"/api/v1/resources/{made.id}")


async def test_pages_go_out_and_come_in_equal(kept: Kept, out: Path, static: Path, tmp_path: Path) -> None:
    async with connected(kept.settings) as control:
        [made] = await brought(control, out)
        assert isinstance(made, Outcome)
        assert made.id is not None, made.why
        before, after = await whole(control, kept.resource), await whole(control, made.id)
        assert after == before
        assert (before[""]["pages"], before[""]["description"]) == (2, SAID["description"])
        assert before["words"] == [{"courseware": "pages", "texts": list(PAGES)}]
        assert before["file"] == (pdf(*PAGES), "application/pdf", "attachment")
        await exported(control, made.id, tmp_path / "again", static)
        await control.ask("DELETE", f"/api/v1/resources/{made.id}")
    equal(out, tmp_path / "again")


async def test_the_folder_is_read_without_a_server(out: Path) -> None:
    carried = folder.carried((out / folder.DATA).read_text())
    assert carried.files.keys() == paged.addresses(2)
    assert (carried.answers[""]["pages"], carried.answers["/words"][0]["texts"]) == (2, list(PAGES))
    for box in BOXES:
        with Image.open(out / carried.files[paged.page(2, box)]) as drawn:
            assert drawn.width == box
    assert (out / carried.files[paged.FILE]).read_bytes() == pdf(*PAGES)
    said = (out / folder.PAGE).read_text()
    assert "<dt>页数 Pages</dt><dd>2</dd>" in said
    assert "<b>" not in said


async def test_a_picture_goes_out_and_comes_in_equal(kept: Kept, static: Path, tmp_path: Path) -> None:
    """One that is small: several sizes are one file. It came in when what has pages had a length of 0."""
    async with connected(kept.settings) as control:
        leaf = await put(control, tmp_path / "leaf.jpg", picture("JPEG", 400, 300))
    async with stored(kept.settings) as parts:
        row = await parts.store.resources.get(leaf)
        assert row is not None
        await parts.store.resources.remove(leaf)
        await parts.store.resources.put(replace(row, duration_ms=0))
    async with connected(kept.settings) as control:
        await exported(control, leaf, tmp_path / "out", static)
        assert len(list((tmp_path / "out" / folder.COURSEWARE).iterdir())) == 2
        [made] = await brought(control, tmp_path / "out")
        assert isinstance(made, Outcome)
        assert made.id is not None, made.why
        before, after = await whole(control, made.id), await whole(control, leaf)
        assert (before[""].pop("duration_ms"), after[""].pop("duration_ms")) == (None, 0)
        assert after == before
        for one in (leaf, made.id):
            await control.ask("DELETE", f"/api/v1/resources/{one}")


async def test_pages_are_those_of_the_file_whatever_the_folder_shows(kept: Kept, out: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(out, tmp_path / "copy"))
    carried = folder.carried((copy / folder.DATA).read_text())
    _write(copy, carried.files[paged.page(1, 960)], picture("WEBP", 16, 9))
    _write(copy, "media/stray.webp", picture("WEBP", 16, 9))
    _data(copy, lambda said: said["answers"]["/words"][0].update(texts=["Other words", ""]))
    async with connected(kept.settings) as control:
        [made] = await brought(control, copy)
        assert isinstance(made, Outcome)
        assert made.id is not None, made.why
        assert await whole(control, made.id) == await whole(control, kept.resource)
        names = [path.name for path in (kept.data / "recordings" / f"upload-{made.id}").rglob("*")]
        assert "stray.webp" not in names
        await control.ask("DELETE", f"/api/v1/resources/{made.id}")


def _file(name: str, data: bytes) -> Callable[[Path], None]:
    """Another file in the place of the one that has the pages."""

    def change(copy: Path) -> None:
        _write(copy, f"media/{name}", data)
        _data(copy, lambda said: said["files"].update({paged.FILE: f"media/{name}"}))

    return change


def _answer(**what: Any) -> Callable[[Path], None]:
    return lambda copy: _data(copy, lambda said: said["answers"][""].update(what))


def _places(address: str, path: str | None) -> Callable[[Path], None]:
    def change(said: Any) -> None:
        del said["files"][address]
        said["files"] |= {} if path is None else {address: path}

    return lambda copy: _data(copy, change)


def _third(said: Any) -> None:
    """A page that the file has not."""
    said["answers"][""]["pages"] = 3
    said["files"] |= {paged.page(3, box): said["files"][paged.page(1, box)] for box in BOXES}


SPOILT: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a page that is missing": (lambda copy: (copy / "courseware" / "pages-2-960.webp").unlink(), "is missing"),
    "a page that is cut short": (
        lambda copy: (copy / "courseware" / "pages-2-960.webp").write_bytes(b"RIFF"),
        "not as long as",
    ),
    "a page that is not placed": (_places(paged.page(2, 960), None), f"places no {paged.page(2, 960)}"),
    "a page elsewhere": (_places(paged.page(2, 960), "../../secret.webp"), "not there"),
    "a file elsewhere": (_places(paged.FILE, "/etc/passwd"), "not there"),
    "a way up": (_names("media/../../x.pdf"), "leads elsewhere"),
    "a page more than the file has": (lambda copy: _data(copy, _third), "3 pages, and its file has 2"),
    "a page fewer than are placed": (_answer(pages=1), "what is no page"),
    "pages without end": (_answer(pages=10**9), "pages"),
    "neither pages nor a length": (_answer(pages=0), "duration_ms"),
    "pages with a length": (_answer(duration_ms=9), "has no length"),
    "pages of a recording": (_answer(kind="recording"), "has no length"),
    "a file that is cut short": (_file("a.pdf", pdf(*PAGES)[:300]), "damaged"),
    "a file that is a program": (_file("a.pdf", b"<!doctype html><script>"), "is no PDF and no picture"),
    "a picture that is called a PDF": (_file("a.pdf", picture("PNG")), "not the one that its name says"),
    "a picture bomb": (_file("a.png", png_header(30_000, 30_000)), "larger than is taken"),
}


async def test_pages_that_are_spoilt_are_refused_whole(kept: Kept, out: Path, tmp_path: Path) -> None:
    async with connected(kept.settings) as control:
        before = await left(control, kept)
        for how, (spoil, why) in SPOILT.items():
            copy = Path(shutil.copytree(out, tmp_path / how))
            spoil(copy)
            [refused] = await brought(control, copy)
            assert why in refused.why, how
            assert not isinstance(refused, Outcome) or refused.id is None, how
            assert await left(control, kept) == before, how

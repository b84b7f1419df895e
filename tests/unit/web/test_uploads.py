"""What teachers bring into their drafts: PDFs, pictures, exported folders in a zip. What is refused leaves nothing."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any

import pytest

from recordings.carried import Carried
from tests.unit.web.papers import pdf, picture, png_header
from tests.unit.web.people import Person, good, refusal
from tests.unit.web.test_catalogue import newcomer
from web.server import gathering
from web.server.exchange import folder, paged, zipped
from web.server.parts import Parts

__all__ = ["newcomer"]
Newcomer = Callable[..., Awaitable[Person]]
FILM = b"a film, which is not looked at: its folder came whole"


async def send(person: Person, name: str, data: bytes, **said: Any) -> str:
    """Where it waits to be kept."""
    body = {"files": {name: {"bytes": len(data)}}, "title": name.rpartition(".")[0], **said}
    base = f"/api/v1/imports/{(await person.post('/api/v1/imports', body))['id']}"
    answer = await person.client.put(f"{base}/files/{name}", data=io.BytesIO(data), headers={"X-CSRF": person.csrf})
    assert answer.status == 204, await answer.text()
    return base


async def upload(person: Person, name: str, data: bytes) -> Any:
    return await person.post(f"{await send(person, name, data)}/keep")


async def refused(parts: Parts, person: Person, data: bytes, name: str = "x.zip") -> str:
    """Why; nothing of it is left."""
    answer = await person.call("POST", f"{await send(person, name, data)}/keep")
    told = await answer.json()
    assert (answer.status, told["code"]) == (422, "import_unfit")
    assert await person.get("/api/v1/resources") == []
    home = parts.files.directory
    assert [path for path in home.rglob("*") if path.name != ".imports"] == []
    return str(told.get("reason", told["title"]))


def carried(**more: Any) -> dict[str, bytes]:
    """The files of an exported folder."""
    track = {
        "id": "film-video", "source": "courseware", "participant": "", "kind": "video", "codec": "",
        "mime": "video/mp4", "width": 0, "height": 0, "start_ms": 0, "end_ms": 9, "gaps": [],
        "playlist": "media/a.mp4", "aac": None,
    }  # fmt: skip
    resource = {
        "title": "Leaves 落叶", "kind": "upload", "created_at": 1, "duration_ms": 9, "tracks": [track], "cuts": [],
    }  # fmt: skip
    said = Carried({"": resource | more, "/events": [], "/words": []}, {})
    return {folder.DATA: folder.script(said).encode(), "media/a.mp4": FILM, "index.html": b"<p>page"}


def listed(files: dict[str, bytes], **more: Any) -> bytes:
    said = {path: (len(data), sha256(data).hexdigest()) for path, data in files.items()} | more
    return folder.manifest("x", "Leaves", "", said).encode()


def packed(files: dict[str, bytes], *, before: str = "", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as parts:
        for path, data in ({folder.MANIFEST: listed(files)} | files).items():
            parts.writestr(before + path, data)
    return out.getvalue()


async def test_a_teachers_pdf_opens_page_by_page_is_found_and_kept_as_it_is(
    parts: Parts, teacher: Person, newcomer: Newcomer
) -> None:
    other, data = await newcomer("wu"), pdf("Zephyranthes", "Autumn leaves")
    made = await upload(teacher, "Autumn.pdf", data)
    base = f"/api/v1/resources/{made['id']}"
    whole = await teacher.get(base)
    assert (whole["kind"], whole["state"], whole["mime"], whole["pages"]) == ("upload", "draft", "application/pdf", 2)
    assert (whole["title"], whole["duration_ms"], whole["owner_name"]) == ("Autumn", None, "Li Wen")
    for page, box in ((1, 320), (2, 3840)):
        answer = await teacher.call("GET", f"{base}/courseware/pages/slides/{page}/{box}")
        assert (answer.status, answer.content_type) == (200, "image/webp")
    answer = await teacher.call("GET", f"{base}/courseware/pages/media")
    assert (await answer.read(), answer.content_type) == (data, "application/pdf")
    assert answer.headers["Content-Disposition"] == "attachment"
    said = await gathering.said(parts, made["id"])
    assert said is not None
    assert "Zephyranthes" in said["slides"][0][1]
    for path in ("", "/courseware/pages/slides/1/320", "/courseware/pages/media"):
        assert await refusal(await other.call("GET", base + path)) == (404, "not_found")
    assert (await teacher.call("GET", f"{base}/courseware/pages/slides/3/320")).status == 404
    await good(await teacher.call("DELETE", base))
    assert [path for path in parts.files.directory.iterdir() if not path.name.startswith(".")] == []


async def test_a_picture_is_one_page_without_what_the_file_knows_beside(parts: Parts, teacher: Person) -> None:
    made = await upload(teacher, "Leaf.jpg", picture("JPEG", 400, 300))
    whole = await teacher.get(f"/api/v1/resources/{made['id']}")
    assert (whole["pages"], whole["mime"]) == (1, "image/jpeg")
    assert (await teacher.call("GET", f"/api/v1/resources/{made['id']}/courseware/pages/slides/1/3840")).status == 200


@pytest.mark.parametrize("before", ["", "Leaves/"])
async def test_an_exported_folder_comes_in_as_a_zip(parts: Parts, teacher: Person, before: str) -> None:
    made = await upload(teacher, "x.zip", packed(carried(), before=before))
    assert (made["title"], made["kind"]) == ("Leaves 落叶", "upload")
    whole = await teacher.get(f"/api/v1/resources/{made['id']}")
    answer = await teacher.call("GET", whole["tracks"][0]["playlist"])
    assert (await answer.read(), whole["bytes"]) == (FILM, sum(map(len, list(carried().values())[:2])))
    [home] = [path for path in parts.files.directory.iterdir() if path.name != ".imports"]
    assert sorted(path.name for path in home.rglob("*") if path.is_file()) == ["a.mp4", "carried.json"]


def ways_out() -> bytes:
    return packed(carried() | {"../../out.mp4": b"out"})


def linked() -> bytes:
    out, files = io.BytesIO(), carried()
    with zipfile.ZipFile(out, "w") as parts:
        parts.writestr(folder.MANIFEST, listed(files))
        parts.writestr(folder.DATA, files[folder.DATA])
        link = zipfile.ZipInfo("media/a.mp4")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        parts.writestr(link, FILM)
    return out.getvalue()


def bomb() -> bytes:
    """Its manifest says what it says of itself."""
    out, files = io.BytesIO(), carried()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr(folder.MANIFEST, listed(files, **{"media/b.mp4": (1 << 50, "0" * 64)}))
        for path, data in files.items():
            parts.writestr(path, data)
    return out.getvalue()


def swelling() -> bytes:
    """What its own list says to be as long as the film, is a thousand times that."""
    whole = packed(carried() | {"media/a.mp4": FILM * 1000})
    manifest = listed(carried())
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as parts:
        for name in old.namelist():
            parts.writestr(name, manifest if name == folder.MANIFEST else old.read(name))
    data = out.getvalue()
    long = struct.pack("<L", len(FILM) * 1000)
    return data.replace(long, struct.pack("<L", len(FILM)))


def encrypted() -> bytes:
    data = bytearray(packed(carried(), method=zipfile.ZIP_STORED))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as parts:
        for info in parts.infolist():
            data[info.header_offset + 6] |= 1
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data[at + 8] |= 1
        at = data.find(b"PK\x01\x02", at + 1)
    return bytes(data)


def other_bytes() -> bytes:
    files = carried()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as parts:
        for path, data in ({folder.MANIFEST: listed(files)} | files | {"media/a.mp4": FILM[::-1]}).items():
            parts.writestr(path, data)
    return out.getvalue()


def endless_list() -> bytes:
    """Its list of what is in it is said to be as long as the file, in the record for large zips."""
    data = packed(carried()) + bytes(zipped.MOST_LIST + 1000)
    ends = len(data)
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, ends, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, ends, 1)
    return data + end64 + locator + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 100, 0, 0)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (ways_out, "leads elsewhere"),
        (linked, "is a link"),
        (bomb, "too_large"),
        (swelling, "damaged"),
        (encrypted, "type_unsupported"),
        (other_bytes, "damaged"),
        (endless_list, "too_complex"),
        (lambda: packed(carried())[:-30], "damaged"),
        (lambda: packed(carried())[: len(packed(carried())) // 2], "damaged"),
        (lambda: b"PK\x03\x04" + bytes(200), "damaged"),
        (lambda: packed(carried(kind="bank")), "kind"),
        (lambda: packed(carried() | {"Media/A.mp4": b"x", "media/A.mp4": b"x"}), "capitals"),
        (lambda: _only(b"{}"), "cannot be read"),
        (lambda: _only(None), "no_folder"),
    ],
)  # fmt: skip
async def test_a_zip_that_is_no_whole_exported_folder_is_refused(
    parts: Parts, teacher: Person, make: Callable[[], bytes], why: str
) -> None:
    assert why in await refused(parts, teacher, make())


async def test_exported_pages_come_in_as_a_zip_and_are_refused_as_their_file_would_be(
    parts: Parts, teacher: Person
) -> None:
    assert await refused(parts, teacher, packed(exported_picture(png_header(30_000, 30_000)))) == "too_many_pixels"
    assert await refused(parts, teacher, packed(exported_picture(pdf("A")))) == "type_unsupported"
    assert await refused(parts, teacher, packed(exported_picture(picture("PNG")[:300]))) == "damaged"
    data = picture("PNG", 400, 300)
    whole = await teacher.get(
        f"/api/v1/resources/{(await upload(teacher, 'x.zip', packed(exported_picture(data))))['id']}"
    )
    assert (whole["pages"], whole["mime"], whole["bytes"], whole["created_at"]) == (1, "image/png", len(data), 1)


def exported_picture(data: bytes) -> dict[str, bytes]:
    """As a folder has a picture, by the name that PNGs have."""
    resource = {"title": "Leaf", "kind": "upload", "created_at": 1, "duration_ms": None, "tracks": [], "cuts": []}
    files = dict.fromkeys(paged.addresses(1), "courseware/page.webp") | {paged.FILE: "media/leaf.png"}
    said = Carried({"": resource | {"pages": 1}, "/events": [], "/words": []}, files)
    return {
        folder.DATA: folder.script(said).encode(),
        "media/leaf.png": data,
        "courseware/page.webp": picture("WEBP", 16, 9),
    }


def _only(manifest: bytes | None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as parts:
        parts.writestr("a.txt" if manifest is None else folder.MANIFEST, manifest or b"x")
    return out.getvalue()


async def test_what_is_no_such_file_says_why(parts: Parts, teacher: Person) -> None:
    whole = pdf("A")
    for data, name, why in (
        (whole[: len(whole) // 3], "a.pdf", "damaged"),
        (picture("PNG")[:300], "a.png", "damaged"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", "type_unsupported"),
        (b"plain words", "a.txt", "type_unsupported"),
        (b"<!doctype html><script>alert(1)</script>", "a.html", "type_unsupported"),
    ):
        assert await refused(parts, teacher, data, name) == why
    answer = await teacher.call("POST", "/api/v1/imports", {"files": {"a.pdf": {"bytes": 0}}, "title": "A"})
    assert await refusal(answer) == (422, "import_unfit")


async def test_a_teacher_brings_in_for_herself_alone_and_sees_no_other_import(
    parts: Parts, teacher: Person, newcomer: Newcomer
) -> None:
    other = await newcomer("wu")
    said = {"files": {"a.pdf": {"bytes": 9}}, "title": "A"}
    assert await refusal(await teacher.call("POST", "/api/v1/imports", {**said, "owner": "wu"})) == (403, "not_allowed")
    base = await send(teacher, "a.pdf", pdf("A"), owner="li")
    answer = await other.client.put(f"{base}/files/a.pdf", data=pdf("A"), headers={"X-CSRF": other.csrf})
    assert await refusal(answer) == (404, "not_found")
    for method, path in (("POST", f"{base}/keep"), ("DELETE", base)):
        assert await refusal(await other.call(method, path)) == (404, "not_found")
    await teacher.post(f"{base}/keep")


async def test_a_teachers_uploads_are_bounded(
    parts: Parts, teacher: Person, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = pdf("A")
    room = {"uploads_gb": 2.5 * len(data) / (1 << 30)}
    monkeypatch.setattr(parts, "settings", parts.settings.model_copy(update=room))
    said = {"files": {"a.pdf": {"bytes": len(data)}}, "title": "A"}
    await upload(teacher, "a.pdf", data)
    waiting = await send(teacher, "a.pdf", data)
    assert await refusal(await teacher.call("POST", "/api/v1/imports", said)) == (409, "uploads_full")
    await good(await teacher.call("DELETE", waiting))
    inside = packed(carried() | {"media/b.mp4": bytes(10 * len(data))})  # of which nothing is left, packed
    monkeypatch.setattr(parts, "settings", parts.settings.model_copy(update={"uploads_gb": room["uploads_gb"] * 2}))
    assert len(inside) < 4 * len(data)
    answer = await teacher.call("POST", f"{await send(teacher, 'x.zip', inside)}/keep")
    assert (await answer.json())["reason"] == "too_large"
    await admin.post("/api/v1/imports", {**said, "files": {"a.pdf": {"bytes": 10 * len(data)}}})

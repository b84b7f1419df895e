"""Captions and slides' words of a recording: who reads them, who puts them right, and that nobody's work is lost."""

from __future__ import annotations

import io
import json
from typing import Any

from classroom.events import Role, Seat
from recordings.webvtt import MOST_BYTES
from tests.unit.web.people import PASSWORD, Person, good, refusal
from tests.unit.web.test_resources import TRACK, asked, resource
from web.server.parts import Parts

__all__ = ["resource"]

VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Li Hua>秋天 &amp; autumn\n"
SRT = "1\n00:00:03,000 --> 00:00:04,000\nFrom SubRip\n"


async def put(person: Person, path: str, text: str | bytes | io.BytesIO, kind: str = "text/vtt", **headers: str) -> Any:
    headers = {"Content-Type": kind, "X-CSRF": person.csrf, **{k.replace("_", "-"): v for k, v in headers.items()}}
    data = text.encode() if isinstance(text, str) else text
    return await person.client.put(path, data=data, headers=headers)


async def test_captions_are_put_seen_and_kept(teacher: Person, resource: str) -> None:
    base = f"/api/v1/resources/{resource}/captions"
    nothing = await teacher.get(base)
    assert (nothing["from_ms"], nothing["may_edit"], nothing["captions"]) == (10, True, [])
    assert (nothing["service"], nothing["captioning"]) == (False, None)
    first = await put(teacher, f"{base}/ZH-hans-cn", VTT)
    row = await good(first)
    assert (row["language"], row["count"], row["origin"]) == ("zh-Hans-CN", 1, "file")
    assert first.headers["ETag"] == f'"{row["revision"]}"'
    await good(await put(teacher, f"{base}/en", SRT, "application/x-subrip"))
    assert [one["language"] for one in (await teacher.get(base))["captions"]] == ["en", "zh-Hans-CN"]

    seen = await teacher.get(f"{base}/zh-Hans-CN/cues")
    cue = {"start_ms": 1000, "end_ms": 2000, "text": "秋天 & autumn", "speaker": "Li Hua", "settings": ""}
    assert seen == {"language": "zh-Hans-CN", "revision": row["revision"], "cues": [cue]}
    kept = await teacher.call("GET", f"{base}/zh-Hans-CN")
    assert kept.content_type == "text/vtt"
    assert kept.headers["ETag"] == first.headers["ETag"]
    assert await kept.text() == "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n<v Li Hua>秋天 &amp; autumn\n"
    text = await teacher.call("GET", f"{base}/zh-Hans-CN?form=txt")
    assert text.headers["Content-Disposition"] == 'attachment; filename="zh-Hans-CN.txt"'
    assert await text.text() == "Li Hua:\n秋天 & autumn\n"

    await good(await teacher.call("DELETE", f"{base}/en"))
    assert await refusal(await teacher.call("GET", f"{base}/en")) == (404, "not_found")
    assert await refusal(await teacher.call("DELETE", f"{base}/en")) == (404, "not_found")


async def test_of_two_who_edit_none_loses_what_the_other_wrote(teacher: Person, admin: Person, resource: str) -> None:
    path = f"/api/v1/resources/{resource}/captions/en"
    first = (await put(teacher, path, VTT)).headers["ETag"]
    assert await refusal(await put(admin, path, SRT, "application/x-subrip")) == (412, "captions_changed")
    edited = await put(admin, path, VTT.replace("秋天", "春天"), If_Match=first, X_Written="page")
    assert (await good(edited))["origin"] == "edited"
    assert await refusal(await put(teacher, path, VTT, If_Match=first)) == (412, "captions_changed")
    late = await teacher.call("DELETE", path, headers={"If-Match": first})
    assert await refusal(late) == (412, "captions_changed")
    assert "春天" in await (await teacher.call("GET", path)).text()
    await good(await put(teacher, path, VTT, If_Match=edited.headers["ETag"]))
    gone = f"/api/v1/resources/{resource}/captions/fr"
    assert await refusal(await put(teacher, gone, VTT, If_Match=first)) == (412, "captions_changed")


async def test_what_is_no_caption_is_refused_by_its_line_and_changes_nothing(teacher: Person, resource: str) -> None:
    path = f"/api/v1/resources/{resource}/captions/en"
    answer = await put(teacher, path, "WEBVTT\n\n00:01.000 --> 00:00.500\nx")
    problem = await answer.json()
    assert (answer.status, problem["code"], problem["line"]) == (422, "captions_invalid", 3)
    assert (problem["reason"], problem["title"]) == ("backwards", "Line 3: The cue ends before it begins.")
    assert await refusal(await put(teacher, path, b"WEBVTT\n\n\xff\xfe")) == (400, "malformed")
    long = io.BytesIO(b"x" * (MOST_BYTES + 1))
    assert await refusal(await put(teacher, path, long)) == (413, "too_large")
    assert await refusal(await put(teacher, path, VTT, "application/json")) == (415, "media_type")
    for tag in ("english", "e", "en-", "zh_CN", "en-'x"):
        wrong = f"/api/v1/resources/{resource}/captions/{tag}"
        assert await refusal(await put(teacher, wrong, VTT)) == (400, "malformed")
    assert (await teacher.get(f"/api/v1/resources/{resource}/captions"))["captions"] == []
    no_csrf = await teacher.client.put(path, data=VTT, headers={"Content-Type": "text/vtt"})
    assert await refusal(no_csrf) == (403, "csrf_failed")


async def test_captions_are_for_who_sees_the_recording(
    admin: Person, teacher: Person, nobody: Person, resource: str, browser: Any, parts: Parts
) -> None:
    base = f"/api/v1/resources/{resource}"
    await good(await put(teacher, f"{base}/captions/en", VTT))
    await admin.post("/api/v1/accounts", {"login": "wu", "name": "Wu", "password": PASSWORD})
    await admin.post("/api/v1/accounts", {"login": "sun", "name": "Sun", "password": PASSWORD, "role": "staff"})
    other, staff = await browser(), await browser()
    await other.sign_in("wu")
    await staff.sign_in("sun")
    for path in ("captions", "captions/en", "captions/en/cues", "words"):
        assert await refusal(await other.call("GET", f"{base}/{path}")) == (404, "not_found")
        assert await refusal(await nobody.call("GET", f"{base}/{path}")) == (401, "signed_out")
        assert (await staff.call("GET", f"{base}/{path}")).status == 200
    assert await refusal(await put(other, f"{base}/captions/en", VTT)) == (404, "not_found")
    assert await refusal(await other.call("POST", f"{base}/captioning")) == (404, "not_found")
    assert (await staff.get(f"{base}/captions"))["may_edit"] is True
    assert (await put(staff, f"{base}/captions/fr", VTT)).status == 200
    assert await refusal(await staff.call("POST", f"{base}/captioning")) == (409, "no_captions_service")

    await good(await teacher.call("DELETE", base))  # they go with it
    assert await parts.store.captions.of(resource) == []


async def test_what_was_taken_out_of_a_recording_is_out_of_its_captions(
    parts: Parts, teacher: Person, resource: str
) -> None:
    row = await parts.store.resources.get(resource)
    assert row is not None
    assert row.lesson
    child = await parts.store.participants.add(row.lesson, Role.STUDENT, "Wang  Ming 王明", parts.now_ms)
    tracks = [TRACK, {**TRACK, "id": "t2", "participant": child.id}]
    await parts.store.resources.update(resource, status="ready", duration_ms=4010, tracks=tracks)
    base = f"/api/v1/resources/{resource}"
    said = "WEBVTT\n" + "".join(
        f"\n00:0{second}.000 --> 00:0{second}.900\n<v {who}>{text}\n"
        for second, who, text in ((0, "Li Hua", "first"), (1, "wang ming 王明", "a child's"), (2, "Li Hua", "last"))
    )
    await good(await put(teacher, f"{base}/captions/en", said))

    async def read() -> str:
        return await (await teacher.call("GET", f"{base}/captions/en?form=txt")).text()

    assert await read() == "Li Hua:\nfirst\nwang ming 王明:\na child's\nLi Hua:\nlast\n"
    await teacher.post(f"{base}/edits", {"decision": {"revision": 0, "kind": "hide", "participant": child.id}})
    assert await read() == "Li Hua:\nfirst\nlast\n"
    await teacher.post(f"{base}/edits", {"decision": {"revision": 1, "kind": "cut", "from_ms": 0, "to_ms": 900}})
    assert await read() == "Li Hua:\nlast\n"
    assert len((await teacher.get(f"{base}/captions/en/cues"))["cues"]) == 3, "who puts them right has all"


async def test_a_recording_has_so_many_languages_at_most(teacher: Person, resource: str) -> None:
    base = f"/api/v1/resources/{resource}/captions"
    for letter in "abcdefghijklmnopqrst":
        await good(await put(teacher, f"{base}/a{letter}", VTT))
    assert await refusal(await put(teacher, f"{base}/zh", VTT)) == (409, "captions_full")


async def test_what_stands_on_slides_is_told_to_who_sees_the_recording(
    parts: Parts, teacher: Person, lesson: Any
) -> None:
    me = (await teacher.look())["account"]["id"]
    row = await parts.store.shelves.add(me, "Autumn.pdf", 10, parts.now_ms, 10, 1 << 30)
    assert row is not None
    content = parts.shelf.content("d" * 64)
    content.mkdir(parents=True)
    (content / "text.json").write_text(json.dumps(["Autumn 秋天", "Leaves 落叶"]))
    await parts.store.shelves.uploaded(row.id)
    await parts.store.shelves.ready(
        row.id, digest="d" * 64, kind="slides", slides=2, boxes=[320], duration_ms=None, mime=""
    )
    seat = await teacher.post("/api/v1/seats", {"lesson": lesson["id"], "role": "lead_teacher"})
    lead = Seat(seat["participant"], Role.LEAD_TEACHER)
    await asked(parts, lesson["id"], lead, "participant.join", name="Li")
    for kind in ("lesson.open", "lesson.start"):
        await asked(parts, lesson["id"], lead, kind)
    await asked(parts, lesson["id"], lead, "courseware.open", courseware=row.id)
    await asked(parts, lesson["id"], lead, "lesson.end")
    made = await parts.store.resources.add("Autumn", "x", parts.now_ms, lesson=lesson["id"], status="ready")
    found = await teacher.get(f"/api/v1/resources/{made.id}/words")
    assert found == [{"courseware": row.id, "texts": ["Autumn 秋天", "Leaves 落叶"]}]

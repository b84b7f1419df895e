"""What of a question is seen, on paper: the pictures of its options and its own, and what a class collected as a
chart. What is no picture leaves its words, and harms nothing."""

from __future__ import annotations

import contextlib
import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image
from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE, FPDF_PAGEOBJ_PATH

from classroom.events import SYSTEM, Role, Seat
from tests.unit.web.people import Person
from tests.unit.web.test_reports import body_of, do
from web.server.parts import Parts
from web.server.printing import pictures
from web.server.printing.pictures import LARGE, Pictures

Colour = tuple[int, int, int]
RED, GREEN, BLUE, YELLOW = (200, 30, 30), (30, 160, 60), (30, 60, 200), (220, 200, 40)
CHARTS = ("scatter", "line", "histogram", "rooms")
TABLE = [{"name": "Height 身高", "unit": "cm"}, {"name": "Who", "words": True}, {"name": "Weight 体重", "unit": "kg"}]
ROWS = [[120 + n % 40, "王明", 20 + n * 7 % 30] for n in range(60)]


def webp(colour: Colour | tuple[int, int, int, int], width: int = 320, height: int = 180, form: str = "WEBP") -> bytes:
    out = io.BytesIO()
    Image.new("RGBA" if len(colour) == 4 else "RGB", (width, height), colour).save(out, form)
    return out.getvalue()


def vast() -> bytes:
    """It says that its canvas is 16,384 pixels wide and high (WebP container specification, VP8X)."""
    still = webp(RED)
    canvas = b"\0\0\0\0" + 2 * struct.pack("<I", 16_383)[:3]
    chunks = b"VP8X" + struct.pack("<I", 10) + canvas + still[12:]
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


NO_PICTURES = {
    "nothing": b"",
    "words": b"<script>alert(1)</script>",
    "cut": webp(RED)[:60],
    "another-form": webp(RED, form="PNG"),
    "too-large": webp(RED, 4000, 10),
    "vast": vast(),
}


async def shelved(parts: Parts, owner: str, content: bytes | None, boxes: tuple[int, ...] = (320,)) -> str:
    """A picture on a shelf; without its file where it has no content."""
    row = await parts.store.shelves.add(owner, "leaf", 9, 0, 500, 1 << 30)
    assert row is not None
    await parts.store.shelves.uploaded(row.id)
    await parts.store.shelves.ready(row.id, row.id, "slides", 1, list(boxes), None, "image/png")
    if content is not None:
        folder = parts.shelf.content(row.id)
        folder.mkdir(parents=True)
        for box in boxes:
            (folder / f"1-{box}.webp").write_bytes(content)
    return row.id


class Lesson:
    """One that is held by who has pictures."""

    def __init__(self, parts: Parts, teacher: Person, id_: str, owner: str, lead: Seat, child: Seat) -> None:
        self.parts, self.teacher, self.id, self.owner, self.lead, self.child = parts, teacher, id_, owner, lead, child

    async def picture(self, content: bytes | None, boxes: tuple[int, ...] = (320,)) -> str:
        return await shelved(self.parts, self.owner, content, boxes)

    async def asked(self, name: str, given: dict[str, Any], **question: Any) -> None:
        await do(self.parts, self.id, self.lead, "activity.open", activity=name, **question)
        await do(self.parts, self.id, self.child, "activity.answer", activity=name, **given)
        await do(self.parts, self.id, self.lead, "activity.reveal", activity=name)

    async def printed(self, language: str = "en") -> bytes:
        return await body_of(self.teacher, f"/api/v1/lessons/{self.id}/report.pdf?language={language}")


@pytest.fixture
async def held(parts: Parts, teacher: Person) -> Lesson:
    lesson = (await teacher.post("/api/v1/lessons", {"title": "Leaves 叶子"}))["id"]
    owner = (await teacher.look())["account"]["id"]
    await do(parts, lesson, SYSTEM, "lesson.open")
    await do(parts, lesson, SYSTEM, "lesson.start")
    lead = await parts.store.participants.add(lesson, Role.LEAD_TEACHER, "Li", parts.now_ms, account=owner)
    child = await parts.store.participants.add(lesson, Role.STUDENT, "王明", parts.now_ms)
    seats = Seat(lead.id, Role.LEAD_TEACHER), Seat(child.id, Role.STUDENT)
    for seat, name in zip(seats, ("Li", "王明"), strict=True):
        await do(parts, lesson, seat, "participant.join", name=name)
    return Lesson(parts, teacher, lesson, owner, *seats)


@contextlib.contextmanager
def opened(made: bytes) -> Iterator[pypdfium2.PdfDocument]:
    with contextlib.closing(pypdfium2.PdfDocument(made)) as document:
        yield document


def text_of(made: bytes) -> str:
    with opened(made) as document:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)


def colours(made: bytes) -> list[Colour | None]:
    """Of the pictures in it, in their order, by what each is in the middle; None: of another colour."""
    found = []
    with opened(made) as document:
        for page in document:
            for image in page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE]):
                seen = image.get_bitmap().to_pil().convert("RGB")
                here = seen.getpixel((seen.width // 2, seen.height // 2))
                near = (
                    one
                    for one in (RED, GREEN, BLUE, YELLOW)
                    if all(abs(a - b) < 12 for a, b in zip(one, here, strict=True))
                )
                found.append(next(near, None))
    return found


async def test_options_have_their_pictures_beside_their_words(held: Lesson) -> None:
    red, green, blue = [await held.picture(webp(one)) for one in (RED, GREEN, BLUE)]
    yellow = await held.picture(webp(YELLOW, 60, 120))
    two = {"options": ["oak 橡树", "B"], "pictures": [red, green]}
    four = {**two, "targets": ["A", "water 水"], "target_pictures": [yellow, None]}
    await held.asked("choice", {"choice": 0}, type="choice", prompt="Which?", answer=1, **two)
    await held.asked("multiple", {"choices": [1]}, type="multiple", prompt="All?", **two)
    await held.asked("order", {"order": [1, 0]}, type="order", prompt="First?", answer=[1, 0], **two)
    await held.asked("match", {"pairs": [0, 1]}, type="match", prompt="Whose?", answer=[0, 1], **four)
    game = {"found": 2, "turns": 3, "ms": 900}
    await held.asked("memory", {"game": game}, type="memory", prompt="Pairs?", answer=2, **four)
    parts = [{"type": "vote", "prompt": "Best?", "picture": blue, "options": ["one", "two"], "pictures": [None, red]}]
    await held.asked("survey", {"answers": [{"choice": 1}]}, type="survey", prompt="Why?", questions=parts)
    made = await held.printed()
    pairs = [RED, YELLOW, GREEN]
    assert colours(made) == [RED, GREEN, RED, GREEN, GREEN, RED, *pairs, *pairs, BLUE, RED]
    lines = text_of(made).splitlines()
    under = lines[lines.index("1. Which?") :]
    assert under[2:4] == ["A oak 橡树 1 100 % 100 %", "✓ B 0 0 % –"]
    assert "→" in text_of(made)
    assert len(made) < 100_000


async def test_marked_spots_lie_on_their_picture(held: Lesson) -> None:
    area = {"shape": "rect", "at": [0.7, 0.7], "size": [0.2, 0.2]}
    spot = await held.picture(webp(BLUE, 300, 200))
    await held.asked(
        "spot", {"spot": [0.1, 0.1]}, type="spot", prompt="Where?", picture=spot, aspect=0.67, answer=[area]
    )
    assert colours(await held.printed()) == [BLUE]


async def test_what_a_class_collected_is_the_chart_that_its_teacher_chose(held: Lesson) -> None:
    for chart in CHARTS:
        await held.asked(chart, {"rows": ROWS}, type="data", prompt=f"{chart}?", table=TABLE, chart=chart)
    one = [{"name": "Steps 步数"}]
    await held.asked("one", {"rows": [[n * n] for n in range(5)]}, type="data", prompt="One?", table=one)
    await held.asked("same", {"rows": [[7]]}, type="data", prompt="Same?", table=one, chart="line")
    await held.asked("words", {"rows": [["a"]]}, type="data", prompt="Words?", table=[{"name": "What", "words": True}])
    for language, place in (("en", "Row"), ("zh-CN", "行")):
        made = await held.printed(language)
        lines = text_of(made).splitlines()
        assert sum(line.startswith("120 – 124.9 ") for line in lines) == 2, "those of rooms: whose they are is not told"
        assert f"1 {place} 5" in lines
        with opened(made) as document:
            curves = [
                one.count_segments() if hasattr(one, "count_segments") else 1
                for page in document
                for one in page.get_objects(filter=[FPDF_PAGEOBJ_PATH])
            ]
        assert len(curves) > len(ROWS) + 5, "a dot a row"


async def test_what_is_no_picture_leaves_its_words(held: Lesson) -> None:
    gone, good = await held.picture(None, (320, 960)), await held.picture(webp(GREEN))
    area = {"shape": "circle", "at": [0.5, 0.5], "radius": 0.1}
    for what, content in NO_PICTURES.items():
        bad = await held.picture(content, (320, 960))
        options = {"options": [what, "pine", "C"], "pictures": [bad, gone, good]}
        pairs = {"targets": ["one", "two", "three"], "target_pictures": [gone, bad, None]}
        spot = {"picture": bad, "aspect": 1, "answer": [area]}
        part = {
            "type": "vote",
            "prompt": "Best?",
            "picture": bad,
            "options": [f"x {what}", "y"],
            "pictures": [bad, None],
        }
        await held.asked(f"c{what}", {"choice": 0}, type="choice", prompt="Which?", answer=0, **options)
        await held.asked(f"m{what}", {"pairs": [0, 1, 2]}, type="match", prompt="Whose?", **options, **pairs)
        await held.asked(f"s{what}", {"spot": [0.1, 0.1]}, type="spot", prompt="Where?", **spot)
        await held.asked(f"q{what}", {"answers": [{"choice": 1}]}, type="survey", prompt="Why?", questions=[part])
    made = await held.printed()
    assert colours(made) == 2 * len(NO_PICTURES) * [GREEN]
    text = text_of(made)
    for what in NO_PICTURES:
        for words in (f"✓ A {what} 1 100 %", f"{what} → one 1 100 %", f"A x {what} 0 0 %"):
            assert words in text


async def test_pictures_that_are_gone_with_their_shelf_leave_their_words(held: Lesson) -> None:
    red = await held.picture(webp(RED))
    await held.asked(
        "choice", {"choice": 0}, type="choice", prompt="Which?", options=["oak", "b"], pictures=[red, None]
    )
    row = await held.parts.store.shelves.get(red)
    assert row is not None
    await held.parts.shelf.remove(row)
    made = await held.printed("zh-CN")
    assert colours(made) == []
    assert "A oak 1 100 %" in text_of(made)


def test_pictures_are_small_and_no_more_than_so_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST", 3)
    known = {name: (name, (320, 960)) for name in "abcd"}
    for name in known:
        (tmp_path / name).mkdir()
        (tmp_path / name / "1-320.webp").write_bytes(webp((30, 60, 200, 0)))
        (tmp_path / name / "1-960.webp").write_bytes(webp(BLUE, 960, 540))
    found = Pictures(tmp_path, known)
    small, large = found.of("a"), found.of("a", LARGE)
    assert small is not None
    assert large is not None
    with Image.open(io.BytesIO(small.data)) as paper, Image.open(io.BytesIO(large.data)) as wide:
        assert paper.width <= 180
        assert paper.getpixel((9, 9)) == (255, 255, 255), "what is seen through is paper"
        assert wide.width <= 760
    assert found.of("a") is small, "once, however often it is there"
    assert [found.of(one) is None for one in "bcd"] == [False, True, True]
    assert found.of(None) is found.of("unknown") is None

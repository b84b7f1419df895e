"""One file of a recording, and its sound in AAC: every picture that may be seen, in step with the sound."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import asdict
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy
import pytest

from recordings import landlock, library, stills
from recordings.aac import make
from recordings.cutting import OnDisk, cut
from recordings.files import AAC, PLAYLIST, DiskShort, Floor, LessonFolder
from recordings.making import LIMITS, MOST_SLIDES
from recordings.rendering import Order, Part, render
from recordings.sandbox import Sandbox
from recordings.sound import mixed
from tests.recorded import FPS, NO_FLOOR, Take, write
from tests.unit.classroom.lessons import LEAD, Lesson
from tests.unit.recordings.harness import Desk
from tests.unit.recordings.played import files, probe
from tests.unit.recordings.streams import Sender
from web.server.demo import framecounter

CUT = (5_000, 9_000)
FONT = str(Path(__file__).parents[3] / "web/server/print/font.ttf")


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> LessonFolder:
    """Sixteen seconds of a lead's camera and microphone, and of a room that comes on stage for a while."""
    takes = [
        Take("camera", "lead", 1_000, 17_000, 640, 360),
        Take("room", "room", 2_000, 15_000, 640, 360, number=240),
        Take("mic", "lead", 1_000, 17_000),
        Take("mic", "room", 2_000, 15_000),
    ]
    return write(tmp_path_factory.mktemp("rendered") / "lesson", takes)


def order(lesson: LessonFolder, out: Path, layout: str = "lead", **more: Any) -> Order:
    tracks = [library.track(entry) for entry in lesson.entries]
    known = {"cuts": [], "stage": [], "leads": [(0, "lead")], "chapters": [(0, "开始"), (10_000, "Part 2")], **more}
    return Order(str(out), layout, "Autumn 秋天", [Part(str(lesson.directory), tracks, **known)], FONT)


def counted(path: Path, left: float = 0, width: float = 1, top: int | None = None) -> list[tuple[float, int | None]]:
    """Time and number of every picture, of that part of its width; from its middle, or from a line on."""
    out = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            grey = frame.to_ndarray(format="gray")
            part = numpy.ascontiguousarray(grey[:, round(frame.width * left) : round(frame.width * (left + width))])
            high = round(part.shape[1] * 9 / 16)
            part = numpy.ascontiguousarray(part[(part.shape[0] - high) // 2 if top is None else top :][:high])
            number = framecounter.read(part.tobytes(), part.shape[1], part.shape[0], part.shape[1])
            out.append((float(frame.pts * frame.time_base), number))
    return out


def test_the_leads_picture_goes_in_as_it_was_recorded(lesson: LessonFolder, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    shares: list[float] = []
    render(order(lesson, out, cuts=[CUT]), NO_FLOOR, shares.append)
    said = json.loads(subprocess.run(
        ["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_chapters", "-show_format", str(out)],
        capture_output=True, check=True,
    ).stdout)  # fmt: skip
    assert [one["codec_name"] for one in said["streams"]][:2] == ["h264", "aac"]
    assert [(one["start_time"], one["tags"]["title"]) for one in said["chapters"]] == [
        ("0.000000", "开始"), ("5.000000", "Part 2"),
    ]  # fmt: skip
    assert float(said["format"]["duration"]) == pytest.approx(12.0, abs=0.06)
    assert said["format"]["tags"]["title"] == "Autumn 秋天"
    assert shares[-1] > 0.9
    seen = counted(out)
    # A keyframe each four seconds: after the cut, which ends at frame 240, the next is that one.
    assert [number for _, number in seen] == [*range(120), *range(240, 480)]
    for time, number in seen:
        assert number is not None
        assert time == pytest.approx(number / FPS - (4 if number >= 240 else 0), abs=0.002)


def test_an_order_is_json_and_copies_no_ink(lesson: LessonFolder, tmp_path: Path) -> None:
    made = order(lesson, tmp_path / "out.mp4", events=drawn(12_000))
    assert made.json() == asdict(made)
    [part] = made.json()["parts"]
    assert part["events"] is made.parts[0].events


def test_several_recordings_follow_each_other_in_one_file_without_encoding(
    lesson: LessonFolder, tmp_path: Path
) -> None:
    """The second half of a lesson, and then its first four seconds less one: another clock, another journal."""
    out, tracks = tmp_path / "out.mp4", [library.track(entry) for entry in lesson.entries]
    where = str(lesson.directory)
    rest = Part(
        where, tracks, [(0, 9_000)], [], [(0, "lead")], [(0, "one"), (12_000, "two"), (99_000, "never")], "Rest"
    )
    first = Part(where, tracks, [(3_000, 4_000), (5_000, 17_000)], [(1_000, ["room"])], [(0, "lead")], [], "First")
    render(Order(str(out), "lead", "Both", [rest, first]), NO_FLOOR, lambda share: None)
    seen = counted(out)
    assert [number for _, number in seen] == [*range(240, 480), *range(60)], "as they were recorded; nothing is encoded"
    assert [time for time, _ in seen] == pytest.approx([n / FPS for n in range(300)], abs=0.002)
    with av.open(str(out)) as container:
        titles = [(one["start"], one["metadata"]["title"]) for one in container.chapters()]
    assert titles == [(0, "Rest"), (3_000, "two"), (8_000, "First")]


def test_a_directed_mix_shows_who_is_on_stage(lesson: LessonFolder, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    render(order(lesson, out, "directed", stage=[(6_000, ["room"]), (10_000, [])]), NO_FLOOR, lambda share: None)
    alone = [(time, number) for time, number in counted(out) if not 5 <= time <= 9]
    beside = [(time, number) for time, number in counted(out, 0.5, 0.5) if 5.1 <= time <= 8.9]
    assert len(alone) > 290
    assert len(beside) > 90
    for time, number in alone:
        assert number is not None
        assert abs(number / FPS - time) <= 1 / FPS + 0.001
    for time, number in beside:  # the room's first picture, number 240, is there a second later than the lead's
        assert number is not None
        assert abs((number - 240) / FPS + 1 - time) <= 1 / FPS + 0.001


def drawn(end_ms: int) -> list[Any]:
    """A lesson with a stroke of one second, which ends then."""
    told = Lesson()
    for kind in ("lesson.open", "lesson.start"):
        told.ask(LEAD, kind)
    told.now = end_ms
    points = [n for i in range(11) for n in (100 + i * 100, 450, 0.5, i * 100)]
    pen = {"stroke": "s1", "page": "1", "tool": "pen", "color": "#1e2430", "width": 26, "began": end_ms - 1_000}
    told.ask(LEAD, "stroke.add", **pen, points=points)
    return [one.json() for one in told.events]


def test_the_board_stands_large_beside_who_speaks(lesson: LessonFolder, tmp_path: Path) -> None:
    """A stroke of one second, which ends at twelve seconds of the lesson, less four that were cut out before."""
    out = tmp_path / "out.mp4"
    made = order(lesson, out, "directed", cuts=[CUT], events=drawn(12_000))
    render(made, NO_FLOOR, lambda share: None)
    for time, number in counted(out, 0.75, 0.25, top=90):
        assert number is not None
        if time < 4 or time > 4.2:  # the next keyframe
            assert abs(number / FPS - time - (4 if time >= 4 else 0)) <= 2 / FPS + 0.001
    inked = {}
    with av.open(str(out)) as container:
        for frame in container.decode(video=0):
            row = frame.to_ndarray(format="gray")[360, :960]  # the middle of the board
            inked[round(float(frame.pts * frame.time_base), 2)] = int((row < 100).sum())
    drawn_s = 11 - 1 - 4
    assert {many for time, many in inked.items() if time < drawn_s} == {0}
    assert 0.3 < inked[drawn_s + 0.48] / inked[drawn_s + 1.2] < 0.6
    assert inked[drawn_s + 1.2] == pytest.approx(1000 / 1600 * 960, rel=0.05)


def test_no_board_covers_guests_while_courseware_is_sent(tmp_path: Path) -> None:
    films = [Take(source, "lead", 0, 2_000, 320, 180) for source in ("camera", "courseware")]
    folder = write(
        tmp_path / "lesson", [*films, Take("camera", "room", 0, 2_000, 320, 180), Take("mic", "lead", 0, 2_000)]
    )
    out = tmp_path / "out.mp4"
    render(order(folder, out, "directed", stage=[(0, ["room"])], events=drawn(1_000)), NO_FLOOR, lambda share: None)
    for left in (0.0, 0.5):
        assert None not in [number for _, number in counted(out, left, 0.5)]


def test_a_board_with_nobody_beside_it_fills_the_picture(tmp_path: Path) -> None:
    folder = write(tmp_path / "lesson", [Take("mic", "lead", 0, 2_000)])
    out = tmp_path / "out.mp4"
    render(order(folder, out, "directed", events=drawn(1_000)), NO_FLOOR, lambda share: None)
    with av.open(str(out)) as container:
        for frame in container.decode(video=0):
            grey = frame.to_ndarray(format="gray")
            assert min(grey[y, x] for y in (4, 715) for x in (4, 1275)) > 200


@pytest.mark.parametrize("layout", ["stereo", "mono"])
def test_sound_of_all_microphones_is_in_step_and_does_not_clip(tmp_path: Path, layout: Any) -> None:
    """Two microphones that click at known moments, one of them with a gap; after two stretches and a cut."""
    folder = clicking(tmp_path / "lesson", layout)
    tracks = [library.track(entry) for entry in folder.entries]
    out = tmp_path / "out.mp4"
    render(
        Order(str(out), "sound", "x", [Part(str(folder.directory), tracks, [(4_500, 6_500)], [], [], [])]),
        NO_FLOOR, lambda share: None,
    )  # fmt: skip
    with av.open(str(out)) as container:
        assert container.streams.audio[0].layout.name == layout
    pcm = heard(out)
    found = clicks(pcm)
    wanted = [at - 2 * (at > 6.5) for at in CLICKS if not 4.5 <= at <= 6.5]
    assert len(found) == len(wanted)
    for at, expected in zip(found, wanted, strict=True):
        assert at == pytest.approx(expected - found_start(folder), abs=0.04)
    loudest = max(
        abs(frame.to_ndarray()).max() for frame in mixed([(0, cut(OnDisk(folder.directory / entry.folder), "audio", ()))
        for entry in folder.entries[:1] * 2], 9 * 48_000, layout)
    )  # fmt: skip
    assert 0.8 < loudest < 0.9, "two who are as loud as can be do not clip"
    silent = pcm[round(48_000 * (8.6 - found_start(folder) - 2)) : round(48_000 * (9.4 - found_start(folder) - 2))]
    assert abs(silent).max() < 0.01, "where nothing was recorded there is silence"


CLICKS = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 11.0]


def found_start(folder: LessonFolder) -> float:
    return min(entry.start_ms for entry in folder.entries) / 1000


def clicking(directory: Path, layout: str = "stereo") -> LessonFolder:
    """Both microphones hear a loud burst of noise at each of `CLICKS`; at nine seconds neither was recorded."""
    desk = Desk(directory)
    for ssrc in (7, 8):
        mic = Sender("opus", ssrc=ssrc, late_us=0)
        track = desk.track(mic, f"mic{ssrc}")
        packets = [(at, one) for at, one in enumerate(bursts(layout)) if not 8.5 <= at / 50 < 9.5]
        desk.feed(track, mic, [(at * 20_000, one) for at, data in packets for one in mic.rtp(data, at * 20_000)])
        track.finish()
    return desk.folder


def bursts(layout: str) -> list[bytes]:
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format, encoder.bit_rate = 48_000, layout, "s16", 96_000
    encoder.open()
    pcm = numpy.zeros(48_000 * 12, dtype=numpy.int16)
    noise = (numpy.random.default_rng(5).uniform(-0.9, 0.9, 2_400) * 32_767).astype(numpy.int16)
    for at in CLICKS:
        pcm[round(at * 48_000) :][: len(noise)] = noise
    out = []
    for number in range(len(pcm) // 960):
        part = numpy.repeat(pcm[number * 960 :][:960], encoder.channels).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(part, "s16", layout)
        frame.sample_rate, frame.pts, frame.time_base = 48_000, number * 960, Fraction(1, 48_000)
        out += [bytes(packet) for packet in encoder.encode(frame)]
    return out


def heard(path: Path | io.BytesIO) -> Any:
    """One channel, from time zero on."""
    parts = []
    with av.open(str(path) if isinstance(path, Path) else path) as container:
        for frame in container.decode(audio=0):
            data = frame.to_ndarray()
            parts.append(data[0] if frame.format.is_planar else data.reshape(-1, 2)[:, 0] / 32_768)
    return numpy.concatenate(parts)


def clicks(pcm: Any) -> list[float]:
    loud = numpy.flatnonzero(abs(pcm) > 0.2) / 48_000
    return [float(at) for before, at in pairwise([-1.0, *loud]) if at - before > 0.3]


def test_aac_has_the_same_sound_at_the_same_time(tmp_path: Path) -> None:
    folder = clicking(tmp_path / "lesson")
    for entry in folder.entries:
        opus, aac = folder.directory / entry.folder, folder.directory / entry.folder / AAC
        aac.mkdir()
        make(opus, aac, NO_FLOOR, lambda share: None)
        assert probe(aac)["streams"][0]["codec_name"] == "aac"
        [[one], [other]] = ([heard(io.BytesIO(data)) for data in files(where)] for where in (opus, aac))
        for at, again in zip(clicks(one), clicks(other), strict=True):
            assert again == pytest.approx(at, abs=0.003)
        spans = [cut(OnDisk(where), "audio", ()).pieces for where in (opus, aac)]
        assert spans[1][0].start_us == pytest.approx(spans[0][0].start_us, abs=30)
        assert spans[1][-1].end_us == pytest.approx(spans[0][-1].end_us, abs=22_000)


def test_a_full_disk_leaves_nothing_half_done(lesson: LessonFolder, tmp_path: Path) -> None:
    full = Floor(1 << 62, 1.0)
    with pytest.raises(DiskShort):
        make(lesson.directory / "003-mic", tmp_path, full, lambda share: None)
    assert not (tmp_path / PLAYLIST).exists()
    with pytest.raises(DiskShort):
        render(order(lesson, tmp_path / "out.mp4"), full, lambda share: None)


async def asked(folder: Path, **what: Any) -> list[dict[str, Any]]:
    """What the process says that is to make it in a folder of its own."""
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryFile() as given:
        given.write(json.dumps(what).encode() + b"\n")
        given.seek(0)
        return [json.loads(line) async for line in Sandbox(folder, LIMITS).lines(["recordings.making"], given.fileno())]


async def test_the_process_says_how_far_it_is_and_why_it_fails(lesson: LessonFolder, tmp_path: Path) -> None:
    slides = {f"c{number}": str(tmp_path) for number in range(MOST_SLIDES)}
    work, wanted = tmp_path / "work", order(lesson, Path("out.mp4"), slides=slides).json()
    assert (await asked(work, render=wanted))[-1] == {"done": True}
    with av.open(str(work / "out.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 480
    short = {"least_bytes": 1 << 62, "least_share": 1.0}
    assert (await asked(work, render=wanted, floor=short))[-1] == {"fault": "disk_short"}
    nowhere = {**wanted, "parts": [{**wanted["parts"][0], "directory": str(tmp_path / "nowhere")}]}
    assert (await asked(work, render=nowhere))[-1] == {"fault": "damaged"}
    for number, what in enumerate(({"aac": str(lesson.directory / "003-mic")},
                                   {"stills": [str(lesson.directory / "001-camera"), "H264"]})):  # fmt: skip
        assert (await asked(tmp_path / str(number), **what))[-1] == {"done": True}
    assert probe(tmp_path / "0")["streams"][0]["codec_name"] == "aac"
    assert len(stills.read((tmp_path / "1" / stills.INDEX).read_bytes())) == 2


@pytest.mark.skipif(landlock.version() == 0 and os.geteuid() != 0, reason="this system confines nobody")
async def test_who_decodes_what_publishers_sent_reaches_nothing_else(lesson: LessonFolder, tmp_path: Path) -> None:
    outside = tmp_path / "outside.mp4"
    assert (await asked(tmp_path / "work", render=asdict(order(lesson, outside))))[-1] == {"fault": "damaged"}
    assert not outside.exists()
    elsewhere = {"id": "../../elsewhere/001-camera"}
    (tmp_path / "elsewhere").mkdir()
    shutil.copytree(lesson.directory / "001-camera", tmp_path / "elsewhere" / "001-camera")
    shutil.copytree(lesson.directory, tmp_path / "lessons" / "lesson")
    wanted = asdict(order(lesson, Path("out.mp4")))
    [part] = wanted["parts"]
    part |= {"directory": str(tmp_path / "lessons" / "lesson"), "tracks": [part["tracks"][0] | elsewhere]}
    assert (await asked(tmp_path / "work", render=wanted))[-1] == {"fault": "damaged"}

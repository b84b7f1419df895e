import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.server.demo import clip, framecounter
from web.server.demo.publisher import Clip
from web.server.demo.speech import synthesise

SMALL = {"width": 640, "height": 360, "seconds": 2, "rate_bps": 1_000_000}


@given(st.integers(0, (1 << framecounter.BITS) - 1), st.sampled_from([(320, 180), (1280, 720), (1366, 768)]))
def test_a_frame_number_is_read_back(number, size):
    width, height = size
    luma = bytearray(bytes([90]) * (width * height))
    framecounter.draw(luma, width, height, width, number)
    assert framecounter.read(luma, width, height, width) == number


def test_pictures_without_a_counter_or_with_a_broken_one_have_no_number():
    width, height = 640, 360
    blank = bytearray(bytes([90]) * (width * height))
    assert framecounter.read(blank, width, height, width) is None
    framecounter.draw(blank, width, height, width, 77)
    for y in range(height // 8):  # the seventh block is painted over
        at = y * width + 640 * 28 // 120 + 6 * 640 // 60
        blank[at : at + 11] = bytes([235]) * 11
    assert framecounter.read(blank, width, height, width) is None


def test_a_number_is_read_from_the_colours_of_a_screenshot():
    width, height = 640, 360
    luma = bytearray(bytes([90]) * (width * height))
    framecounter.draw(luma, width, height, width, 123_456)
    rgba = b"".join(bytes((value, value, value, 255)) for value in luma)
    assert framecounter.read(rgba, width, height, width * 4, step=4) == 123_456


def test_the_small_clip_is_the_same_pictures_at_a_small_rate(tmp_path):
    large = clip.ensure(tmp_path, width=1280, height=720, seconds=4, rate_bps=2_000_000)
    small = clip.small_of(large)
    with av.open(str(small)) as container:
        (video,) = container.streams
        assert (video.width, video.height) == (640, 360)
        numbers = [
            framecounter.read(memoryview(one.planes[0]), one.width, one.height, one.planes[0].line_size)
            for one in container.decode(video)
        ]
    assert numbers == list(range(120))
    loaded = Clip.load(small)
    assert 180_000 < sum(map(len, loaded.pictures)) * 8 / 4 < 320_000
    assert loaded.sounds == ()
    assert len(loaded.pictures) == 120


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return clip.ensure(tmp_path_factory.mktemp("clip"), **SMALL)


def test_the_clip_is_made_once_whole_and_says_how_far_it_is(tmp_path):
    steps = []
    made = clip.ensure(tmp_path / "cache", steps.append, **SMALL)
    assert steps[0] == 0
    assert steps == sorted(steps)
    assert steps[-1] == 1
    assert sorted(made.parent.iterdir()) == sorted([made, clip.small_of(made)])
    stamp = made.stat().st_mtime_ns
    assert clip.ensure(tmp_path / "cache", **SMALL).stat().st_mtime_ns == stamp


def test_a_clip_that_could_not_be_finished_leaves_nothing(tmp_path):
    def stop(done):
        if done > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        clip.ensure(tmp_path, stop, **SMALL)
    assert list(tmp_path.iterdir()) == []


def test_each_picture_carries_its_number_and_any_browser_decodes_it(path):
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        assert video.codec_context.profile == "Constrained Baseline"
        assert not video.codec_context.has_b_frames
        keys = []
        for index, frame in enumerate(container.decode(video)):
            plane = frame.planes[0]
            assert framecounter.read(memoryview(plane), frame.width, frame.height, plane.line_size) == index
            if frame.key_frame:
                keys.append(index)
    assert index == 59
    assert keys == [0]


def test_the_loaded_clip_is_annex_b_with_parameter_sets_before_keyframes(path):
    loaded = Clip.load(path)
    assert len(loaded.pictures) == 60
    assert len(loaded.sounds) == 100
    assert loaded.fps == 30
    types = [nal[0] & 31 for nal in loaded.pictures[0].replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")[1:]]
    assert types[:2] != [5, 5]
    assert {7, 8, 5} <= set(types)  # SPS, PPS, IDR
    assert all(picture.startswith((b"\0\0\0\1", b"\0\0\1")) for picture in loaded.pictures)


def test_speech_has_pauses_and_repeats_itself_exactly():
    samples = synthesise(3)
    assert samples == synthesise(3)
    assert len(samples) == 3 * 48_000
    loud = [max(map(abs, samples[at : at + 960])) > 500 for at in range(0, len(samples), 960)]
    assert 0.3 < sum(loud) / len(loud) < 0.95

"""From a publisher's packets to files that play: every frame present, each where it belongs on the lesson's clock."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from recordings.codecs.opus import SILENCE
from recordings.files import LessonFolder
from tests.unit.recordings import played
from tests.unit.recordings.harness import ZERO_US, Desk, paced
from tests.unit.recordings.streams import Sender, encode, encode_opus

LATE_S = 0.02  # Sender.late_us: the least way through the network counts as part of the sender's clock


def close_to(times: list[float], expected: list[float], most_s: float = 0.002) -> bool:
    return len(times) == len(expected) and all(abs(a - b) <= most_s for a, b in zip(times, expected, strict=True))


@pytest.mark.parametrize("codec", ["H264", "VP9", "AV1"])
def test_every_frame_is_there_at_its_time(tmp_path: Path, codec: str) -> None:
    sender, desk = Sender(codec), Desk(tmp_path / "lesson")
    frames = encode(codec, 300)
    track = desk.track(sender)
    desk.feed(track, sender, list(paced(sender, frames, start_us=2_000_000)))
    track.finish()
    [entry] = desk.folder.entries
    folder = tmp_path / "lesson" / entry.folder
    shown = played.pictures(folder)
    assert close_to([at for at, _ in shown], [2 + n / 30 + LATE_S for n in range(300)])
    assert [number for _, number in shown] == [n % 30 for n in range(300)]
    assert entry.start_ms == pytest.approx(2_020, abs=2)
    assert entry.end_ms == pytest.approx(12_020, abs=2)
    assert played.probe_segments(folder) == 3
    assert played.probe(folder)["streams"][0]["nb_read_packets"] == "300"
    assert sum(item.duration_s for item in played.listed(folder)) == pytest.approx(10, abs=0.002)
    assert entry.gaps == []


def test_sound_and_picture_of_a_publisher_stay_in_step(tmp_path: Path) -> None:
    """The picture takes 200 ms longer to encode than the sound; by sender reports they are in step all the same."""
    desk = Desk(tmp_path / "lesson")
    video, audio = Sender("H264", late_us=220_000), Sender("opus", ssrc=9, base=77)
    picture, sound = desk.track(video), desk.track(audio, "mic")
    packets = [(at + video.late_us, 0, at, data) for at, data in paced(video, encode("H264", 240))]
    for n, data in enumerate(encode_opus(8)):
        packets += [(n * 20_000 + audio.late_us, 1, n * 20_000, p) for p in audio.rtp(data, n * 20_000)]
    packets += [(at + 30_000, 2, at, b"") for at in range(0, 8_000_000, 1_000_000)]
    for arrival, which, media_us, data in sorted(packets, key=lambda packet: packet[0]):
        now = ZERO_US + arrival
        if which == 2:
            picture.report(*video.report(media_us, ZERO_US + media_us), now)
            sound.report(*audio.report(media_us, ZERO_US + media_us), now)
        else:
            (picture, sound)[which].rtp(data, 0, now)
            (picture, sound)[which].tick(now)
    picture.finish()
    sound.finish()
    shown, heard = (entry.folder for entry in sorted(desk.folder.entries, key=lambda entry: entry.kind, reverse=True))
    first_picture = played.pictures(tmp_path / "lesson" / shown)[0][0]
    samples = played.samples(tmp_path / "lesson" / heard)
    assert len(samples) == 400
    assert first_picture == pytest.approx(samples[0][0], abs=0.001)
    assert all(duration == pytest.approx(0.02, abs=1e-4) for _, duration, _ in samples)
    assert played.probe(tmp_path / "lesson" / heard)["streams"][0]["codec_name"] == "opus"


def test_reordered_and_doubled_packets_change_nothing(tmp_path: Path) -> None:
    sender, desk = Sender("H264"), Desk(tmp_path / "lesson")
    packets = list(paced(sender, encode("H264", 150)))
    rng = random.Random(5)
    late = sorted(packets, key=lambda packet: packet[0] + rng.randrange(300_000))
    late = [packets[0], *[packet for packet in late if packet != packets[0]]]
    late += rng.sample(packets, 50)
    track = desk.track(sender)
    now = 0
    for media_us, packet in late:
        now = max(now, media_us)
        track.rtp(packet, 0, ZERO_US + now + 20_000)
        track.tick(ZERO_US + now + 20_000)
    track.finish()
    [entry] = desk.folder.entries
    assert len(played.pictures(tmp_path / "lesson" / entry.folder)) == 150
    assert track.packets_lost == 0


@pytest.mark.parametrize("codec", ["H264", "VP9", "AV1"])
@pytest.mark.parametrize("seed", range(3))
def test_loss_costs_frames_until_the_next_keyframe_and_nothing_else(tmp_path: Path, codec: str, seed: int) -> None:
    sender, desk = Sender(codec), Desk(tmp_path / "lesson")
    frames = encode(codec, 300)
    rng = random.Random(seed)
    lost_frame = rng.randrange(5, 200)
    sent = list(paced(sender, frames))
    of_frame = [packet for packet in sent if packet[0] == lost_frame * 1_000_000 // 30]
    lost = rng.choice(of_frame)
    packets = [packet for packet in sent if packet is not lost]
    track = desk.track(sender)
    desk.feed(track, sender, packets)
    track.finish()
    [entry] = desk.folder.entries
    folder = tmp_path / "lesson" / entry.folder
    back = (lost_frame // 30 + 1) * 30 if lost_frame % 30 else lost_frame + 30
    expected = [n for n in range(300) if n < lost_frame or n >= back]
    shown = played.pictures(folder)
    assert [number for _, number in shown] == [n % 30 for n in expected]
    assert close_to([at for at, _ in shown], [n / 30 + LATE_S for n in expected])
    played.probe_segments(folder)
    assert any(at >= lost_frame / 30 * 1e6 for at in desk.wanted)
    [gap] = LessonFolder.load(tmp_path / "lesson").entries[0].gaps
    assert gap == pytest.approx([(at / 30 + LATE_S) * 1_000 for at in (lost_frame, back)], abs=2)


def test_random_loss_never_makes_a_broken_file(tmp_path: Path) -> None:
    for seed, codec in enumerate(("H264", "VP9", "AV1", "H264", "VP9", "AV1")):
        sender, desk = Sender(codec), Desk(tmp_path / str(seed))
        rng = random.Random(seed)
        packets = [packet for packet in paced(sender, encode(codec, 300)) if rng.random() > 0.01]
        track = desk.track(sender)
        desk.feed(track, sender, packets)
        track.finish()
        for entry in desk.folder.entries:
            folder = tmp_path / str(seed) / entry.folder
            assert played.probe_segments(folder)
            shown = played.pictures(folder)
            assert len(shown) == int(played.probe(folder)["streams"][0]["nb_read_packets"])
            assert all(abs((at - LATE_S) * 30 - round((at - LATE_S) * 30)) < 0.05 for at, _ in shown)
            assert all(number == round((at - LATE_S) * 30) % 30 for at, number in shown)


def test_a_track_that_begins_without_a_keyframe_waits_for_one_and_asks(tmp_path: Path) -> None:
    sender, desk = Sender("H264"), Desk(tmp_path / "lesson")
    track = desk.track(sender)
    desk.feed(track, sender, list(paced(sender, encode("H264", 90)[10:])))
    track.finish()
    [entry] = desk.folder.entries
    shown = played.pictures(tmp_path / "lesson" / entry.folder)
    assert len(shown) == 60
    assert shown[0][0] == pytest.approx(1 + LATE_S, abs=0.002)
    assert desk.wanted


def test_a_keyframe_is_asked_for_when_none_came_for_four_seconds(tmp_path: Path) -> None:
    sender, desk = Sender("H264"), Desk(tmp_path / "lesson")
    track = desk.track(sender)
    desk.feed(track, sender, list(paced(sender, encode("H264", 240, gop=300))))
    track.finish()
    asked = [at for at in desk.wanted if at > 2_000_000]
    assert asked
    assert 4_000_000 <= asked[0] <= 4_300_000


def test_another_size_is_another_initialisation_segment(tmp_path: Path) -> None:
    for codec in ("H264", "VP9", "AV1"):
        sender, desk = Sender(codec), Desk(tmp_path / codec)
        track = desk.track(sender)
        packets = list(paced(sender, encode(codec, 60)))
        packets += paced(sender, encode(codec, 60, width=640, height=360), start_us=2_000_000)
        desk.feed(track, sender, packets)
        track.finish()
        [entry] = desk.folder.entries
        folder = tmp_path / codec / entry.folder
        assert [item.init for item in played.listed(folder)] == ["init-1.mp4", "init-2.mp4"]
        assert "#EXT-X-DISCONTINUITY\n" in (folder / "index.m3u8").read_text()
        assert close_to([at for at, _ in played.pictures(folder)], [n / 30 + LATE_S for n in range(120)])
        played.probe(folder)


def test_sizes_that_change_all_the_time_do_not_fill_the_disk(tmp_path: Path) -> None:
    sender, desk = Sender("H264"), Desk(tmp_path / "lesson")
    track = desk.track(sender)
    small, large = encode("H264", 3, gop=3), encode("H264", 3, gop=3, width=640, height=360)
    packets = [
        packet for n in range(60) for packet in paced(sender, (small, large)[n % 2], start_us=n * 100_000)
    ]  # ten sizes a second for six seconds
    packets += paced(sender, encode("H264", 60), start_us=7_000_000)
    desk.feed(track, sender, packets)
    track.finish()
    [entry] = desk.folder.entries
    folder = tmp_path / "lesson" / entry.folder
    assert 6 <= len(list(folder.glob("init-*.mp4"))) <= 4 + 7
    assert [number for _, number in played.pictures(folder)][-60:] == [n % 30 for n in range(60)]
    played.probe_segments(folder)


def test_pictures_out_of_order_keep_their_times(tmp_path: Path) -> None:
    """B-frames: not what WebRTC sends, but what an encoder may."""
    sender, desk = Sender("H264"), Desk(tmp_path / "lesson")
    frames = encode("H264", 150, bframes=2)
    assert [frame.pts for frame in frames] != sorted(frame.pts for frame in frames)
    track = desk.track(sender)
    desk.feed(track, sender, list(paced(sender, frames)))
    track.finish()
    [entry] = desk.folder.entries
    folder = tmp_path / "lesson" / entry.folder
    shown = played.pictures(folder)
    times = [at for at, _ in shown]
    assert len(times) == 150
    assert all(at == pytest.approx(n / 30 + times[0], abs=0.002) for n, at in enumerate(times))
    assert [number for _, number in shown] == [n % 30 for n in range(150)]
    assert played.probe(folder)["streams"][0]["nb_read_packets"] == "150"


def test_timestamps_that_jump_do_not_move_the_lesson(tmp_path: Path) -> None:
    sender, desk = Sender("H264"), Desk(tmp_path / "lesson")
    track = desk.track(sender)
    desk.feed(track, sender, list(paced(sender, encode("H264", 90))))
    sender.base = (sender.base + 1_000_000_000) & 0xFFFFFFFF
    desk.feed(track, sender, list(paced(sender, encode("H264", 90), start_us=3_000_000)))
    track.finish()
    [entry] = desk.folder.entries
    times = [at for at, _ in played.pictures(tmp_path / "lesson" / entry.folder)]
    assert close_to(times, [n / 30 + LATE_S for n in range(180)], 0.03)


@pytest.mark.parametrize(("codec", "then"), [("H264", "VP9"), ("VP9", "H264"), ("H264", "H264")])
def test_what_comes_in_another_format_is_left_to_the_next_track(tmp_path: Path, codec: str, then: str) -> None:
    """A browser that changes its codec, or its profile, goes on with the same SSRC; the next track begins later."""
    sender, desk = Sender(codec), Desk(tmp_path / "lesson")
    track = desk.track(sender)
    desk.feed(track, sender, list(paced(sender, encode(codec, 60))))
    sender.codec = then
    others = [
        (at, packet[:1] + bytes((packet[1] & 0x80 | 98,)) + packet[2:])
        for at, packet in paced(sender, encode(then, 60), start_us=2_000_000)
    ]
    desk.feed(track, sender, others)
    following = desk.track(sender)
    desk.feed(following, sender, [one for one in others if one[0] >= 3_000_000])
    track.finish()
    following.finish()
    first, second = desk.folder.entries
    assert [number for _, number in played.pictures(tmp_path / "lesson" / first.folder)] == [n % 30 for n in range(60)]
    assert len(played.pictures(tmp_path / "lesson" / second.folder)) == 30
    for entry in (first, second):
        played.probe_segments(tmp_path / "lesson" / entry.folder)


@pytest.mark.parametrize("codec", ["H264", "opus"])
def test_a_track_that_stops_for_ten_minutes_goes_on_as_another_stretch(tmp_path: Path, codec: str) -> None:
    sender, desk = Sender(codec), Desk(tmp_path / "lesson")
    track = desk.track(sender)
    for start_us in (0, 600_000_000):
        if codec == "opus":
            sounds = [(start_us + n * 20_000, encode_opus(2)[n]) for n in range(100)]
            packets = [(at, packet) for at, sound in sounds for packet in sender.rtp(sound, at)]
        else:
            packets = list(paced(sender, encode(codec, 60), start_us=start_us))
        desk.feed(track, sender, packets)
    track.finish()
    first, second = desk.folder.entries
    assert (first.start_ms, first.end_ms) == (pytest.approx(20, abs=2), pytest.approx(2_020, abs=40))
    assert (second.start_ms, second.end_ms) == (pytest.approx(600_020, abs=2), pytest.approx(602_020, abs=40))
    assert first.gaps == second.gaps == []
    for entry in (first, second):
        played.probe_segments(tmp_path / "lesson" / entry.folder)


def test_a_new_ssrc_goes_on_in_the_same_track(tmp_path: Path) -> None:
    first, desk = Sender("H264"), Desk(tmp_path / "lesson")
    track = desk.track(first)
    desk.feed(track, first, list(paced(first, encode("H264", 60))))
    second = Sender("H264", ssrc=77, seq=5, base=12)
    desk.feed(track, second, list(paced(second, encode("H264", 60), start_us=2_000_000)))
    track.finish()
    [entry] = desk.folder.entries
    assert len(played.pictures(tmp_path / "lesson" / entry.folder)) == 120


def test_missing_sound_is_silence_and_a_long_silence_ends_the_stretch(tmp_path: Path) -> None:
    sender, desk = Sender("opus"), Desk(tmp_path / "lesson")
    track, opus = desk.track(sender, "mic"), encode_opus(20)
    packets = []
    for n in range(1_000):
        for packet in sender.rtp(opus[n], n * 20_000):
            if not 100 <= n < 150 and not 300 <= n < 900:
                packets.append((n * 20_000, packet))
    desk.feed(track, sender, packets)
    track.finish()
    first, second = (played.samples(tmp_path / "lesson" / entry.folder) for entry in desk.folder.entries)
    assert [entry.gaps for entry in desk.folder.entries] == [[[2_020, 3_020]], []]
    assert len(first) == 300
    assert [size for _, _, size in first[100:150]] == [len(SILENCE)] * 50
    assert first[-1][0] == pytest.approx(299 * 0.02 + LATE_S, abs=0.002)
    assert len(second) == 100
    assert second[0][0] == pytest.approx(18 + LATE_S, abs=0.002)


def test_a_lower_layer_stands_in_while_the_highest_is_away(tmp_path: Path) -> None:
    high, low = Sender("H264"), Sender("H264", ssrc=2, seq=9, base=5)
    desk = Desk(tmp_path / "lesson")
    track = desk.track(high)
    packets = [(at, 0, data) for at, data in paced(high, encode("H264", 240)) if not 2_000_000 <= at < 5_000_000]
    packets += [(at, 1, data) for at, data in paced(low, encode("H264", 240, width=160, height=120))]
    for at, layer, data in sorted(packets, key=lambda packet: packet[0]):
        track.rtp(data, layer, ZERO_US + at)
        track.tick(ZERO_US + at)
    track.finish()
    [entry] = desk.folder.entries
    folder = tmp_path / "lesson" / entry.folder
    assert [item.init for item in played.listed(folder)] == ["init-1.mp4", "init-2.mp4", "init-3.mp4"]
    shown = played.pictures(folder)
    assert len(shown) >= 240 - 65
    played.probe(folder)


@pytest.mark.parametrize("codec", ["H264", "VP9", "AV1", "opus"])
def test_garbage_raises_nothing(tmp_path: Path, codec: str) -> None:
    desk, rng = Desk(tmp_path / "lesson"), random.Random(3)
    sender = Sender(codec)
    real = [p for at, p in paced(sender, encode(codec, 60))] if codec != "opus" else sender.rtp(encode_opus(1)[0], 0)
    track = desk.track(sender)
    for n in range(4_000):
        data = bytearray(rng.choice(real))
        for _ in range(rng.randrange(4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        track.rtp(bytes(data[: rng.randrange(len(data) + 1)]), 0, ZERO_US + n * 1_000)
        track.tick(ZERO_US + n * 1_000)
    track.finish()

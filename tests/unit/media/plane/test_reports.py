"""Reports and requests: receiver reports, transport-wide feedback, sender reports, keyframe requests."""

import struct

import pytest

from media.plane import Extensions
from tests.unit.media.plane.wire import (
    AUDIO,
    AUDIO_MAP,
    DELTA,
    KEY,
    NONE,
    VIDEO,
    VIDEO_MAP,
    Camera,
    Wire,
    rtcp_parts,
)


def arrivals(report: bytes) -> dict[int, float]:
    """Transport-wide feedback by the draft's text: number → arrival in seconds, of those that came."""
    base, count, reference = struct.unpack("!HHL", report[12:20])
    symbols: list[int] = []
    at = 20
    while len(symbols) < count:
        (chunk,) = struct.unpack_from("!H", report, at)
        at += 2
        if chunk >> 15 == 0:
            symbols += [chunk >> 13 & 3] * (chunk & 0x1FFF)
        elif chunk >> 14 & 1:
            symbols += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            symbols += [chunk >> shift & 1 for shift in range(13, -1, -1)]
    time = (reference >> 8) * 64e-3
    found = {}
    for number, symbol in enumerate(symbols[:count]):
        if symbol == 1:
            time += report[at] * 250e-6
            at += 1
        elif symbol == 2:
            time += struct.unpack_from("!h", report, at)[0] * 250e-6
            at += 2
        else:
            continue
        found[(base + number) & 0xFFFF] = time
    assert len(report) - at < 4
    return found


def test_transport_wide_feedback_says_when_everything_arrived(wire: Wire) -> None:
    publisher = wire.end()
    wire.plane.add_stream(publisher.id, "video", VIDEO, Extensions(transport_cc=5), ssrc=7)
    camera = Camera(publisher, 7)
    number, sent = 65500, {}
    for i in range(900):
        wire.now += 0.001 if i % 100 else 0.4
        number = (number + (1 if i % 7 else 3)) & 0xFFFF  # every seventh time two are lost on the way
        camera.elements = {5: number.to_bytes(2, "big")}
        camera.send(KEY)
        sent[number] = wire.now
        wire.turn()
    wire.pass_time(0.2)
    reports = publisher.feedback(205, 15)
    got: dict[int, float] = {}
    for index, report in enumerate(reports):
        assert report[8:12] == (7).to_bytes(4, "big")
        assert report[19] == index & 0xFF
        got |= arrivals(report)
    assert got.keys() == sent.keys()
    assert all(abs(got[n] - sent[n]) < 0.02 for n in sent)
    assert all(len(report) < 1200 for report in reports)


def test_a_jump_in_transport_wide_numbers_is_survived(wire: Wire) -> None:
    publisher = wire.end()
    wire.plane.add_stream(publisher.id, "video", VIDEO, Extensions(transport_cc=5), ssrc=7)
    camera = Camera(publisher, 7)
    for number in (5, 30000, 60000, 2, 1, 40, 2087, 4200):
        camera.elements = {5: number.to_bytes(2, "big")}
        camera.send(KEY)
        wire.turn()
    wire.pass_time(0.2)
    got: dict[int, float] = {}
    for report in publisher.feedback(205, 15):
        got |= arrivals(report)
    assert {5, 30000, 60000, 2, 2087, 4200} <= got.keys()


def test_receiver_reports_count_loss_and_answer_sender_reports(wire: Wire) -> None:
    publisher = wire.end()
    wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=7)
    camera = Camera(publisher, 7, seq=65000)
    for i in range(1000):
        packet = camera.next(DELTA)
        if i % 10 != 5:
            publisher.send(packet)
        if i % 100 == 0:
            wire.turn()
    publisher.send_rtcp(struct.pack("!BBHLQLLL", 0x80, 200, 6, 7, 0x1111222233334444, 5, 0, 0))
    wire.turn()
    wire.now += 0.5
    wire.plane.on_timer(wire.now)
    (compound,) = [c for c in publisher.receive()[1] if c[1] == 201]
    (kind, count, report), (description, _, name) = rtcp_parts(compound)
    assert (kind, count, description) == (201, 1, 202)
    assert b"tongke" in name
    ssrc, loss, highest, _, last, delay = struct.unpack("!LLLLLL", report[8:])
    assert (ssrc, loss >> 24, loss & 0xFFFFFF) == (7, 100 * 256 // 1000, 100)
    assert highest == 1 << 16 | (65000 + 999) & 0xFFFF
    assert last == 0x22223333
    assert abs(delay / 65536 - 0.5) < 0.02


def test_sender_reports_are_the_publishers_clock_in_the_slots_time(wire: Wire) -> None:
    publisher, subscriber = wire.end(), wire.end()
    stream = wire.plane.add_stream(publisher.id, "audio", AUDIO, NONE, ssrc=7)
    slot = wire.plane.add_slot(subscriber.id, "audio", 100, 0, NONE, "0")
    wire.plane.bind(slot, stream, AUDIO_MAP)
    microphone = Camera(publisher, 7, timestamp=4_000_000_000, payload_type=111)
    microphone.send(b"opus")
    ntp = 3_900_000_000 << 32
    publisher.send_rtcp(struct.pack("!BBHLQLLL", 0x80, 200, 6, 7, ntp, 4_000_000_000 + 480, 1, 4))
    wire.turn()
    (packet,) = subscriber.packets()
    wire.now += 2
    wire.plane.on_timer(wire.now)
    (report,) = subscriber.feedback(200, 0)
    ssrc, got_ntp, got_rtp, packets, size = struct.unpack("!LQLLL", report[4:28])
    assert (ssrc, packets, size) == (100, 1, 4)
    passed = (got_ntp - ntp) / 2**32
    assert 1.9 < passed < 2.2
    assert abs((got_rtp - packet.timestamp - 480 & 0xFFFFFFFF) - passed * 48000) < 2

    wire.now += 0.08
    block = struct.pack("!LLLLLL", 100, 64 << 24 | 3, 0, 0, got_ntp >> 16 & 0xFFFFFFFF, int(0.03 * 65536))
    subscriber.send_rtcp(struct.pack("!BBHL", 0x81, 201, 7, 99) + block)
    wire.turn()
    stats = wire.plane.slot_stats(slot)
    assert stats.fraction_lost == 0.25
    assert abs(stats.rtt_s - 0.05) < 0.01


@pytest.mark.parametrize("fir", [False, True])
def test_keyframe_requests_of_all_subscribers_are_one_request(wire: Wire, fir: bool) -> None:
    publisher = wire.end()
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=7)
    subscribers = [wire.end() for _ in range(10)]
    for subscriber in subscribers:
        wire.plane.bind(wire.plane.add_slot(subscriber.id, "video", 100, 200, NONE, "0"), stream, VIDEO_MAP)
    camera = Camera(publisher, 7)
    camera.send(KEY)
    wire.turn()
    wire.pass_time(1)
    publisher.raw()
    for _ in range(5):
        for subscriber in subscribers:
            if fir:
                subscriber.send_rtcp(struct.pack("!BBHLLLL", 0x84, 206, 4, 99, 0, 100, 0))
            else:
                subscriber.send_rtcp(struct.pack("!BBHLL", 0x81, 206, 2, 99, 100))
        wire.turn()
    assert len(publisher.feedback(206, 1)) == 1
    wire.pass_time(2)  # no keyframe: it is asked for again
    assert 3 <= len(publisher.feedback(206, 1)) <= 4
    camera.send(KEY)
    wire.turn()
    wire.pass_time(2)
    assert publisher.feedback(206, 1) == []
    assert wire.plane.stream_stats(stream).keyframes == 2


def test_a_recent_keyframe_in_the_cache_starts_a_picture_at_once(wire: Wire) -> None:
    publisher, subscriber = wire.end(), wire.end()
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=7)
    camera = Camera(publisher, 7)
    publisher.send(camera.next(b"\x09\xf0", step=0))  # a delimiter, then the keyframe, of one picture
    for i in range(5):
        camera.send((DELTA if i else KEY) + bytes([i]))
    wire.turn()
    slot = wire.plane.add_slot(subscriber.id, "video", 100, 200, NONE, "0")
    wire.plane.bind(slot, stream, VIDEO_MAP)
    camera.send(DELTA + b"\x05")
    wire.turn()
    wire.plane.on_timer(wire.now)
    got = subscriber.packets()
    assert [p.payload[4:] for p in got] == [b"", b"\x00", b"\x01", b"\x02", b"\x03", b"\x04", b"\x05"]
    assert [(p.seq - got[0].seq) & 0xFFFF for p in got] == list(range(7))
    assert publisher.feedback(206, 1) == []


def test_the_audio_level_is_smoothed_and_silence_is_silent(wire: Wire) -> None:
    publisher = wire.end()
    stream = wire.plane.add_stream(publisher.id, "audio", AUDIO, Extensions(audio_level=1), ssrc=7)
    microphone = Camera(publisher, 7, payload_type=111, elements={1: bytes([20])})

    def speak(level: int, seconds: float) -> int:
        microphone.elements = {1: bytes([level])}
        for _ in range(int(seconds / 0.02)):
            wire.now += 0.02
            microphone.send(b"opus")
            wire.turn()
        return wire.plane.stream_stats(stream).audio_level

    assert speak(20, 1) == 20
    assert 20 < speak(120, 0.1) < 90
    assert speak(120, 2) > 117
    assert speak(10, 2) < 12
    wire.pass_time(1)
    assert wire.plane.stream_stats(stream).audio_level == 127

"""Late joiners: the picture group that is under way, paced; and a picture that stays until the next has come."""

from __future__ import annotations

from media.plane import Extensions
from tests.unit.media.plane.wire import DELTA, KEY, VIDEO, VIDEO_MAP, Camera, End, Packet, Wire

NONE = Extensions()
BODY = bytes(1000)


def pictures(camera: Camera, count: int, packets: int = 10) -> None:
    """Pictures of as many packets, the first a keyframe."""
    for n in range(count):
        for i in range(packets):
            start = (KEY if n == 0 else DELTA) if i == 0 else DELTA
            step = 3000 if i == packets - 1 else 0
            camera.end.send(camera.next(start + BODY, step=step))


def numbers(packets: list[Packet]) -> list[int]:
    return [(p.seq - packets[0].seq) & 0xFFFF for p in packets]


def test_a_picture_group_is_paced_behind_which_live_packets_wait(wire: Wire) -> None:
    publisher, subscriber = wire.end(), wire.end()
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=7)
    camera = Camera(publisher, 7)
    pictures(camera, 12)
    wire.turn()  # 120 packets of a kilobyte in no time: over a quarter of a second, 480 kB/s
    wire.plane.bind(wire.plane.add_slot(subscriber.id, "video", 100, 200, NONE, "0"), stream, VIDEO_MAP)
    assert subscriber.packets() == []
    wire.plane.on_timer(wire.now)
    got = subscriber.packets()
    assert 0 < len(got) < 40
    camera.send(DELTA)
    wire.turn()
    assert subscriber.packets() == [], "what is live waits"
    wire.pass_time(0.03, step=0.01)
    more = subscriber.packets()
    assert 10 < len(more) < 40
    wire.pass_time(0.3, step=0.002)
    got += more + subscriber.packets()
    assert numbers(got) == list(range(121))
    assert got[-1].payload == DELTA
    camera.send(DELTA + b"!")
    wire.turn()
    assert [p.payload for p in subscriber.packets()] == [DELTA + b"!"], "it has caught up"
    assert publisher.feedback(206, 1) == []


def test_whoever_joins_before_its_keys_starts_from_the_cache_when_they_come(wire: Wire) -> None:
    publisher = wire.end()
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=7)
    pictures(Camera(publisher, 7), 2)
    wire.turn()
    unkeyed = wire.plane.add_peer()
    slot = wire.plane.add_slot(unkeyed, "video", 100, 200, NONE, "0")
    wire.plane.bind(slot, stream, VIDEO_MAP)
    wire.plane.on_timer(wire.now)
    assert wire.plane.slot_stats(slot).packets == 0
    other = wire.end()
    wire.plane.set_path(unkeyed, other.path)
    wire.plane.set_keys(unkeyed, *wire.plane._keys[other.id])
    wire.pass_time(0.1, step=0.002)
    assert wire.plane.slot_stats(slot).packets == 20
    assert publisher.feedback(206, 1) == []


def asked(wire: Wire, publisher: End, stream: int) -> int:
    """How many keyframes someone who joins now asks for."""
    publisher.receive()
    joining = wire.end()
    slot = wire.plane.add_slot(joining.id, "video", 100, 200, NONE, "0")
    wire.plane.bind(slot, stream, VIDEO_MAP)
    wire.plane.on_timer(wire.now)
    assert joining.packets() == []
    return len(publisher.feedback(206, 1))


def test_a_group_that_is_old_or_large_is_not_replayed_but_a_keyframe_asked_for(wire: Wire) -> None:
    publisher = wire.end()
    stream = wire.plane.add_stream(publisher.id, "video", VIDEO, NONE, ssrc=7)
    camera = Camera(publisher, 7)
    pictures(camera, 1)
    wire.turn()
    wire.pass_time(1.0, step=0.5)
    assert asked(wire, publisher, stream) == 1
    wire.pass_time(1.0, step=0.5)
    camera.send(KEY)
    for _ in range(64):
        for _ in range(50):
            camera.send(DELTA + BODY)
        wire.turn()
    wire.pass_time(0.6)
    assert wire.plane.stream_stats(stream).bytes > 3 << 20
    assert asked(wire, publisher, stream) == 1


def test_what_is_shown_stays_until_the_next_ones_keyframe(wire: Wire) -> None:
    low_end, high_end, subscriber = wire.end(), wire.end(), wire.end()
    low, high = (wire.plane.add_stream(e.id, "video", VIDEO, NONE, ssrc=7) for e in (low_end, high_end))
    slot = wire.plane.add_slot(subscriber.id, "video", 100, 200, NONE, "0")
    small, large = Camera(low_end, 7), Camera(high_end, 7, seq=900)
    wire.plane.bind(slot, low, VIDEO_MAP)
    small.send(KEY + b"low")
    large.send(KEY + b"old")
    wire.turn()
    wire.plane.bind(slot, high, VIDEO_MAP, keep=True)
    assert len(high_end.feedback(206, 1)) == 1
    small.send(DELTA + b"low")
    large.send(DELTA + b"high")
    wire.turn()
    large.send(KEY + b"high")
    small.send(DELTA + b"late")
    wire.turn()
    large.send(DELTA + b"high")
    wire.turn()
    got = subscriber.packets()
    assert [p.payload[4:] for p in got] == [b"low", b"low", b"late", b"high", b"high"] or [
        p.payload[4:] for p in got
    ] == [b"low", b"low", b"high", b"high"]
    assert numbers(got) == list(range(len(got)))


def test_whoever_waits_for_a_stream_that_ends_keeps_what_it_has(wire: Wire) -> None:
    low_end, high_end, subscriber = wire.end(), wire.end(), wire.end()
    low, high = (wire.plane.add_stream(e.id, "video", VIDEO, NONE, ssrc=7) for e in (low_end, high_end))
    slot = wire.plane.add_slot(subscriber.id, "video", 100, 200, NONE, "0")
    small = Camera(low_end, 7)
    wire.plane.bind(slot, low, VIDEO_MAP)
    small.send(KEY)
    wire.turn()
    wire.plane.bind(slot, high, VIDEO_MAP, keep=True)
    wire.plane.remove_stream(high)
    small.send(DELTA)
    wire.turn()
    assert [p.payload for p in subscriber.packets()] == [KEY, DELTA]


def test_whoever_loses_what_it_shows_goes_on_with_what_it_waits_for(wire: Wire) -> None:
    low_end, high_end, subscriber = wire.end(), wire.end(), wire.end()
    low, high = (wire.plane.add_stream(e.id, "video", VIDEO, NONE, ssrc=7) for e in (low_end, high_end))
    slot = wire.plane.add_slot(subscriber.id, "video", 100, 200, NONE, "0")
    wire.plane.bind(slot, low, VIDEO_MAP)
    Camera(low_end, 7).send(KEY)
    wire.turn()
    wire.plane.bind(slot, high, VIDEO_MAP, keep=True)
    wire.plane.remove_stream(low)
    Camera(high_end, 7).send(KEY + b"high")
    wire.turn()
    assert [p.payload for p in subscriber.packets()] == [KEY, KEY + b"high"]
    wire.plane.remove_slot(slot)


def test_a_lessons_streams_share_what_they_may_cache(wire: Wire) -> None:
    ends = [wire.end() for _ in range(6)]
    cameras = []
    for end in ends:
        wire.plane.add_stream(end.id, "video", VIDEO, NONE, ssrc=7)
        cameras.append(Camera(end, 7))
    before = wire.counter("cached_bytes")
    for _ in range(300):
        for camera in cameras:
            for _ in range(50):
                camera.send(DELTA + bytes(1300))
            wire.turn()
    assert before == 0
    assert 60 << 20 < wire.counter("cached_bytes") <= 64 << 20

"""What a decoder must know, read from the streams themselves."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.codecs import DEPACKETIZERS
from recordings.codecs.h264 import SPS, parameter_sets
from recordings.codecs.opus import duration
from recordings.mp4 import init_segment
from recordings.rtp import Packet
from tests.unit.recordings.streams import Encoded, Sender, encode, encode_opus, payloads


def packets(codec: str, frame: Encoded, timestamp: int = 0) -> list[Packet]:
    parts = payloads(codec, frame)
    return [Packet(n, timestamp, n == len(parts) - 1, 96, 1, part, 0) for n, part in enumerate(parts)]


@pytest.mark.parametrize("size", [(320, 240), (426, 238), (854, 480)])
@pytest.mark.parametrize("codec", ["H264", "VP9", "AV1"])
def test_the_size_is_the_picture_s_and_not_the_blocks(codec: str, size: tuple[int, int]) -> None:
    depacketizer = DEPACKETIZERS[codec]("")
    frames = [f for packet in packets(codec, encode(codec, 2, 30, *size)[0]) for f in depacketizer.push(packet)]
    assert [(frame.key, frame.config.width, frame.config.height) for frame in frames] == [(True, *size)]


def test_parameter_sets_may_come_with_the_session_description_only() -> None:
    key = encode("H264", 30)[0]
    nals = [nal for nal in key.data.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if nal]
    sets = [nal for nal in nals if nal[0] & 0x1F in (7, 8)]
    fmtp = "packetization-mode=1;sprop-parameter-sets=" + ",".join(base64.b64encode(nal).decode() for nal in sets)
    assert parameter_sets(fmtp) == sets
    bare = Encoded(0, b"".join(b"\0\0\0\1" + nal for nal in nals if nal[0] & 0x1F not in (7, 8)), True)
    depacketizer = DEPACKETIZERS["H264"](fmtp)
    depacketizer.push(Packet(0, 1, True, 96, 1, b"\x41\x9a", 0))  # a unit before, so that the next is surely whole
    frames = [frame for packet in packets("H264", bare, 2) for frame in depacketizer.push(packet)]
    assert [frame.key for frame in frames] == [True]
    without = DEPACKETIZERS["H264"]("")
    assert not [frame for packet in packets("H264", bare, 2) for frame in without.push(packet)]


@pytest.mark.parametrize("fmtp", ["sprop-parameter-sets=!!", "sprop-parameter-sets=", "sprop-parameter-sets=Zw=="])
def test_broken_parameter_sets_are_as_none(fmtp: str) -> None:
    assert DEPACKETIZERS["H264"](fmtp).broken


def test_parameter_sets_do_not_stand_in_the_pictures() -> None:
    depacketizer = DEPACKETIZERS["H264"]("")
    [frame] = [f for packet in packets("H264", encode("H264", 30)[0]) for f in depacketizer.push(packet)]
    at, kinds = 0, []
    while at < len(frame.data):
        size = int.from_bytes(frame.data[at : at + 4], "big")
        kinds.append(frame.data[at + 4] & 0x1F)
        at += 4 + size
    assert at == len(frame.data)
    assert SPS not in kinds
    assert 5 in kinds


def test_packets_that_only_probe_are_no_loss_and_no_frame() -> None:
    sender, depacketizer = Sender("VP9"), DEPACKETIZERS["VP9"]("")
    first, second = encode("VP9", 60)[:2]
    out = [frame for packet in packets("VP9", first, 1) for frame in depacketizer.push(packet)]
    assert not depacketizer.push(Packet(9, 1, False, 96, sender.ssrc, b"", 0))
    out += [frame for packet in packets("VP9", second, 2) for frame in depacketizer.push(packet)]
    assert len(out) == 2


def test_the_length_of_an_opus_packet() -> None:
    assert {duration(packet) for packet in encode_opus(1)} == {960}
    assert duration(bytes((0xFC, 0xFF, 0xFE))) == 960
    assert duration(bytes((0xFF, 6, 0, 0))) == 6 * 960
    assert duration(b"\xff\x3f") == 0  # longer than 120 ms
    assert duration(b"") == 0


def bits(*fields: tuple[int, int] | int) -> bytes:
    """(value, width) as it stands, a bare number as Exp-Golomb; ones behind them."""
    text = ""
    for field in fields:
        if isinstance(field, tuple):
            text += f"{field[0]:0{field[1]}b}"
        else:
            text += "0" * ((field + 1).bit_length() - 1) + f"{field + 1:b}"
    text += "1" * (-len(text) % 8 + 64)
    return bytes(int(text[at : at + 8], 2) for at in range(0, len(text), 8))


def h264_keyframe(sps: bytes) -> list[bytes]:
    return [sps, b"\x68\xce\x3c\x80", b"\x65\x88\x80\x10"]


def in_fragments(nal: bytes) -> list[bytes]:
    """RFC 6184 §5.8."""
    parts = [nal[at : at + 1200] for at in range(1, len(nal), 1200)]
    last = len(parts) - 1
    return [
        bytes((nal[0] & 0xE0 | 28, (0x80 if n == 0 else 0x40 if n == last else 0) | nal[0] & 0x1F)) + part
        for n, part in enumerate(parts)
    ]


SIZE = (0, 0, (1, 1), 19, 14, (1, 1), (1, 1), (0, 1), (0, 1))  # POC type and the like, 320×240
STRANGE_CHROMA = b"\x67" + bits((100, 8), (0, 8), (30, 8), 0, 300, 0, 0, (0, 1), (0, 1), 0, 2, *SIZE[1:])
STRANGE_DEPTH = b"\x67" + bits((100, 8), (0, 8), (30, 8), 0, 1, 90, 0, (0, 1), (0, 1), 0, 2, *SIZE[1:])
LONG_SET = b"\x67" + bits((66, 8), (0, 8), (30, 8), 0, 0, 2, *SIZE[1:]) + bytes(70_000)
HUGE_VP9 = b"\x08" + bits((2, 2), (0, 2), (0, 2), (0, 2), (0x498342, 24), (1, 3), (0, 1), (0xFFFFFFFF, 32))
SEQUENCE = bits((0b00011, 5), (0, 5), (0xFF, 8), (0xFFFFFFFF, 32), (0, 30))[:12]
HUGE_AV1 = bytes((0x28, 13, 0x08)) + SEQUENCE + bytes((0x30, 0x10, 0))


@pytest.mark.parametrize(
    ("codec", "parts"),
    [
        ("H264", h264_keyframe(STRANGE_CHROMA)),
        ("H264", h264_keyframe(STRANGE_DEPTH)),
        ("H264", [b"\x09\xf0", *in_fragments(LONG_SET), *h264_keyframe(b"")[1:]]),
        ("VP9", [HUGE_VP9]),
        ("AV1", [HUGE_AV1]),
    ],
    ids=["chroma", "depth", "long", "vp9", "av1"],
)
def test_parameters_that_mp4_has_no_room_for_are_no_keyframe(codec: str, parts: list[bytes]) -> None:
    depacketizer = DEPACKETIZERS[codec]("")
    for n, part in enumerate(parts):
        frames = depacketizer.push(Packet(n, 7, n == len(parts) - 1, 96, 1, part, 0))
        assert not [init_segment(frame.config, 90_000) for frame in frames]
    assert depacketizer.broken


@pytest.mark.parametrize("codec", ["H264", "VP9", "AV1"])
@given(data=st.data())
def test_no_payload_makes_a_depacketizer_raise(codec: str, data: st.DataObject) -> None:
    whole = [part for frame in encode(codec, 30)[:2] for part in payloads(codec, frame)]
    depacketizer = DEPACKETIZERS[codec]("")
    for n in range(data.draw(st.integers(1, 4))):
        part = bytearray(data.draw(st.sampled_from(whole)))
        for at, value in data.draw(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), max_size=8)):
            part[at % len(part)] = value
        for frame in depacketizer.push(Packet(n, n, True, 96, 1, bytes(part), 0)):
            init_segment(frame.config, 90_000)

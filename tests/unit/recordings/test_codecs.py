"""What a decoder must know, read from the streams themselves."""

from __future__ import annotations

import base64

import pytest

from recordings.codecs import DEPACKETIZERS
from recordings.codecs.h264 import SPS, parameter_sets
from recordings.codecs.opus import duration
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

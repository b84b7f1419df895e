"""Order out of disorder."""

from __future__ import annotations

import random

import pytest

from recordings.rtp import REORDER_WAIT_US, Gap, Packet, Reorder, parse


def packet(seq: int, arrival_us: int = 0) -> Packet:
    return Packet(seq & 0xFFFF, 0, False, 96, 1, b"x", arrival_us)


def test_any_order_comes_out_in_order_across_the_wrap() -> None:
    rng, reorder = random.Random(1), Reorder()
    seqs = list(range(65_400, 65_700))
    shuffled = [seqs[0], *sorted(seqs[1:], key=lambda seq: seq + rng.randrange(40))]
    out = [item for seq in shuffled for item in (*reorder.push(packet(seq)), *reorder.push(packet(seq)))]
    assert [item.seq for item in out if isinstance(item, Packet)] == [seq & 0xFFFF for seq in seqs]
    assert not reorder.flush()


def test_a_missing_packet_is_waited_for_and_then_a_gap() -> None:
    reorder = Reorder()
    assert len(reorder.push(packet(1))) == 1
    assert reorder.push(packet(4, 1_000)) == []
    assert reorder.release(1_000 + REORDER_WAIT_US - 1) == []
    assert reorder.release(1_000 + REORDER_WAIT_US) == [Gap(2), packet(4, 1_000)]
    assert reorder.push(packet(2, 900_000)) == []


def test_a_sender_that_begins_anew_is_followed() -> None:
    reorder = Reorder()
    for seq in range(30_000, 30_010):
        reorder.push(packet(seq))
    out = [item for seq in range(100, 300) for item in reorder.push(packet(seq))]
    assert out[0] == Gap(0)
    assert isinstance(out[-1], Packet)
    assert out[-1].seq == 299
    assert len(out) > 100


@pytest.mark.parametrize(
    "data", [b"", b"\x80" * 11, b"\x00" * 20, b"\xa0" + bytes(11) + b"\x30", b"\x90" + bytes(12), b"\x8f" + bytes(20)]
)
def test_what_is_no_packet_is_none(data: bytes) -> None:
    assert parse(data, 0) is None


def test_header_parts_are_taken_off() -> None:
    header = bytes((0xB1, 0xE0)) + (7).to_bytes(2, "big") + bytes(8) + bytes(4) + bytes((0xBE, 0xDE, 0, 1)) + bytes(4)
    read = parse(header + b"abc" + b"\0\0\3", 5)
    assert read is not None
    assert (read.seq, read.marker, read.payload_type, read.payload, read.arrival_us) == (7, True, 0x60, b"abc", 5)

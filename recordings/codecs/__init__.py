"""From RTP payloads to frames as MP4 holds them, one module a codec. Pure: no I/O, no clock."""

from __future__ import annotations

from recordings.codecs.av1 import Av1
from recordings.codecs.frames import Config, Depacketizer, Frame
from recordings.codecs.h264 import H264
from recordings.codecs.opus import Opus
from recordings.codecs.vp9 import Vp9

DEPACKETIZERS: dict[str, type[Depacketizer]] = {"H264": H264, "VP9": Vp9, "AV1": Av1, "opus": Opus}

__all__ = ["DEPACKETIZERS", "Config", "Depacketizer", "Frame"]

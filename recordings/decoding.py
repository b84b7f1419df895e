"""A decoder for a track, as its initialisation segment describes it."""

from __future__ import annotations

from typing import Any

import av

MOST_PIXELS = 8192 * 4320  # of a picture that is decoded: what publishers sent is not believed
DECODERS = {"H264": "h264", "VP9": "vp9", "AV1": "libdav1d"}
CONFIGS = (b"avcC", b"av1C")


def decoder(codec: str, init: bytes) -> Any:
    """Raises av.FFmpegError."""
    made = av.CodecContext.create(DECODERS[codec], "r")
    for kind in CONFIGS:
        at = init.find(kind)
        if at > 0:
            made.extradata = init[at + 4 : at - 4 + int.from_bytes(init[at - 4 : at], "big")]
    return made

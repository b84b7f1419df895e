"""What a file is, by its first bytes. Its name says nothing."""

from __future__ import annotations

import codecs
from enum import StrEnum

HEAD = 1024
"""Bytes that tell: of a PDF the header may stand anywhere in them."""


class Form(StrEnum):
    PDF = "pdf"
    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"
    GIF = "gif"
    OFFICE = "office"  # a zip, in which the sandbox looks for slides, or a simulation
    HTML = "html"
    MP4 = "mp4"
    WEBM = "webm"
    MP3 = "mp3"
    OGG = "ogg"
    WAV = "wav"
    FLAC = "flac"


IMAGES = frozenset({Form.PNG, Form.JPEG, Form.WEBP, Form.GIF})
MEDIA = frozenset({Form.MP4, Form.WEBM, Form.MP3, Form.OGG, Form.WAV, Form.FLAC})

MIMES = {
    Form.MP4: "video/mp4",
    Form.WEBM: "video/webm",
    Form.MP3: "audio/mpeg",
    Form.OGG: "audio/ogg",
    Form.WAV: "audio/wav",
    Form.FLAC: "audio/flac",
}

_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", Form.PNG),
    (b"\xff\xd8\xff", Form.JPEG),
    (b"GIF87a", Form.GIF),
    (b"GIF89a", Form.GIF),
    (b"PK\x03\x04", Form.OFFICE),
    (b"\x1aE\xdf\xa3", Form.WEBM),
    (b"ID3", Form.MP3),
    (b"OggS", Form.OGG),
    (b"fLaC", Form.FLAC),
)
_RIFF = {b"WEBP": Form.WEBP, b"WAVE": Form.WAV}


def form_of(head: bytes) -> Form | None:
    """None for anything that is not taken: SVG among it, which can hold programs. HTML is a simulation, whose program
    runs in a frame that reaches nothing."""
    for beginning, form in _BEGINNINGS:
        if head.startswith(beginning):
            return form
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return Form.MP4
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:  # the sync word of MPEG layer III
        return Form.MP3
    if head.removeprefix(codecs.BOM_UTF8).lstrip()[:14].lower().startswith((b"<!doctype html", b"<html")):
        return Form.HTML
    return Form.PDF if b"%PDF-" in head[:HEAD] else None

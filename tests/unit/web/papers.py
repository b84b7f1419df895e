"""Files as teachers have them, and as nobody should: small ones, written here."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from functools import reduce
from pathlib import Path

import av
import numpy as np
from PIL import Image


def pdf(*pages: str, objects: tuple[bytes, ...] = (), resources: bytes = b"", size: str = "960 540") -> bytes:
    """A PDF with a line of text a page; `objects` are numbered from 4 on, before the pages' own."""
    first = 4 + len(objects)
    kids = " ".join(f"{first + 2 * number} 0 R" for number in range(len(pages)))
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] /MediaBox [0 0 {size}] >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        *objects,
    ]
    for number, text in enumerate(pages):
        content = first + 2 * number + 1
        parts.append(
            f"<< /Type /Page /Parent 2 0 R /Contents {content} 0 R "
            f"/Resources << /Font << /F 3 0 R >> {resources.decode()} >> >>".encode()
        )
        drawn = text.encode() if text.startswith("%") else f"BT /F 64 Tf 80 260 Td ({text}) Tj ET".encode()
        parts.append(stream(drawn))
    out, at = bytearray(b"%PDF-1.7\n"), []
    for number, part in enumerate(parts, 1):
        at.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in at)
    return bytes(out) + (
        b"xref\n0 %d\n0000000000 65535 f \n%btrailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF"
        % (len(parts) + 1, table, len(parts) + 1, len(out))
    )


def stream(data: bytes, head: bytes = b"") -> bytes:
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(data), head, data)


def laughing_pdf() -> bytes:
    """Drawings of ten drawings of ten drawings …: a hundred billion of them on one page."""
    deep = 11
    objects = []
    for level in range(deep):
        own = b"/Type /XObject /Subtype /Form /BBox [0 0 960 540]"
        inner = b"/Resources << /XObject << /X %d 0 R >> >>" % (5 + level)
        drawn = b"/X Do " * 10 if level < deep - 1 else b"0 0 900 500 re f"
        objects.append(stream(drawn, own + b" " + (inner if level < deep - 1 else b"")))
    return pdf("%\n/X Do", objects=tuple(objects), resources=b"/XObject << /X 4 0 R >>")


OPERATORS = b"0 0 1 1 re f " * 80_660
LAST_BLOCK = b"\x03\x00"
"""Nothing, and that it is the last (RFC 1951, 3.2.3 and 3.2.6)."""


def swelling_pdf() -> bytes:
    """A page of two megabytes that unpack to a gigabyte of content."""
    squeeze = zlib.compressobj(9)
    first, again = (squeeze.compress(OPERATORS) + squeeze.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    sum_of_all = reduce(lambda before, _: zlib.adler32(OPERATORS, before), range(1024), 1)
    packed = first + 1023 * again + LAST_BLOCK + struct.pack(">I", sum_of_all)
    whole = pdf("%")
    return whole.replace(stream(b"%"), stream(packed, b"/Filter /FlateDecode"))


def png_header(width: int, height: int) -> bytes:
    """The beginning of a PNG that says to be this large, and a picture of nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000)))


def picture(form: str, width: int = 1200, height: int = 800) -> bytes:
    """A gradient; a JPEG says that it lies on its side, and where it was taken."""
    lights = np.linspace(0, 255, width, dtype=np.uint8)
    image = Image.fromarray(np.broadcast_to(lights[None, :, None], (height, width, 3)).copy())
    out, exif = io.BytesIO(), Image.Exif()
    if form == "JPEG":
        exif[0x0112] = 6
        exif.get_ifd(0x8825)[1] = "N"
    image.save(out, form, exif=exif)
    return out.getvalue()


def film(path: Path, seconds: int = 2, codec: str = "libx264", sound: bool = True) -> Path:
    """A clip of a grey that grows lighter, with a tone."""
    with av.open(path, "w") as container:
        video = container.add_stream(codec, rate=25)
        video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
        audio = container.add_stream("aac" if path.suffix == ".mp4" else "libopus", rate=48_000) if sound else None
        for number in range(25 * seconds):
            grey = np.full((180, 320, 3), min(255, 40 + number), np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(grey)))
            if audio is not None:
                times = (np.arange(1920) + 1920 * number) / 48_000
                tone = (0.3 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
                frame = av.AudioFrame.from_ndarray(tone[None, :], "flt", "mono")
                frame.rate, frame.pts = 48_000, 1920 * number
                container.mux(audio.encode(frame))
        container.mux(video.encode(None))
        if audio is not None:
            container.mux(audio.encode(None))
    return path


TONE_HZ = 440


def sound(path: Path, codec: str, seconds: int = 1, title: str = "") -> Path:
    """A tone of `TONE_HZ`."""
    with av.open(path, "w") as container:
        container.metadata["title"] = title
        stream = container.add_stream(codec, rate=48_000, layout="mono")
        tone = (0.3 * np.sin(2 * np.pi * TONE_HZ * np.arange(48_000 * seconds) / 48_000)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(tone[None, :], "flt", "mono")
        frame.rate, frame.pts = 48_000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OASIS = "urn:oasis:names:tc:opendocument:xmlns"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def pptx(*relations: str, **more: bytes | str) -> bytes:
    """What passes for a PPTX until LibreOffice opens it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("ppt/presentation.xml", "<p:presentation/>")
        parts.writestr("ppt/slides/_rels/slide1.xml.rels", rels(*relations))
        for name, data in more.items():
            parts.writestr(name, data)
    return out.getvalue()


def rels(*relations: str) -> str:
    return f'<Relationships xmlns="{PACKAGE}/relationships">{"".join(relations)}</Relationships>'


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as parts:
        for name, data in files.items():
            parts.writestr(name, data)
    return out.getvalue()


def odp(content: str | bytes) -> bytes:
    """What passes for an ODP until LibreOffice opens it, with this content."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as parts:
        parts.writestr("mimetype", "application/vnd.oasis.opendocument.presentation")
        parts.writestr("content.xml", content)
    return out.getvalue()


def drawn(element: str, href: str, prefix: str = "xlink") -> str:
    """The content of an ODP with one element that leads there."""
    return (
        f'<office:document-content xmlns:office="{OASIS}:office:1.0" xmlns:draw="{OASIS}:drawing:1.0" '
        f'xmlns:text="{OASIS}:text:1.0" xmlns:svg="{OASIS}:svg-compatible:1.0" '
        f'xmlns:{prefix}="http://www.w3.org/1999/xlink"><{element} {prefix}:href="{href}"/></office:document-content>'
    )


def relation(kind: str, target: str) -> str:
    return f'<Relationship Id="r1" Type="{RELATIONS}/{kind}" Target="{target}" TargetMode="External"/>'


def shown(element: str, attribute: str) -> str:
    """A slide of a PPTX with one element that refers to that relation."""
    return (
        f'<p:sld xmlns:r="{RELATIONS}" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
        f'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><{element} {attribute}="r1"/></p:sld>'
    )


FLAT_SLIDES = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" xmlns:xlink="http://www.w3.org/1999/xlink"
 office:version="1.2"
 office:mimetype="application/vnd.oasis.opendocument.presentation"><office:body><office:presentation>
<draw:page draw:name="one">
<draw:frame svg:width="20cm" svg:height="3cm" svg:x="2cm" svg:y="2cm"><draw:text-box>
<text:p><text:a xlink:href="https://example.org/">秋天来了 Autumn</text:a></text:p>
</draw:text-box></draw:frame></draw:page>
<draw:page draw:name="two"/></office:presentation></office:body></office:document>"""

"""A film or a sound that somebody has, as a resource: looked at in the sandbox, kept as it is."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath
from typing import Any

from recordings.carried import Carried
from recordings.files import Floor
from recordings.sandbox import Limits
from web.server.courseware.forms import HEAD, MEDIA, Form, form_of
from web.server.courseware.running import run
from web.server.exchange import folder
from web.server.exchange.folder import NotAFolder, safe

ENDINGS = {
    Form.MP4: ".mp4",
    Form.WEBM: ".webm",
    Form.MP3: ".mp3",
    Form.OGG: ".ogg",
    Form.WAV: ".wav",
    Form.FLAC: ".flac",
}
FAULTS = {
    "damaged": "it is damaged, or not whole",
    "codec_unsupported": "browsers do not play what is in it; they play H.264 and AAC in MP4, or VP9 and Opus in WebM",
    "type_unsupported": "it is no film and no sound that browsers play",
    "too_long": "it lasts longer than six hours",
    "too_many_pixels": "its picture is larger than is taken: of a film 4096 × 2304, else 64 million points",
    "too_many_pages": "it has more than 400 pages",
    "password_needed": "a password is needed to read it",
    "too_complex": "it takes too long to look at",
    "conversion_failed": "it could not be looked at",
}


async def film(place: Path, path: str, title: str, now_ms: int, floor: Floor) -> Carried:
    """What it comes to as an exported folder would have it; the file is moved to where that has it. Raises NotAFolder,
    DiskShort, OSError."""
    source = place / path
    with source.open("rb") as file:
        form = form_of(file.read(HEAD))
    if form not in MEDIA:
        raise NotAFolder(FAULTS["type_unsupported"], "type_unsupported")
    look = place / "look"
    look.mkdir()
    try:
        made = await run(source, form, look, Limits(), floor)
    finally:
        shutil.rmtree(look, ignore_errors=True)
    if made.said == "refused":
        raise NotAFolder(FAULTS.get(made.fault, made.fault), made.fault)
    target = f"{folder.MEDIA}/{safe(PurePosixPath(path).stem)}{ENDINGS[form]}"
    (place / folder.MEDIA).mkdir(exist_ok=True)
    source.rename(place / target)
    lasts = made.duration_ms or 0
    kinds = ("video", "audio") if made.kind == "video" else ("audio",)
    resource = {
        "title": title,
        "kind": "upload",
        "created_at": now_ms,
        "duration_ms": lasts,
        "tracks": [_track(kind, made.mime, target, lasts) for kind in kinds],
        "cuts": [],
    }
    return Carried({"": resource, "/events": [], "/words": []}, {})


def _track(kind: str, mime: str, path: str, lasts: int) -> dict[str, Any]:
    """A file that has both is played twice, once for its picture and once for its sound: all players here lead one
    sound beside each picture."""
    source = "courseware" if kind == "video" else "mic"
    return {
        "id": f"film-{kind}",
        "source": source,
        "participant": "",
        "kind": kind,
        "codec": "",
        "mime": mime,
        "width": 0,
        "height": 0,
        "start_ms": 0,
        "end_ms": lasts,
        "gaps": [],
        "playlist": path,
        "aac": None,
    }

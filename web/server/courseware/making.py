"""What a conversion makes of a file, in the words that pass between the sandbox and the server."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

BOXES = (320, 960, 1920, 3840)
"""Slides are rendered to fit into so wide a page of 16:9: a thumbnail, a tablet, a display, one at 2160p."""
MOST_SLIDES = 400
MOST_TEXT = 20_000  # characters of a slide

Fault = Literal[
    "damaged",
    "password_needed",
    "type_unsupported",
    "codec_unsupported",
    "links_outside",
    "office_missing",
    "simulation_unfit",
    "too_many_pages",
    "too_many_pixels",
    "too_complex",
    "too_long",
    "conversion_failed",
]


class Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Progress(Said):
    said: Literal["progress"] = "progress"
    slide: Annotated[int, Field(ge=0, le=MOST_SLIDES)]
    of: Annotated[int, Field(ge=1, le=MOST_SLIDES)]


class Made(Said):
    """`boxes` of `BOXES` in which every slide is there as `{slide}-{box}.webp`; a moving picture has one slide, a still
    of it. `text` is that of each slide. `anew`: the sound is there as `SPOKEN`."""

    said: Literal["made"] = "made"
    kind: Literal["slides", "audio", "video", "simulation"]
    slides: Annotated[int, Field(ge=0, le=MOST_SLIDES)] = 0
    boxes: list[int] = []
    duration_ms: Annotated[int, Field(ge=0, le=2**42)] | None = None
    mime: str = ""
    anew: bool = False


class Refused(Said):
    said: Literal["refused"] = "refused"
    fault: Fault


class Full(Said):
    """The disk is, which is not the file's fault."""

    said: Literal["full"] = "full"


class Unfenced(Said):
    """It goes to work where nothing keeps it from what the server can read."""

    said: Literal["unfenced"] = "unfenced"


Line: TypeAdapter[Progress | Made | Refused | Full | Unfenced] = TypeAdapter(
    Annotated[Progress | Made | Refused | Full | Unfenced, Field(discriminator="said")]
)


def slide_file(slide: int, box: int) -> str:
    return f"{slide}-{box}.webp"


TEXT = "text.json"
SIMULATION = "simulation.html"
SPOKEN = "spoken.mp3"

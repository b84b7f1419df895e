"""docs/protocol.md says what the code does: its tables are those of the rules, and no kind or field is left out."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel, RootModel

from classroom.events import Phase, Role
from classroom.kinds import COMMANDS, EVENTS
from classroom.permissions import PERMISSIONS
from classroom.rules import Standing
from classroom.visibility import VISIBILITY
from signaling import protocol
from signaling.ceilings import CEILINGS, Face
from signaling.media import PUBLISH, STATUS_OF

TEXT = (Path(__file__).resolve().parents[3] / "docs/protocol.md").read_text("utf-8")


def command_row(kind: str) -> str:
    cells = [", ".join(p.value for p in Phase if p in PERMISSIONS[kind].get(role, ())) or "–" for role in Role]
    return f"| `{kind}` | {' | '.join(cells)} |"


def event_row(kind: str) -> str:
    cells = [VISIBILITY[kind][role].value.replace("nothing", "–") for role in Role]
    return f"| `{kind}` | {' | '.join(cells)} |"


@pytest.mark.parametrize("kind", list(COMMANDS))
def test_who_may_do_what(kind: str) -> None:
    assert command_row(kind) in TEXT


@pytest.mark.parametrize("kind", list(EVENTS))
def test_who_may_see_what(kind: str) -> None:
    assert event_row(kind) in TEXT


@pytest.mark.parametrize("model", [*COMMANDS.values(), *EVENTS.values(), *protocol.SIGNALS.values(), protocol.Auth])
def test_every_field_is_described(model: type[BaseModel]) -> None:
    one_of = get_args(model.model_fields["root"].annotation) if issubclass(model, RootModel) else (model,)
    for name, info in (field for one in one_of for field in one.model_fields.items()):
        field = info.alias or name
        assert f"`{field}`" in TEXT or f"{field}:" in TEXT or f"{field}?" in TEXT, field


@pytest.mark.parametrize("kind", list(protocol.SIGNALS))
def test_every_signal_is_described(kind: str) -> None:
    assert f"| `{kind}` |" in TEXT


@pytest.mark.parametrize("role", list(Role))
def test_who_may_send_what(role: Role) -> None:
    sources = "what its token names" if role == Role.ENCODER else ", ".join(f"`{one}`" for one in PUBLISH[role]) or "–"
    assert f"| `{role}` | {sources} |" in TEXT


ROWS = {
    Face.DISPLAY: "`display`", Face.LOCAL: "`local_teacher`", Face.LEAD: "`lead_teacher`",
    Face.OBSERVER: "`observer`, `student`", Face.STUDENT: "`observer`, `student`",
    Face.PLAYER: "WHEP", Face.SMALL_PLAYER: "WHEP with `layer=low`",
}  # fmt: skip


@pytest.mark.parametrize("face", list(Face))
def test_who_gets_which_layer(face: Face) -> None:
    """A dash is what is not sent at all (`classroom.stage.wanted`)."""
    lines = TEXT.partition("### Layers")[2].splitlines()
    line = next(line for line in lines if line.startswith(f"| {ROWS[face]} | "))
    cells = [cell.strip() for cell in line.strip("|").split("|")][1:]
    assert all(cell in (CEILINGS[face][one], "–") for cell, one in zip(cells, Standing, strict=True))


@pytest.mark.parametrize("code", list(STATUS_OF))
def test_every_refusal_of_media_is_named(code: str) -> None:
    assert f"`{code}`" in TEXT

"""Codes of refusals: each is one kind of refusal, wherever it comes from."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

from classroom.errors import Status
from web.server.openapi import STATUS

HERE = Path(__file__).resolve().parents[3]
FOLDERS = ("classroom", "signaling", "recordings", "media", "web/server")


def test_one_code_one_meaning() -> None:
    """A code that is 409 at one door and 429 at another would have each client guess what to do."""
    found: dict[str, set[int]] = defaultdict(set)
    for folder in FOLDERS:
        for file in (HERE / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                match node:
                    case ast.Call(ast.Name("refused"), [ast.Constant(str(code)), *_]):
                        found[code].add(Status.CONFLICT)
                    case ast.Call(
                        ast.Name("ClientFault"), [ast.Constant(str(code)), _, ast.Attribute(ast.Name("Status"), kind)]
                    ):
                        found[code].add(Status[kind])
    assert len(found) > 90
    assert {code: kinds for code, kinds in found.items() if len(kinds) > 1} == {}
    assert {code: kinds for code, kinds in found.items() if kinds != {STATUS.get(code, *kinds)}} == {}

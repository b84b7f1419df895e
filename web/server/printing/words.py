"""The pages' words for a print, in one language, and figures and questions as these say them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

WORDS = Path(__file__).parent.parent / "print"
PLACE = re.compile(r"\{(\w+)(?:, plural ((?:\w+\([^)]*\) ?)+))?\}")
"""As web/client/src/i18n has it: `{n}`, or `{n, plural one(room) other(rooms)}`."""
FORM = re.compile(r"(\w+)\(([^)]*)\)")

Json = dict[str, Any]


class Words:
    def __init__(self, language: str) -> None:
        self.language = language
        self._known: dict[str, str] = json.loads((WORDS / f"{language}.json").read_text())

    def __call__(self, key: str, **values: Any) -> str:
        def filled(found: re.Match[str]) -> str:
            name, forms = found.groups()
            if name not in values:
                return found[0]
            return str(values[name]) if forms is None else self._form(dict(FORM.findall(forms)), values[name])

        return PLACE.sub(filled, self._known.get(key, key))

    def _form(self, forms: dict[str, str], n: Any) -> str:
        """Of the two languages Chinese has no plural, and English one for all but 1."""
        return forms.get("one" if self.language == "en" and n == 1 else "other", forms["other"])

    def prompt(self, asked: Json) -> str:
        return asked["prompt"] or self(f"prompt.{asked['type']}")

    def options(self, asked: Json) -> Sequence[str]:
        """What may be chosen; what is the same for everybody in the print's language."""
        match asked["type"]:
            case "roll":
                return [self("roll.here")]
            case "truefalse":
                return [self("answer.true"), self("answer.false")]
            case "rating":
                return [str(step) for step in range(1, asked["steps"] + 1)]
            case _:
                return asked.get("options") or []

    def why(self, code: str) -> str:
        return self(f"result.why.{code}")

    def said(self, figure: Any, unit: str = "") -> str:
        if isinstance(figure, str):
            return self.why(figure)
        value = figure["value"] if isinstance(figure, dict) else figure
        if unit == "s":
            return self("result.seconds", n=number(value / 1000, 1))
        return f"{number(value, 0)} %" if unit == "%" else number(value)

    def seconds(self, ms: int) -> str:
        return self("result.seconds", n=f"{ms / 1000:.{3 if 0 < ms < 10 else 2}f}")

    def range(self, figure: Any, unit: str) -> str:
        if not isinstance(figure, dict):
            return ""
        return self("result.range", low=self.said(figure["low"], unit), high=self.said(figure["high"], unit))


def number(value: float, digits: int = 2) -> str:
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

"""A resource as every format has it: its values in words and by the terms of others. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from classroom.store.records import Resource
from web.server.vocabularies import Term, Vocabularies

MIMES = {"recording": "video/mp4", "joined": "video/mp4", "link": "text/html"}
LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Described:
    """`base` is the installation's own address, without a slash at its end."""

    resource: Resource
    vocabularies: Vocabularies
    base: str

    @property
    def address(self) -> str:
        """Where it is seen; "" of what has left."""
        return f"{self.base}/library/{self.resource.id}" if self.base else ""

    @property
    def target(self) -> str:
        """Of a link, where it leads."""
        return self.resource.target if self.resource.kind == "link" else ""

    def term(self, field: str) -> Term | None:
        code = getattr(self.resource, field)
        return self.vocabularies.of[field].term(code) if code else None

    def labels(self, field: str) -> list[tuple[str, str]]:
        """Language and words, for each language; a code that no vocabulary has, as it is, in none."""
        term, code = self.term(field), getattr(self.resource, field)
        if term is None:
            return [("", code)] if code else []
        return [(language, term.labels[language]) for language in LANGUAGES if language in term.labels]

    def same_as(self, field: str, scheme: str) -> list[str]:
        """What another classification calls it: `scheme` is what its codes begin with, and is not theirs."""
        term = self.term(field)
        return [one.removeprefix(scheme) for one in term.same_as if one.startswith(scheme)] if term else []

    @property
    def licence(self) -> str:
        """Its address, where it has one."""
        term = self.term("licence")
        return next((one for one in term.same_as if one.startswith("https://")), "") if term else ""

    @property
    def mime(self) -> str:
        return self.resource.mime or MIMES.get(self.resource.kind, "")

    def people(self, *roles: str) -> list[str]:
        return [one["name"] for one in self.resource.contributors if not roles or one["role"] in roles]

    @property
    def date(self) -> str:
        return day(self.resource.published_at or self.resource.created_at)

    @property
    def lasts(self) -> str:
        """ISO 8601, "" where it does not."""
        return f"PT{round(self.resource.duration_ms / 1000)}S" if self.resource.duration_ms else ""


def day(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).date().isoformat()


def moment(ms: int) -> str:
    """To the second, as harvesters and feeds have it."""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

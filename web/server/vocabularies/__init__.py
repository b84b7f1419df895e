"""The catalogue's vocabularies: lists of codes with labels, as files of JSON that a district may replace.

A file `NAME.json` is `{"vocabulary": NAME, "labels": {…}, "terms": [{"code", "labels": {"zh", "en", …}, "same_as"?}]}`
(docs/vocabularies.md). Those of the package stand here; of a directory that is named, each file takes the place of the
one of its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from classroom.errors import OperatorFault
from classroom.payload import visible

SHIPPED = Path(__file__).parent
NAMES = {
    "subject": "subjects",
    "grade": "grades",
    "edition": "editions",
    "type": "types",
    "licence": "licences",
    "audience": "audiences",
}
"""Of a resource's fields, the vocabulary of each."""
MOST_BYTES = 1 << 20
MOST_TERMS = 2_000
NEEDED = ("zh", "en")

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=120), AfterValidator(visible)]
Outside = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]


def _spoken(labels: dict[str, str]) -> dict[str, str]:
    missing = [language for language in NEEDED if language not in labels]
    if missing:
        raise ValueError(f"no label in {' and '.join(missing)}")
    return labels


Labels = Annotated[dict[Language, Label], AfterValidator(_spoken)]


class Term(BaseModel):
    """`same_as`: codes of other classifications, or addresses, that mean the same."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    code: Code
    labels: Labels
    same_as: Annotated[list[Outside], Field(max_length=20)] = []


class Vocabulary(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    vocabulary: str
    labels: Labels
    terms: Annotated[list[Term], Field(min_length=1, max_length=MOST_TERMS)]

    def term(self, code: str) -> Term | None:
        return next((term for term in self.terms if term.code == code), None)


@dataclass(frozen=True, slots=True)
class Vocabularies:
    """By the name of the resource's field."""

    of: Mapping[str, Vocabulary]

    def known(self, field: str, code: str) -> bool:
        return self.of[field].term(code) is not None

    def labels(self, field: str, code: str) -> list[str]:
        """In every language that there is one in."""
        term = self.of[field].term(code)
        return list(term.labels.values()) if term else [code]

    def label(self, field: str, code: str, language: str) -> str:
        """A code that no vocabulary has stays as it is."""
        term = self.of[field].term(code)
        return term.labels.get(language, term.labels["en"]) if term else code


def load(directory: Path | None = None) -> Vocabularies:
    """Raises OperatorFault with one line that names the file and what is wrong with it."""
    files = {name: SHIPPED / f"{name}.json" for name in NAMES.values()}
    if directory is not None:
        if not directory.is_dir():
            raise OperatorFault(f"--vocabularies: {directory} is not a directory.")
        given = sorted(directory.glob("*.json"))
        if not given:
            raise OperatorFault(f"--vocabularies: {directory} holds no file NAME.json.")
        for path in given:
            if path.stem not in files:
                raise OperatorFault(
                    f"--vocabularies: {path.name} is none of {', '.join(f'{one}.json' for one in files)}."
                )
            files[path.stem] = path
    return Vocabularies({field: _read(files[name]) for field, name in NAMES.items()})


def _read(path: Path) -> Vocabulary:
    return shipped(path) if path.parent == SHIPPED else read(path)


@cache
def shipped(path: Path) -> Vocabulary:
    return read(path)


def read(path: Path) -> Vocabulary:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as fault:
        raise OperatorFault(f"The vocabulary {path} cannot be read: {fault.strerror}.") from fault
    if len(data) > MOST_BYTES:
        raise OperatorFault(f"The vocabulary {path} is larger than {MOST_BYTES} bytes.")
    try:
        found = Vocabulary.model_validate_json(data)
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise OperatorFault(f"The vocabulary {path}: {where + ': ' if where else ''}{first['msg']}.") from None
    if found.vocabulary != path.stem:
        raise OperatorFault(f"The vocabulary {path} says that it is {found.vocabulary!r}, not {path.stem!r}.")
    codes = [term.code for term in found.terms]
    if twice := next((code for code in codes if codes.count(code) > 1), None):
        raise OperatorFault(f"The vocabulary {path} has the code {twice!r} twice.")
    return found

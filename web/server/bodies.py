"""What a request's body may hold, and what is said of one that does not: Pydantic alone, for processes that read
strangers' files as well."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError

from classroom.errors import ClientFault, Status
from classroom.payload import straight, visible

# Names, titles and logins: what PostgreSQL and a screen can hold. Control characters are neither.
Words = Annotated[
    str,
    BeforeValidator(straight),
    StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]*$"),
    AfterValidator(visible),
]
Login = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, to_lower=True, min_length=1, max_length=80, pattern=r"^[^\x00-\x20\x7f]+$"
    ),
]
Id = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=400)]


class Body(BaseModel):
    """What a request carries: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class View(BaseModel):
    """What an answer shows, made from a row of the store or by hand."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


def malformed(fault: ValidationError) -> ClientFault:
    first = fault.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return ClientFault("malformed", f"{where}: {first['msg']}" if where else first["msg"], Status.MALFORMED)

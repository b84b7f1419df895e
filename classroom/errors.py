"""Errors that say whose fault it is. Network input can raise nothing but `ClientFault`."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """What kind of refusal it is; the numbers are HTTP's, and the only ones the product answers with."""

    MALFORMED = 400
    UNAUTHENTICATED = 401
    FORBIDDEN = 403
    NOT_FOUND = 404
    CONFLICT = 409
    PRECONDITION = 412
    TOO_LARGE = 413
    MEDIA_TYPE = 415
    REFUSED = 422
    TOO_OFTEN = 429
    UNAVAILABLE = 503


class ClientFault(Exception):
    """The caller's request cannot be carried out.

    `code` is stable, snake_case, and what clients branch on; `message` is one English sentence for a person.
    """

    def __init__(
        self, code: str, message: str, status: Status = Status.REFUSED, retry_after_s: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.retry_after_s = retry_after_s


class OperatorFault(Exception):
    """The installation cannot do its work (a port in use, a directory not writable): one line, exit status 2."""

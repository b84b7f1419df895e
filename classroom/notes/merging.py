"""Many updates as one: what was deleted is not in it any more, and what was written in one go is one piece."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from pycrdt import Doc, XmlFragment

log = logging.getLogger(__name__)


def merge(updates: Iterable[bytes]) -> bytes | None:
    """None where pycrdt cannot. Its panics are no Exceptions."""
    try:
        doc: Doc[XmlFragment] = Doc()
        for update in updates:
            doc.apply_update(update)
        return doc.get_update()
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        log.exception("updates of notes could not be merged")
        return None

"""Structured logs on standard error: lines on a terminal, JSON elsewhere. Ids and codes, never names or addresses."""

from __future__ import annotations

import logging
import sys
from typing import Literal

import structlog
from aiohttp.http_exceptions import HttpProcessingError

ours = logging.getLogger("tongke")


def _without_bytes(record: logging.LogRecord) -> bool:
    """What is no HTTP is a stranger's doing: a line, without the address and the bytes that aiohttp would show."""
    fault = record.exc_info[1] if record.exc_info else None
    if isinstance(fault, HttpProcessingError):
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.msg, record.args, record.exc_info = "malformed request: %s", (type(fault).__name__,), None
    return True


def configure(style: Literal["auto", "json", "console"], level: int = logging.INFO) -> None:
    console = style == "console" or (style == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: list[structlog.typing.Processor] = (
        # The renderer's own traceback shows local variables, which hold names and passwords.
        [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)]
        if console
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: ours,
        cache_logger_on_first_use=False,
    )
    # What libraries log goes the same way, from warnings on. A line that cannot be written, on a full disk or to a
    # journal that went away, is lost, and stops nothing: the handler of the standard library sees to that.
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    logging.raiseExceptions = False
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    ours.setLevel(level)
    logging.getLogger("aiohttp.server").addFilter(_without_bytes)

"""structlog: JSON in production, readable in a console; personal data never reach a log line."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# Fields that hold personal data or secrets wherever they turn up; their values are dropped, not masked.
_PRIVATE = frozenset(
    [
        "phone",
        "mobile",
        "number",
        "id_number",
        "name",
        "contact_name",
        "password",
        "code",
        "token",
        "cookie",
        "csrf",
        "authorization",
        "body",
        "form",
        "data",
        "voucher",
        "bank",
        "address",
        "text",
        "sealed",
        "old_phone",
        "new_phone",
    ]
)
_DIGITS = re.compile(r"(?<![\w-])(?:1[3-9]\d{9}|\d{17}[\dXx]|\d{15})(?![\w-])")


def drop_personal(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Remove declared fields, and numbers that look like a phone or an ID inside any text that is left."""
    for key in list(event):
        if key in _PRIVATE:
            del event[key]
        elif isinstance(event[key], str) and key not in {"request_id", "timestamp"}:
            event[key] = _DIGITS.sub("[…]", event[key])
    return event


def configure(fmt: str = "console", level: str = "INFO") -> None:
    """Set up structlog and the standard library's logging once a process."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        drop_personal,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if fmt == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            # Plain: the rich one prints local variables, and with them what must not be in a log.
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("casbin", "pgqueuer", "_granian", "granian.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)

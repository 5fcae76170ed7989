"""structlog: JSON in production, readable in a console; personal data never reach a log line."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

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
        "contact",
        "contact_phone",
        "relative_phone",
        "worker_name",
        "employer_name",
        "birth_date",
        "bank_account",
        "account_number",
        "username",
        "witness",
        "evidence",
        "reason",
        "note",
        "values",
        "uscc",
        "q",
    ]
)
# A mobile (also in groups), a landline with its area code, an ID number, a bank account; between Chinese words, too.
_DIGITS = re.compile(
    r"(?<![0-9A-Za-z_-])(?:1[3-9]\d[ -]?\d{4}[ -]?\d{4}|0\d{2,3}-\d{7,8}|\d{17}[Xx]|\d{15,19})(?![0-9A-Za-z_-])"
)
_KEPT = frozenset({"request_id", "timestamp", "level"})
_PLAIN = (bool, float, UUID, datetime, date, timedelta, type(None))


def scrub(text: str) -> str:
    """Return the text without whatever looks like a telephone, an ID number or a bank account."""
    return _DIGITS.sub("[…]", text)


def scrubbed(value: Any) -> Any:
    """Return a value of plain data with every text in it scrubbed; anything else becomes its scrubbed text."""
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, int):
        return scrub(str(value)) if _DIGITS.fullmatch(str(value)) else value
    if isinstance(value, Mapping):
        return {k: scrubbed(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [scrubbed(v) for v in value]
    return scrub(str(value))


def _without_private(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _without_private(v) for k, v in value.items() if str(k) not in _PRIVATE}
    if isinstance(value, list | tuple | set | frozenset):
        return [_without_private(v) for v in value]
    return scrubbed(value)


def drop_personal(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Remove declared fields at any depth, and numbers that look like a person's inside whatever text is left."""
    for key in list(event):
        if key in _PRIVATE:
            del event[key]
        elif key not in _KEPT and not key.startswith("_"):
            event[key] = _without_private(event[key])
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
    # Each call to an outside system is a row of its own already, without its address.
    for noisy in ("casbin", "pgqueuer", "_granian", "granian.access", "httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)

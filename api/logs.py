"""Logs: one line per event, as JSON for programmes or in colour for a person; never a body, a query or a secret."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

_NEVER = ("password", "token", "secret", "authorization", "cookie", "csrf")


def without_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank every value whose name speaks of a secret, whoever put it there."""
    for name in event:
        if any(word in name.lower() for word in _NEVER):
            event[name] = "…"
    return event


def set_up_logs(stream: TextIO | None = None) -> None:
    """Write to standard error, or to ``stream``: JSON, unless a person is looking."""
    looking = (stream or sys.stderr).isatty()
    # Plain: the usual one shows the values of every name in a traceback, passwords too.
    plain = structlog.dev.plain_traceback
    renderer: Any = (
        structlog.dev.ConsoleRenderer(exception_formatter=plain) if looking else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            without_secrets,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if looking else [structlog.processors.format_exc_info]),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: structlog.PrintLogger(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )

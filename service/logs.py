"""Logs: one JSON line an act, with numbers and ids; no personal data."""

import logging
import sys

import structlog

from service import clock


def configure_logs() -> None:
    """Structured lines on standard error, for every process."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _stamp,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.getLogger("imapclient").setLevel(logging.WARNING)


def _stamp(_logger: object, _method: str, event: dict[str, object]) -> dict[str, object]:
    event["at"] = clock.now().isoformat(timespec="milliseconds")
    return event

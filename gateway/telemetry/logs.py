"""Logs: one JSON object a line on standard error; secrets never reach it.

Redaction is here and not in people's care: fields named like a secret are emptied, and anything that has the form of
one of our secrets is cut wherever it stands in a line.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import orjson
import structlog

_NAMED = re.compile(r"authorization|cookie|password|secret|token|api[-_]?key|digest", re.IGNORECASE)
_SHAPED = re.compile(
    r"\bg(?:ck|cs|ct|cl|se)_[A-Za-z0-9]{20,}|\beyJ[\w-]+\.[\w-]+\.[\w-]+|(?<=Basic )\S+|(?<=Bearer )\S+"
)
_HIDDEN = "[hidden]"


def configure(level: int = logging.INFO) -> None:
    """Send structlog and the standard library's loggers through one pipe."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_dump),
            ],
        )
    )
    ours = logging.getLogger()
    ours.handlers, ours.level = [handler], level


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Empty what is named like a secret; cut what is shaped like one."""
    return {key: _HIDDEN if _NAMED.search(key) else _clean(value) for key, value in event.items()}


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _SHAPED.sub(_HIDDEN, value)
    if isinstance(value, dict):
        return {key: _HIDDEN if _NAMED.search(str(key)) else _clean(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(inner) for inner in value]
    return value


def _dump(event: Any, **_options: Any) -> str:
    # One line whatever the text holds: JSON escapes the line breaks that log injection needs.
    return orjson.dumps(event, default=str).decode()

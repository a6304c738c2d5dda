"""Logs: one JSON object a line on standard error; secrets never reach it.

Redaction is here and not in people's care: what is named like a secret is emptied, whether it is a field or stands in a
text (`client_secret=…`, `Authorization: …`), and what has the form of a secret is cut wherever it stands. Values that
are no text become text first, so that nothing is told that was not looked at. JSON in ASCII escapes every line break,
also those of Unicode: no text can forge a line.
"""

import json
import logging
import math
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from gateway.credentials.api_keys import SecretKind

_NAMES = r"(?:authorization|cookie|password|passwd|secret|token|api[-_]?key|digest)"
_NAMED = re.compile(_NAMES, re.IGNORECASE)
_TOLD = re.compile(
    rf"({_NAMES}[\w-]*(?:=|[\"']?:\s*))"  # a form, a URL, a repr; a header field, JSON
    r"(?:\"[^\"]*\"?|'[^']*'?|(?:(?:Basic|Bearer)\s+)?[^\s\"',;&)]+)",
    re.IGNORECASE,
)
_SHAPED = re.compile(
    rf"(?:{'|'.join(SecretKind)})(?:_|%5F)[A-Za-z0-9]{{20,}}"  # ours
    r"|eyJ[\w-]+\.[\w-]+\.[\w-]*"  # a JWT (RFC 7519 §3)
    r"|(?<=[Bb]asic )(?=\S*[A-Z0-9])[\w+/=-]{8,}"  # RFC 7617 §2
    r"|(?<=[Bb]earer )[\w.~+/=-]{6,}"  # RFC 6750 §2.1
    r"|(?<=://)[^/\s@]+(?=@)"  # user:password@ in a URL
)
_HIDDEN = "[hidden]"
_FORMATTERS_OWN = frozenset({"_record", "_from_structlog"})
"""What the formatter itself put there; it is taken out again before the line is made."""

_SERVERS = ("gunicorn.error", "gunicorn.access")
"""Loggers that come with handlers of their own, which would write past this pipe."""


class _Pipe(logging.StreamHandler[Any]):
    """Writes lines; one that cannot be made is not shown raw, as the standard library would."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the standard library's name
        """Say that there was a line, and whose."""
        self.stream.write(json.dumps({"event": "a line that cannot be written", "logger": record.name}) + "\n")


def configure(level: int = logging.INFO) -> None:
    """Send structlog, the standard library's loggers and the server's through one pipe."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        # A logger that was cached keeps the processors it met first, and would miss whatever is configured later.
        cache_logger_on_first_use=False,
    )
    pipe = _Pipe(sys.stderr)
    pipe.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=True),
            ],
        )
    )
    ours = logging.getLogger()
    ours.handlers, ours.level = [pipe], level
    for name in _SERVERS:
        logging.getLogger(name).handlers, logging.getLogger(name).propagate = [], True


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Empty what is named like a secret; cut what is shaped like one."""
    return {key: value if key in _FORMATTERS_OWN else _field(key, value) for key, value in event.items()}


def _field(name: str, value: Any) -> Any:
    return _HIDDEN if _NAMED.search(name) else _clean(value)


def _clean(value: Any) -> Any:
    if value is None or isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, Mapping):
        return {_cut(str(key)): _field(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(inner) for inner in value]
    return _cut(str(value))


def _cut(text: str) -> str:
    return _SHAPED.sub(_HIDDEN, _TOLD.sub(rf"\1{_HIDDEN}", text))

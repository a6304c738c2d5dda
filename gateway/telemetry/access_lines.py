"""One line of the access log: a JSON object about one call.

The law: no query, no path as it was sent (a path may hold a person's number), no body, no full address, no person. The
path is that of the declared operation; where none was found, there is none. A line is never longer than a pipe takes
in one piece, so that lines of several processes do not mingle.
"""

from datetime import UTC, datetime
from functools import lru_cache

import orjson

from gateway.http.clients import client_address, shortened
from gateway.http.grammar import read_length
from gateway.http.headers import Headers
from gateway.pipeline.ports import Finished
from gateway.pipeline.tracing import trace_id
from gateway.telemetry.version_names import VersionName, VersionNames

LONGEST = 4096
"""Bytes: what POSIX promises at least for a write to a pipe in one piece (PIPE_BUF; on Linux it is this)."""

_LONGEST_OPERATION = 280  # characters: each of them takes six bytes at most, and all of them stand there twice

_shortened = lru_cache(maxsize=4_096)(shortened)


def line_of(finished: Finished, names: VersionNames, proxies: int) -> bytes:
    """The line, with its end. `proxies` is how many trusted ones stand in front of us."""
    event, name = finished.event, names.of(finished.event.version_id)
    operation = event.operation[:_LONGEST_OPERATION]
    return orjson.dumps(
        {
            "time": time_of(event.received_at),
            "request_id": event.request_id,
            "trace_id": trace_id(finished.headers, event.request_id),
            "client": client_of(finished.peer, finished.headers, proxies),
            "api": name.api or None,
            "version": name.version or None,
            "operation": operation or None,
            "application_id": event.application_id or None,
            "method": event.method[:40],
            "path": _path(name, operation),
            "status": event.status,
            "refusal": event.refusal or None,
            "duration_ms": round(finished.latency_ms, 3),
            "upstream_ms": None if finished.upstream_ms is None else round(finished.upstream_ms, 3),
            "request_bytes": _declared(finished.headers),
            "sent_bytes": finished.sent_bytes,
        },
        option=orjson.OPT_APPEND_NEWLINE,
    )


def time_of(seconds: float) -> str:
    """A moment in UTC to the millisecond (RFC 3339); `seconds` is since the epoch."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def client_of(peer: str, headers: Headers, proxies: int) -> str | None:
    """The network of the client, or None where its address is not known."""
    told = ",".join(headers.all("x-forwarded-for")) if proxies else ""
    return _shortened(client_address(peer, told, proxies))


def _path(name: VersionName, operation: str) -> str | None:
    """The template of the path that was called; a page has no API before it."""
    begin = f"/api/{name.api}/v{name.version}" if name.api else ""
    return begin + operation.partition(" ")[2] or None if operation else None


def _declared(headers: Headers) -> int | None:
    """What the request says of its length; None when its body is chunked, or what it says is no length."""
    length = headers.get("content-length")
    if length is None:
        return None if "transfer-encoding" in headers else 0
    return read_length(length)

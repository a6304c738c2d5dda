"""Step 1 of the decision: the address of a call leads to a version of an API and to one of its declared operations.

An address is `/api/<name>/v<major>/…`. Path and query stay the bytes that arrived: what is matched here is what
forwarding.py sends. A path that two readers could understand differently is refused, never cleaned.
"""

import re
from collections.abc import Iterable
from urllib.parse import unquote

from gateway.domain.lifecycle import SERVED, VersionState
from gateway.domain.scopes import reads, scope_for
from gateway.http.headers import Headers
from gateway.http.messages import Call
from gateway.pipeline.matching import filled
from gateway.pipeline.refusals import (
    AMBIGUOUS_PATH,
    LOOP,
    RETIRED,
    UNDECLARED_METHOD,
    UNDECLARED_PATH,
    UNKNOWN_API,
    Refusal,
)
from gateway.pipeline.snapshot import Operation, Snapshot, Subscription, Version
from gateway.value import value

_ADDRESS = re.compile(r"(/api/([a-z0-9-]+)/v(0|[1-9][0-9]{0,5}))(/.*)?")
_MOST_REMEMBERED = 16_384
_LONGEST_REMEMBERED = 512
"""How many paths are remembered, and how many characters each may have."""

NEVER = frozenset({"TRACE", "CONNECT"})  # RFC 9110 §9.3.8: TRACE would echo fields; §9.3.6: we are no tunnel
_SEPARATORS = re.compile(r"[/\\]")


@value
class Route:
    """Where a call goes. `prefix` is our part of the path, `rest` the part that is the API's own.

    `audience` names the API in tokens; `pseudonym` is how this gateway signs the Via field. `keyless` is what a call
    without a credential stands under, where one may pass: it may read, and change nothing.
    """

    version: Version
    operation: Operation
    prefix: str
    rest: str
    scope: str
    audience: str
    pseudonym: str
    keyless: Subscription | None = None


def find_route(snapshot: Snapshot, call: Call) -> Route:
    """The route of a call, or a `Refusal`."""
    if "via" in call.headers.by_name:
        _refuse_loop(call, snapshot.pseudonym)
    known: Route | None = snapshot.routes.get((call.method, call.path))
    if known is None:
        known = _found(snapshot, call)
        if len(call.path) <= _LONGEST_REMEMBERED:
            if len(snapshot.routes) >= _MOST_REMEMBERED:
                snapshot.routes.clear()
            snapshot.routes[call.method, call.path] = known
    return known


def _found(snapshot: Snapshot, call: Call) -> Route:
    if is_ambiguous(call.path):
        raise Refusal(AMBIGUOUS_PATH)
    found = _ADDRESS.fullmatch(call.path)
    version = snapshot.versions.get((found[2], int(found[3]))) if found else None
    if not found or not version:
        raise Refusal(UNKNOWN_API)
    _refuse_unserved(version)
    rest = found[4] or ""
    operation = _operation(version, call.method, rest)
    scope = scope_for(version.api_name, operation.method)
    audience = snapshot.audience_of(version.api_name)
    keyless = version.keyless if reads(operation.method) else None
    return Route(version, operation, found[1], rest, scope, audience, snapshot.pseudonym, keyless)


def methods_at(route: Route) -> str:
    """What the path of a route takes, as an Allow field tells it (RFC 9110 §10.2.1)."""
    return _allowed(route.version.matcher.find(route.rest) or ())


def is_ambiguous(path: str) -> bool:
    """Whether two readers could understand a raw path differently."""
    # Some services decode once, some twice, some split at "\" or drop ";parameters": none of them may see a dot
    # segment that we did not see. "%2F", ";", "+" and "//" are otherwise the API's own business.
    for segment in path.split("/"):
        if "." in segment or "%" in segment:
            decoded = unquote(unquote(unquote(segment)))
            if any(part.partition(";")[0] in {".", ".."} for part in _SEPARATORS.split(decoded)):
                return True
    return False


def is_never_found(template: str) -> bool:
    """Whether every path that fits a template is refused, whatever its parameters are."""
    return is_ambiguous("/".join(filled(segment) for segment in template.split("/")))


def _refuse_unserved(version: Version) -> None:
    if version.state is VersionState.RETIRED:
        raise Refusal(RETIRED, version=version, major=version.major, api=version.api_name)
    if version.state not in SERVED:
        raise Refusal(UNKNOWN_API)


def _refuse_loop(call: Call, pseudonym: str) -> None:
    # RFC 9110 §7.6.3: a received-by that is our own pseudonym means that we forwarded this call before.
    if any(member.split()[1:2] == [pseudonym] for member in call.headers.tokens("via")):
        raise Refusal(LOOP)


def _operation(version: Version, method: str, rest: str) -> Operation:
    declared = version.matcher.find(rest)
    if not declared:
        raise Refusal(UNDECLARED_PATH, version=version)
    operation = declared.get(method) or (declared.get("GET") if method == "HEAD" else None)
    if operation is None or method in NEVER:
        allowed = _allowed(declared)
        raise Refusal(UNDECLARED_METHOD, version=version, headers=Headers((("Allow", allowed),)), allowed=allowed)
    return operation


def _allowed(declared: Iterable[str]) -> str:
    methods = frozenset(declared)
    return ", ".join(sorted((methods | ({"HEAD"} if "GET" in methods else set())) - NEVER))

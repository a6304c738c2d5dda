"""Plays a case through a lane and compares: what the client gets, and what the service got."""

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from tests.lane import KEY
from tests.wire.cases import Case, for_lane, read_text
from tests.wire.client import Answer, Client, EndedError
from tests.wire.cutting import Cut, whole
from tests.wire.service import Service, Taken

_AGAIN = f"GET /api/weather/v1/again HTTP/1.1\r\nHost: guichet.example.ca\r\nX-API-Key: {KEY}\r\n\r\n".encode()
_REQUEST_LINE = re.compile(rb"[!-~]+ [!-~]+ HTTP/1\.1")
_STATUSES = re.compile(r"(perhaps )?([0-9|]+)(?: ([a-z-]+))?")
_USUAL = (
    "Host: {service}",
    "Via: 1.1 {gateway}",
    'Forwarded: for=127.0.0.1;host="guichet.example.ca";proto=http',
    "X-Forwarded-For: 127.0.0.1",
    "X-Forwarded-Proto: http",
    "X-Forwarded-Host: guichet.example.ca",
    "X-Forwarded-Prefix: /api/weather/v1",
    "X-Guichet-Application: app_farm",
    "X-Request-Id: {id}",
    "traceparent: {trace}",
)
_PATTERNS = {"id": "req_[0-9A-Z]{26}", "trace": "00-[0-9a-f]{32}-[0-9a-f]{16}-00"}


@dataclass
class Lane:
    """One way for calls to come in: its name, where it listens, and the service behind it."""

    name: str
    port: int
    service: Service


@dataclass
class Expected:
    """One answer that must come. `reason` tells why it is an exception of this lane."""

    statuses: tuple[int, ...]
    code: str
    reason: str
    is_optional: bool
    details: list[str] = field(default_factory=list)

    @property
    def is_bodiless(self) -> bool:
        return "bodiless" in self.details


def play(lane: Lane, case: Case, cut: Cut = whole, answered_in: Cut = whole) -> None:
    """Play a case whose client and service write in such pieces; raises AssertionError."""
    lane.service.begin(case.answers, answered_in)
    expected, ending = _expectations(case, lane.name)
    with Client(lane.port) as client:
        client.send(case.sends, lane.service.wait_for_a_head, cut)
        _read_answers(client, expected)
        _compare_answers(client.answers, expected)
        if ending == "closed":
            assert client.ends(), f"the connection is still open, or holds more than {client.answers}"
        lane.service.settle()
        _compare_requests(lane.service, [[line for line, _ in for_lane(each, lane.name)] for each in case.gets])
        if ending == "open":
            _call_again(client)


def _expectations(case: Case, lane: str) -> tuple[list[Expected], str]:
    expected: list[Expected] = []
    lines = for_lane(case.client, lane)
    for line, reason in lines[:-1]:
        if line.startswith("  "):
            expected[-1].details.append(line.strip(" "))
            continue
        found = _STATUSES.fullmatch(line)
        assert found, f"not an answer: {line}"
        statuses = tuple(map(int, found[2].split("|")))
        expected.append(Expected(statuses, found[3] or "", reason, is_optional=bool(found[1])))
    ending = lines[-1][0]
    assert ending in {"open", "closed"}, f"a case ends with open or closed, not with {ending}"
    return expected, ending


def _read_answers(client: Client, expected: list[Expected]) -> None:
    finals = [each for each in expected if min(each.statuses) >= 200]
    try:
        while (count := sum(answer.status >= 200 for answer in client.answers)) < len(finals):
            client.read(bodiless=finals[count].is_bodiless)
    except EndedError:
        return


def _compare_answers(answers: Iterable[Answer], expected: Iterable[Expected]) -> None:
    left = list(answers)
    for each in expected:
        if each.is_optional and not (left and left[0].status in each.statuses):
            continue
        assert left, f"no answer where {each.statuses} was expected"
        _compare_answer(left.pop(0), each)
    assert not left, f"more answers than expected: {left}"


def _compare_answer(answer: Answer, expected: Expected) -> None:
    assert answer.status in expected.statuses, answer
    if expected.code and not expected.is_bodiless:
        told = json.loads(answer.body)
        assert answer.values("content-type") == ["application/problem+json"]
        assert told["status"] == answer.status
        assert expected.code in {"problem", told["code"]}, told
    if answer.status >= 200 and not expected.reason:
        assert len(answer.values("date")) == 1, f"Date once (RFC 9110 §6.6.1): {answer.fields}"
    if expected.details or not expected.reason:
        assert answer.is_whole == ("cut off" not in expected.details), answer
    for detail in expected.details:
        _compare_detail(answer, detail)


def _compare_detail(answer: Answer, detail: str) -> None:
    name, colon, value = detail.partition(": ")
    if detail.startswith("body"):
        assert answer.body == read_text(detail[5:]).encode("latin-1")
    elif detail.startswith("no "):
        assert answer.values(detail[3:]) == []
    elif colon:
        assert ", ".join(answer.values(name)) == read_text(value), answer.fields
    else:
        assert detail in {"bodiless", "cut off"}, f"nobody knows {detail}"


def _call_again(client: Client) -> None:
    client.answers.clear()
    client.send([_AGAIN], lambda: None)
    with suppress(EndedError):
        client.read(bodiless=False)
    assert [(answer.status, answer.body) for answer in client.answers] == [(200, b"ok")], "the connection is not open"


def _compare_requests(service: Service, wanted: list[list[str]]) -> None:
    if wanted == [["nothing"]]:
        assert service.taken == []
    elif wanted == [["nothing whole"]]:
        assert [taken for taken in service.taken if taken.is_whole] == []
    else:
        assert len(service.taken) == len(wanted), service.taken
        for taken, lines in zip(service.taken, wanted, strict=True):
            _compare_request(taken, lines, f"127.0.0.1:{service.port}")


def _compare_request(taken: Taken, lines: list[str], authority: str) -> None:
    assert taken.is_whole, taken
    head, _, content = taken.raw.partition(b"\r\n\r\n")
    request_line, *fields = head.split(b"\r\n")
    assert _REQUEST_LINE.fullmatch(request_line)
    assert request_line.decode() == read_text(lines[0])
    end = lines.index("") if "" in lines else len(lines)
    _compare_fields(_joined(each.decode("latin-1") for each in fields), lines[1:end], authority)
    body = _dechunked(content) if b"\r\ntransfer-encoding:" in head.lower() else content
    assert body == read_text("".join(lines[end:])).encode("latin-1")


def _compare_fields(got: dict[str, str], lines: list[str], authority: str) -> None:
    named = _joined(line for line in lines if line != "{usual}")
    usual = _joined(_USUAL) if "{usual}" in lines else {}
    wanted = {name: _pattern(value, authority) for name, value in (usual | named).items()}
    missing = {name: pattern.pattern for name, pattern in wanted.items() if not pattern.fullmatch(got.get(name, "\n"))}
    assert missing == {}, got
    assert got.keys() == wanted.keys()


def _joined(lines: Iterable[str]) -> dict[str, str]:
    """Fields by lower-case name; RFC 9110 §5.3: several of one name are one list."""
    found: dict[str, list[str]] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        assert colon, f"not a field: {line!r}"
        found.setdefault(name.lower(), []).append(value.strip(" "))
    return {name: re.sub(r"\s*,\s*", ", ", ",".join(values)) for name, values in found.items()}


def _pattern(text: str, authority: str) -> re.Pattern[str]:
    known = _PATTERNS | {"service": re.escape(authority)}
    pieces = re.split(r"\{(id|trace|service)\}", text)
    return re.compile(
        "".join(known[piece] if place % 2 else re.escape(read_text(piece)) for place, piece in enumerate(pieces))
    )


def _dechunked(content: bytes) -> bytes:
    body, left = b"", content
    while left:
        size, _, left = left.partition(b"\r\n")
        body, left = body + left[: int(size, 16)], left[int(size, 16) + 2 :]
    return body

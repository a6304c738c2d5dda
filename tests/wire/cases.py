"""Reads the files of this folder: README.md says what may stand in them."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.builders import a_snapshot, a_token
from tests.lane import KEY

FOLDER = Path(__file__).parent

Step = bytes | str
"""Bytes to send, or the name of a mark: something to wait for or to do."""

_MARKS = {"wait for an answer", "wait for the service", "end", "hang up", "service"}
_ESCAPES = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\"}
_SECTION = re.compile(r"^> (client sends|client gets|service gets|service answers)$", re.MULTILINE)
_PIECE = re.compile(r"\\x([0-9a-f]{2})|\\(.)|\{((?:[^{}\\]|\\.)*)\}|([^\\{]+)", re.DOTALL)
_TIMES = re.compile(r"([0-9]+) times (.*)", re.DOTALL)
_EXCEPT = re.compile(r" *except (\w+): (.+) \((.+)\)")


@dataclass(frozen=True)
class Case:
    """One file. The expectations are lines, as they stand there."""

    name: str
    why: str
    sends: tuple[Step, ...]
    answers: tuple[tuple[Step, ...], ...]
    gets: tuple[tuple[str, ...], ...]
    client: tuple[str, ...]


def read_cases(folder: str) -> list[Case]:
    """All the files of one folder, by name."""
    return [read_case(path.stem, path.read_text("utf-8")) for path in sorted((FOLDER / folder).glob("*.http"))]


def read_case(name: str, text: str) -> Case:
    """One case; raises ValueError for a file that says too little."""
    why, *rest = _SECTION.split(text)
    sections = [(title, content.strip("\n")) for title, content in zip(rest[::2], rest[1::2], strict=True)]

    def all_of(wanted: str) -> list[str]:
        return [content for title, content in sections if title == wanted]

    (sends,), (client,), gets = all_of("client sends"), all_of("client gets"), all_of("service gets")
    if not why.strip() or not gets:
        raise ValueError(f"{name} says neither why nor what the service gets")
    return Case(
        name,
        why.strip(),
        read_steps(sends),
        tuple(map(read_steps, all_of("service answers"))),
        tuple(tuple(each.split("\n")) for each in gets),
        tuple(client.split("\n")),
    )


def read_steps(text: str) -> tuple[Step, ...]:
    """What is sent, with the marks between; neighbouring bytes become one piece."""
    steps: list[Step] = []
    for piece in _read(text.replace("\n", "")):
        if isinstance(piece, bytes) and steps and isinstance(steps[-1], bytes):
            steps[-1] += piece
        else:
            steps.append(piece)
    return tuple(steps)


def read_text(text: str) -> str:
    """A text with escapes and repetitions and without marks, each character being one byte."""
    return b"".join(step for step in read_steps(text) if isinstance(step, bytes)).decode("latin-1")


def for_lane(lines: tuple[str, ...], lane: str) -> list[tuple[str, str]]:
    """The lines that hold in this lane, each with the reason why it is an exception, or none."""
    found: list[tuple[str, str]] = []
    for line in lines:
        exception = _EXCEPT.fullmatch(line)
        if exception is None:
            found.append((line, ""))
        elif exception[1] == lane:
            found.pop()
            if exception[2] != "nothing":
                found.append((exception[2], exception[3]))
    return found


def _read(text: str) -> Iterator[Step]:
    place = 0
    while place < len(text):
        found = _PIECE.match(text, place)
        if found is None:
            raise ValueError(f"cannot be read: {text[place : place + 20]!r}")
        place = found.end()
        code, escape, braces, plain = found.groups()
        if braces is None:
            character = chr(int(code, 16)) if code else _ESCAPES[escape] if escape else plain
            yield character.encode("latin-1")
        else:
            yield _braces(braces)


def _braces(content: str) -> Step:
    if times := _TIMES.fullmatch(content):
        return int(times[1]) * b"".join(step for step in _read(times[2]) if isinstance(step, bytes))
    if content == "gateway":
        return a_snapshot().pseudonym.encode()
    if content == "key":
        return KEY.encode()
    if content == "token":
        now = int(time.time())
        return a_token(issued_at=now - 60, expires_at=now + 3540).encode()
    if content not in _MARKS:
        raise ValueError(f"nobody knows {{{content}}}")
    return content

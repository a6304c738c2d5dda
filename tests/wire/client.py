"""A client that sends exactly what a case says, and reads answers strictly: what is not plainly HTTP fails."""

import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from tests.wire.cases import Step
from tests.wire.cutting import Cut, whole

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2}) [ -~]*")
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ?([^\r\n\0]*)")
_CHUNK_SIZE = re.compile(rb"[0-9a-fA-F]+")


class EndedError(Exception):
    """The connection ended."""


@dataclass
class Answer:
    """One answer. `is_whole` tells whether its body came to its end."""

    status: int
    fields: list[tuple[str, str]]
    body: bytes = b""
    is_whole: bool = True

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key.lower() == name.lower()]


class Client:
    """One connection."""

    def __init__(self, port: int) -> None:
        self.answers: list[Answer] = []
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._held = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, steps: Sequence[Step], wait_for_the_service: Callable[[], None], cut: Cut = whole) -> None:
        """Send it all, unless the other side stops listening."""
        for step in steps:
            if step == "wait for an answer":
                self.read(bodiless=False)
                if self.answers[-1].status >= 200:
                    return
            elif step == "wait for the service":
                wait_for_the_service()
            elif step == "end":
                self.socket.shutdown(socket.SHUT_WR)
            elif isinstance(step, bytes) and not self._write(step, cut):
                return

    def read(self, *, bodiless: bool) -> None:
        """One more answer, interim ones included; raises EndedError when none comes."""
        head = self._until(b"\r\n\r\n")
        status_line, *lines = head.split(b"\r\n")
        status = _STATUS_LINE.fullmatch(status_line)
        fields = [_FIELD.fullmatch(line) for line in lines]
        assert status, f"not a status line: {status_line!r}"
        assert all(fields), f"not a field: {lines!r}"
        answer = Answer(int(status[1]), [(each[1].decode(), each[2].decode("latin-1")) for each in fields if each])
        self.answers.append(answer)
        if not bodiless and answer.status >= 200 and answer.status not in {204, 304}:
            self._read_body(answer)

    def ends(self) -> bool:
        """Whether the connection ends here, without another byte."""
        return not self._held and not self._more()

    def _read_body(self, answer: Answer) -> None:
        lengths, codings = answer.values("content-length"), answer.values("transfer-encoding")
        assert len(lengths) + len(codings) <= 1, f"two framings: {answer.fields}"
        try:
            if codings:
                assert codings == ["chunked"]
                self._read_chunks(answer)
            elif lengths:
                self._read_sized(answer, int(lengths[0]))
            else:
                self._read_the_rest(answer)
        except EndedError:
            answer.is_whole = False

    def _read_sized(self, answer: Answer, size: int) -> None:
        while size:
            if not self._held and not self._more():
                raise EndedError
            piece, self._held = self._held[:size], self._held[size:]
            answer.body += piece
            size -= len(piece)

    def _read_chunks(self, answer: Answer) -> None:
        while True:
            line = self._until(b"\r\n")
            assert _CHUNK_SIZE.fullmatch(line), f"not a chunk's size: {line!r}"
            self._read_sized(answer, int(line, 16))
            assert self._until(b"\r\n") == b""
            if int(line, 16) == 0:
                return

    def _read_the_rest(self, answer: Answer) -> None:
        while self._more():
            pass
        answer.body, self._held = self._held, b""

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._held:
            if not self._more():
                raise EndedError
        found, _, self._held = self._held.partition(mark)
        return found

    def _more(self) -> bool:
        try:
            more = self.socket.recv(65536)
        except ConnectionResetError:
            more = b""
        self._held += more
        return bool(more)

    def _write(self, content: bytes, cut: Cut) -> bool:
        try:
            for piece in cut(content):
                self.socket.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

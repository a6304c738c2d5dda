"""Call and Reply: what arrives at the gateway and what leaves it.

The law: heads are values, bodies are passed by and never read here. Time, identity and language of a call are
data inside it, so that a decision needs no clock and no environment.
"""

from collections.abc import Iterable
from dataclasses import field

from gateway.http.headers import Headers
from gateway.value import value
from gateway.words import Language


@value
class Body:
    """A body on its way: `chunks` can be consumed once; `length` is in bytes, None when it is not known.

    `most` bounds it, in bytes: whoever carries a body that turns out longer stops there and refuses the call.
    """

    chunks: Iterable[bytes]
    length: int | None = None
    most: int | None = None

    def at_most(self, most: int) -> "Body":
        """The same body with this bound, or with the one it has if that is lower."""
        return Body(self.chunks, self.length, most if self.most is None else min(most, self.most))

    @property
    def content(self) -> bytes:
        """All of it, where it is all here (a plugin's `needs_body`); raises TypeError while it is on its way."""
        if not isinstance(self.chunks, tuple):
            raise TypeError("this body is on its way; a plugin sees it whole with needs_body")
        return b"".join(self.chunks)

    def close(self) -> None:
        """Nobody will read it: where it comes from is told."""
        close = getattr(self.chunks, "close", None)
        if close:
            close()

    @classmethod
    def of(cls, content: bytes) -> "Body":
        """A body that is all here."""
        return cls((content,), len(content))


@value
class Call:
    """One request to an API, as the transport read it.

    `path` and `query` are the bytes of the request target, decoded as latin-1 and otherwise untouched
    (RFC 9112 §3.2); `query` is None when there was no "?". `received_at` is in seconds since the epoch, UTC.
    `language` is None when the caller named no preference we can serve: they are answered in both.
    `upgrade` lists what the caller would rather speak on this connection (RFC 9110 §7.8), in lower case; it is empty
    where the transport cannot switch.
    """

    method: str
    path: str
    query: str | None
    headers: Headers
    received_at: float
    request_id: str
    client_address: str
    scheme: str = "http"
    host: str = ""
    language: Language | None = None
    body: Body | None = None
    upgrade: str = ""


@value
class Reply:
    """One answer: a status, fields, and a body that may still be on its way."""

    status: int
    headers: Headers = field(default_factory=Headers)
    body: Body = field(default_factory=lambda: Body((), 0))

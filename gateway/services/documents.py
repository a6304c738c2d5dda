"""Documents of revisions, parsed and outlined once, and kept while there is room.

A revision never changes, so what is made of it can be kept under its SHA-256 for as long as the process lives; what is
kept is bounded by the size of the documents, and the least recently used goes first.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, Generic, TypeVar

import openapi
from gateway.pipeline.authentication import NAMES_OF_CREDENTIALS
from gateway.pipeline.routing import NEVER, is_never_found
from gateway.services.search_words import bag
from gateway.store.catalogue import Revision

Made = TypeVar("Made")

MOST_BYTES = 12 * 1024 * 1024
"""How many bytes of documents are kept at most; one of the largest size fits (openapi.MAX_BYTES)."""


class Kept(Generic[Made]):
    """Things made of documents, by the document's SHA-256. Safe for threads; the same thing is made once at a time."""

    def __init__(self, most: int, most_bytes: int = MOST_BYTES) -> None:
        """Keep at most so many, made of at most so many bytes."""
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self._kept: OrderedDict[str, tuple[int, Made]] = OrderedDict()
        self._making: dict[str, Lock] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, sha256: str, size: int, make: Callable[[], Made]) -> Made:
        """What is kept for a document, or what `make` gives; `size` is the document's, in bytes."""
        with self._lock:
            if sha256 in self._kept:
                return self._used(sha256)
            making = self._making.setdefault(sha256, Lock())
        with making:
            with self._lock:
                if sha256 in self._kept:
                    return self._used(sha256)
            try:
                made = make()
                self._put(sha256, size, made)
            finally:
                with self._lock:
                    self._making.pop(sha256, None)
            return made

    def _put(self, sha256: str, size: int, made: Made) -> None:
        with self._lock:
            self._kept[sha256] = size, made
            self._bytes += size
            while self._bytes > self._most_bytes or len(self._kept) > self._most:
                _, (let_go, _) = self._kept.popitem(last=False)
                self._bytes -= let_go

    def _used(self, sha256: str) -> Made:
        self._kept.move_to_end(sha256)
        return self._kept[sha256][1]


_FRONT = openapi.Front(query_names=NAMES_OF_CREDENTIALS, methods=NEVER, refuses_path=is_never_found)
"""What we refuse whatever a document says, by the very rules of the decision."""

# An outline was measured at 3 to 40 times its document's bytes, a parsed document at 5 to 12.
_checked: Kept[openapi.Checked] = Kept(4)
_documents: Kept[openapi.Document] = Kept(32)
_outlines: Kept[openapi.Outline] = Kept(16)


def sha256_of(content: bytes) -> str:
    """The name of a document's content."""
    return hashlib.sha256(content).hexdigest()


def check(content: bytes) -> openapi.Checked:
    """Everything wrong with a document; asked again soon, the answer is there."""
    if len(content) > openapi.MAX_BYTES:
        return openapi.check(content, _FRONT)
    return _checked.get(sha256_of(content), len(content), lambda: openapi.check(content, _FRONT))


def document(revision: Revision) -> openapi.Document:
    """The document of a revision, parsed."""
    return _documents.get(revision.sha256, revision.size, lambda: _load(revision.content))


def outline(revision: Revision) -> openapi.Outline:
    """What a reference page shows of a revision."""
    return _outlines.get(revision.sha256, revision.size, lambda: openapi.outline(document(revision)))


def words_of(parsed: openapi.Document) -> str:
    """The folded words of a document's titles and summaries, in both languages (`x-summary-fr` and the like)."""
    info = _mapping(parsed.tree.get("info"))
    texts = [info.get("title"), info.get("x-title-fr")]
    for item in _mapping(parsed.tree.get("paths")).values():
        operations = {**parsed.follow(item), **_mapping(item)}
        for operation in map(_mapping, operations.values()):
            texts += operation.get("summary"), operation.get("x-summary-fr")
    return bag(*(text for text in texts if isinstance(text, str)))


def _load(content: bytes) -> openapi.Document:
    loaded = openapi.load(content).document
    if loaded is None:
        raise ValueError("a document that was good on arrival cannot be read any more")
    return loaded


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}

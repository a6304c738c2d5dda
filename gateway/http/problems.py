"""Problem details (RFC 9457): the one shape of every error body of the product.

`type` leads to a page that explains the code; `title` and `detail` are in the caller's language, and in both
when the caller named none (the members `en` and `fr` then hold each language apart). `code` is language-free.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from gateway.http.headers import Headers
from gateway.http.messages import Body, Reply
from gateway.words import Language, Words

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that went wrong, ready to be told."""

    code: str
    status: int
    title: Words
    detail: Words
    instance: str = ""
    members: Mapping[str, Any] = field(default_factory=dict)
    headers: Headers = field(default_factory=Headers)

    def to_dict(self, language: Language | None, documentation: str) -> dict[str, Any]:
        """The JSON members. `documentation` is the address under which each code has its page."""
        told: dict[str, Any] = {"type": f"{documentation}/{self.code}", "status": self.status, "code": self.code}
        if language is None:
            told["title"] = f"{self.title.en} / {self.title.fr}"
            told["detail"] = f"{self.detail.en} / {self.detail.fr}"
            told |= {tag: {"title": self.title.of(tag), "detail": self.detail.of(tag)} for tag in ("en", "fr")}
        else:
            told |= {"title": self.title.of(language), "detail": self.detail.of(language)}
        if self.instance:
            told["instance"] = self.instance
        return told | dict(self.members)

    def reply(self, language: Language | None, documentation: str, headers: Headers | None = None) -> Reply:
        """The whole answer."""
        content = orjson.dumps(self.to_dict(language, documentation))
        fields = problem_headers(language, len(content)).plus(*self.headers, *(headers or Headers()))
        return Reply(self.status, fields, Body.of(content))


@dataclass(frozen=True, slots=True)
class Row:
    """One way for a call to end badly, as a table holds it; the portal has a page for each.

    The detail may hold `{placeholders}`. `remedy` is what the page tells the reader to do.
    """

    code: str
    status: int
    title: Words
    detail: Words
    remedy: Words

    def problem(
        self, *, headers: Headers | None = None, members: Mapping[str, Any] | None = None, **values: Any
    ) -> Problem:
        """It has happened; the values fill the detail."""
        detail = self.detail.fill(**values)
        return Problem(self.code, self.status, self.title, detail, members=members or {}, headers=headers or Headers())


def problem_headers(language: Language | None, length: int) -> Headers:
    """The fields that every error body carries."""
    return Headers(
        (
            ("Content-Type", MEDIA_TYPE),
            ("Content-Length", str(length)),
            ("Content-Language", language or "en, fr"),
            ("Vary", "Accept-Language"),
            ("Cache-Control", "no-store"),
        )
    )

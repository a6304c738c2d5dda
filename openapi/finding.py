"""A finding: what loading and validation say about a document, in English and in French.

Law: a finding is a value; its words come from a row of a table (`faults.py`), never from a library's own text.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

MAX_FINDINGS = 100
LONGEST_FACT = 80


class Severity(Enum):
    """An error stops a document from being published; a warning does not, and information asks for nothing."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True)
class Words:
    """The same sentence in the two official languages."""

    en: str
    fr: str

    def say(self, language: str) -> str:
        """The sentence in `language` ("en" or "fr"; anything else is answered in English)."""
        return self.fr if language == "fr" else self.en


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: the rule it breaks, where (RFC 6901 pointer, 1-based line and column), and its words."""

    rule: str
    severity: Severity
    pointer: str
    line: int
    column: int
    words: Words

    def to_dict(self) -> dict[str, Any]:
        """The finding as JSON: {"rule", "severity", "pointer", "line", "column", "message": {"en", "fr"}}."""
        return {
            "rule": self.rule,
            "severity": self.severity.value,
            "pointer": self.pointer,
            "line": self.line,
            "column": self.column,
            "message": {"en": self.words.en, "fr": self.words.fr},
        }


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table of faults: its id, its severity, and one template per language (`str.format` fields)."""

    id: str
    severity: Severity
    en: str
    fr: str

    def at(self, pointer: str, place: tuple[int, int], **facts: object) -> Finding:
        """The finding this rule makes at `place` (line, column); a fact may itself be `Words`."""
        words = Words(self.en.format(**_spoken(facts, "en")), self.fr.format(**_spoken(facts, "fr")))
        return Finding(self.id, self.severity, pointer, place[0], place[1], words)


def _spoken(facts: dict[str, object], language: str) -> dict[str, str]:
    return {name: shown(fact.say(language) if isinstance(fact, Words) else fact) for name, fact in facts.items()}


def shown(fact: object) -> str:
    """A fact of a hostile document as one short line: no control characters, at most 80 characters."""
    line = "".join(
        letter if letter.isprintable() or letter == "\u00a0" else " " for letter in str(fact)[: LONGEST_FACT + 1]
    )
    return line if len(line) <= LONGEST_FACT else line[: LONGEST_FACT - 1] + "…"

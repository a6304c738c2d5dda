"""Findings in the making: a rule and a pointer become a Finding with its line; a hostile document cannot make too many.

Law: one finding per rule and pointer, and never more than MAX_FINDINGS of them.
"""

from __future__ import annotations

from openapi.document import Document
from openapi.faults import FAULTS
from openapi.finding import MAX_FINDINGS, Finding, Severity

_MOST_KEPT = 1000  # sorted by line before the first MAX_FINDINGS are shown


class Report:
    """Collects what the checks of one document find."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._found: dict[tuple[str, str, str], Finding] = {}

    @property
    def full(self) -> bool:
        """True when looking further is pointless."""
        return len(self._found) >= _MOST_KEPT

    def add(self, rule: str, pointer: str, **facts: object) -> None:
        """Note a fault at `pointer`; the same one again is dropped."""
        if self.full:
            return
        finding = FAULTS[rule].at(pointer, self.document.position_of(pointer), **facts)
        self._found.setdefault((rule, pointer, finding.words.en), finding)

    def findings(self) -> tuple[Finding, ...]:
        """All of it in the order of the text; beyond MAX_FINDINGS a last one says that there is more."""
        found = sorted(self._found.values(), key=_in_text_order)
        if len(found) <= MAX_FINDINGS:
            return tuple(found)
        # Errors first: a document must not look publishable because its first hundred findings are warnings.
        kept = sorted(
            sorted(found, key=lambda one: one.severity is not Severity.ERROR)[:MAX_FINDINGS], key=_in_text_order
        )
        last = kept[-1]
        more = FAULTS["too-many-findings"].at("", (last.line, last.column), limit=MAX_FINDINGS)
        return (*kept, more)


def _in_text_order(finding: Finding) -> tuple[int, int, str]:
    return finding.line, finding.column, finding.rule

"""What the two readers share: the limits, and the way a text is given up.

Law: a reader either returns a `Reading` or raises `Unreadable`; nothing else comes out of hostile text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from openapi.document import Places
from openapi.faults import FAULTS
from openapi.finding import Finding

MAX_BYTES = 10 * 1024 * 1024
MAX_DEPTH = 100  # the deepest of thirty public documents tried has 20 levels
MAX_VALUES = 500_000  # the largest of them (4 MB) holds 80,000
MAX_ALIASED = 100_000  # values that aliases may add once unfolded
MAX_NAME = 2_000  # characters in the name of a field, which is repeated in every pointer through it
MAX_DIGITS = 308  # beyond it a whole number has no floating-point neighbour (IEEE 754 binary64)


class Unreadable(Exception):  # noqa: N818 - says what the text is; the loader turns it into a finding
    """The text cannot become a document; `finding` says why and where."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.rule)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class Reading:
    """Plain data out of a text, where its values stand, and the faults that did not stop the reading."""

    tree: Any
    places: Places
    findings: tuple[Finding, ...] = ()


def unreadable(rule: str, place: tuple[int, int] = (1, 1), pointer: str = "", **facts: object) -> Unreadable:
    """The exception for one row of the table of faults."""
    return Unreadable(FAULTS[rule].at(pointer, place, **facts))

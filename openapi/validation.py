"""Is it a good document? Runs every check and returns the findings in the order of the text.

Law: a document that gets no error here can be published, outlined and called without surprises.
"""

from __future__ import annotations

from dataclasses import dataclass

from openapi.document import Document
from openapi.finding import Finding, Severity
from openapi.front import Front, check_front
from openapi.kinds import Object, Table
from openapi.loading import load
from openapi.meta_schema import check_schema
from openapi.objects import OPENAPI_30
from openapi.objects_31 import OPENAPI_31
from openapi.references import check_references
from openapi.report import Report
from openapi.routes import check_routes
from openapi.structure import Walk

_NOTHING_IN_FRONT = Front()
_TABLES: dict[int, Table] = {0: OPENAPI_30, 1: OPENAPI_31}


@dataclass(frozen=True, slots=True)
class Checked:
    """A document that could be loaded (or None), and all that was found."""

    document: Document | None
    findings: tuple[Finding, ...]

    @property
    def good(self) -> bool:
        """True when there is a document and no error; warnings do not count."""
        return self.document is not None and not any(one.severity is Severity.ERROR for one in self.findings)


def validate(document: Document, front: Front = _NOTHING_IN_FRONT) -> tuple[Finding, ...]:
    """All findings about a loaded document, sorted by line; at most 100 and one that says there are more.

    `front` is what stands before the service and may refuse what the document promises.
    """
    report = Report(document)
    walk = Walk(report, _TABLES[document.minor])
    walk.object(document.tree, "", Object("document"))
    check_references(walk)
    if document.minor == 1:
        for pointer, schema in walk.schemas:
            check_schema(report, pointer, schema)
    check_routes(report)
    check_front(report, front)
    return report.findings()


def check(data: bytes, front: Front = _NOTHING_IN_FRONT) -> Checked:
    """Load and validate in one; never raises for bad input."""
    loaded = load(data)
    if loaded.document is None:
        return Checked(None, loaded.findings)
    return Checked(loaded.document, validate(loaded.document, front))

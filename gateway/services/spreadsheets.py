"""Rows as a file that spreadsheets open (RFC 4180), in UTF-8.

The law: what people named can never be a formula. A spreadsheet takes text that begins with one of a few characters
for one (OWASP, "CSV Injection"); such text is put behind an apostrophe.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from io import StringIO
from typing import Any

MEDIA_TYPE = "text/csv; charset=utf-8; header=present"  # RFC 4180 §3

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 as the encoding of its country


def csv_of(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """The text of the file; each row has a value for each column."""
    text = StringIO()
    text.write(_BYTE_ORDER_MARK)
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(row[column]) for column in columns] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value

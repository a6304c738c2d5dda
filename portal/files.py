"""Figures to take away: as a spreadsheet, or as JSON in the shapes of the management API."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import Response, abort, jsonify

from gateway.services.spreadsheets import MEDIA_TYPE, csv_of


def taken_away(
    form: str, name: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]], whole: Mapping[str, Any]
) -> Response:
    """A file of that name to save: rows by column as `csv`, the whole of it as `json`; 404 for any other form."""
    if form == "csv":
        response = Response(csv_of(columns, rows), content_type=MEDIA_TYPE)
    elif form == "json":
        response = jsonify(whole)
    else:
        abort(404)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response

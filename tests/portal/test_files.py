import pytest
from flask import Flask
from werkzeug.exceptions import NotFound

from portal.files import taken_away

ROWS = [{"a": 1, "b": "x"}]


@pytest.fixture
def asking():
    with Flask("files").test_request_context("/"):
        yield


@pytest.mark.usefixtures("asking")
def test_rows_are_taken_away_as_a_spreadsheet_or_the_whole_as_json():
    sheet, whole = (taken_away(form, "calls", ("a", "b"), ROWS, {"items": ROWS}) for form in ("csv", "json"))

    assert (sheet.mimetype, sheet.get_data(as_text=True)) == ("text/csv", "\ufeffa,b\r\n1,x\r\n")
    assert (whole.mimetype, whole.json) == ("application/json", {"items": ROWS})
    assert sheet.headers["Content-Disposition"] == 'attachment; filename="calls.csv"'


@pytest.mark.usefixtures("asking")
def test_there_is_no_other_form():
    with pytest.raises(NotFound):
        taken_away("xml", "calls", ("a",), ROWS, {})

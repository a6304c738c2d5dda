import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from gateway.domain.limits import in_order
from gateway.domain.plans import KINDS, PERIODS, Window
from portal.language import install_language
from portal.limit_fields import LimitsForm, data_of

PERS = ("application", "credential", "user", "operation")
WINDOWS = st.sampled_from(KINDS).flatmap(
    lambda kind: st.builds(
        Window,
        st.sampled_from(PERIODS[kind]),
        st.integers(1, 1_000_000_000),
        st.just(kind),
        st.integers(1, 9) if kind == "rate" else st.just(0),
        st.sampled_from(PERS),
    )
)
APP = Flask(__name__)
install_language(APP)


def sent(data):
    """The form as a browser sends what it holds."""
    typed = {name: str(value) for name, value in data.items() if value is not None}
    with APP.test_request_context("/en/", method="POST"):
        form = LimitsForm(formdata=MultiDict(typed))
        return form, form.validate(), {name: errors for name, errors in form.errors.items() if name}


@given(st.lists(WINDOWS, max_size=30, unique_by=lambda window: window.name))
def test_whatever_limits_a_plan_has_are_shown_and_sent_again_as_they_were(windows):
    form, valid, errors = sent(data_of(windows, {"GET /days/{id}": 5}))

    assert (valid, errors) == (True, {})
    assert in_order(form.windows()) == in_order(windows)
    assert form.costs_given() == {"GET /days/{id}": 5}


def test_two_empty_rows_are_offered_after_the_last_that_says_something():
    windows = [Window("second", 5, "rate"), Window("day", 5, "rolling")]

    form, *_ = sent(data_of(windows, {}))

    assert [number for number, _fields in form.more_limits()] == [1, 2, 3, 4]
    assert [number for number, _fields in sent({})[0].more_limits()] == [1, 2]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"limit_1": "many"}, "limit_1"),
        ({"limit_1": "0"}, "limit_1"),
        ({"limit_1": "5", "within_1": "rate/year"}, "within_1"),
        ({"limit_1": "5", "whose_1": "api"}, "whose_1"),
        ({"limit_1": "5", "within_1": "rolling/day", "burst_1": "7"}, "burst_1"),
        ({"within_1": "rate/second", "burst_1": "7"}, "burst_1"),
        ({"costs": "five GET /days"}, "costs"),
        ({"costs": "5 /days"}, "costs"),
        ({"costs": "5 GET /days\nmore"}, "costs"),
        ({"costs": "9999999999999 GET /days"}, "costs"),
    ],
)
def test_what_cannot_be_read_is_said_beside_its_field(typed, field):
    _form, valid, errors = sent(typed)

    assert not valid
    assert list(errors) == [field]

import pytest

from gateway.http.grammar import is_traceparent
from gateway.pipeline.tracing import trace_fields, trace_id
from tests.builders import a_call

GIVEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_callers_trace_is_passed_on_with_its_state():
    fields = (("traceparent", GIVEN), ("tracestate", "a=1"), ("tracestate", "b=2"))

    assert trace_fields(a_call(fields=fields)) == fields


@pytest.mark.parametrize(
    "given", [(), (("traceparent", "nonsense"),), (("traceparent", GIVEN), ("traceparent", GIVEN))]
)
def test_without_a_valid_one_a_trace_is_made_from_the_request_id(given):
    fields = trace_fields(a_call(fields=(*given, ("tracestate", "a=1"))))

    assert [name for name, _ in fields] == ["traceparent"]
    assert is_traceparent(fields[0][1])
    assert fields == trace_fields(a_call())
    assert fields != trace_fields(a_call(request_id="req_OTHER"))


@pytest.mark.parametrize("fields", [(), (("traceparent", GIVEN),), (("traceparent", "nonsense"),)])
def test_the_id_of_a_trace_is_that_of_the_field_that_is_passed_on(fields):
    call = a_call(fields=fields)

    assert trace_id(call.headers, call.request_id) == trace_fields(call)[0][1].split("-")[1]

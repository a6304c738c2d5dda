import pytest

from gateway.http.reserved import is_ours_on_calls, is_ours_on_replies


@pytest.mark.parametrize(
    "name",
    ["Host", "Content-Length", "Transfer-Encoding", "Connection", "X-Guichet-Application", "X-Forwarded-Any", "Via",
     "Authorization", "Cookie", "X-Request-Id", "Expect"],
)  # fmt: skip
def test_what_a_service_is_told_by_us_is_ours(name):
    assert is_ours_on_calls(name)


@pytest.mark.parametrize(
    "name",
    ["Content-Length", "Transfer-Encoding", "Upgrade", "Set-Cookie", "X-Request-Id", "RateLimit", "Date", "Via",
     "Content-Security-Policy", "X-Accel-Redirect", "Server"],
)  # fmt: skip
def test_what_a_caller_is_told_by_us_is_ours(name):
    assert is_ours_on_replies(name)


@pytest.mark.parametrize("name", ["X-Department", "Accept", "Content-Type", "Cache-Control", "ETag"])
def test_everything_else_is_a_publishers(name):
    assert not is_ours_on_calls(name)
    assert not is_ours_on_replies(name)

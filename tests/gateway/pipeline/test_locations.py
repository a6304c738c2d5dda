import pytest

from gateway.pipeline.locations import outward
from tests.builders import a_target

PREFIX = "/api/weather/v1"


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("http://inside.example:8080/base/a", f"{PREFIX}/a"),
        ("http://INSIDE.example:8080/base/a%2Fb?x=%20#y", f"{PREFIX}/a%2Fb?x=%20#y"),
        ("//inside.example:8080/base/a", f"{PREFIX}/a"),
        ("http://user:secret@inside.example:8080/base/a", f"{PREFIX}/a"),
        ("/base/a", f"{PREFIX}/a"),
        ("/base", PREFIX),
        ("a/b", "a/b"),
        ("?x=1", "?x=1"),
        ("https://other.example/base/a", "https://other.example/base/a"),
        ("//other.example/base/a", "//other.example/base/a"),
        ("mailto:someone@inside.example", "mailto:someone@inside.example"),
        ("", ""),
    ],
)
def test_what_leads_to_the_service_leads_to_us_and_nothing_else_does(location, expected):
    assert outward(location, (a_target(),), PREFIX) == expected


@pytest.mark.parametrize(
    "location",
    [
        "http://inside.example:8080/elsewhere",
        "//inside.example:8080/elsewhere",
        "http://inside.example:8080",
        "http://inside.example:8080/based/a",
        "http://inside.example:9090/base/a",
        "http://inside.example/base/a",
        "ftp://inside.example/base/a",
        "/elsewhere",
        "/based/a",
        "/",
        "http://[",
        "http://inside.example:port/base",
    ],
)
def test_what_is_on_the_services_host_and_not_below_its_base_is_hidden(location):
    assert outward(location, (a_target(),), PREFIX) is None


@pytest.mark.parametrize(
    "location", ["http://inside.example/a", "https://inside.example/a", "https://inside.example:443/a"]
)
def test_a_service_behind_tls_may_call_itself_http(location):
    target = a_target(scheme="https", port=443, base_path="")

    assert outward(location, (target,), PREFIX) == f"{PREFIX}/a"


def test_without_a_base_path_every_path_is_the_services():
    assert outward("/x", (a_target(base_path=""),), PREFIX) == f"{PREFIX}/x"
    assert outward("http://inside.example:8080", (a_target(base_path=""),), PREFIX) == f"{PREFIX}/"


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("http://one.example:8080/base/x", f"{PREFIX}/x"),
        ("http://two.example:9090/other/x?a=b", f"{PREFIX}/x?a=b"),
        ("/other/x", f"{PREFIX}/x"),
        ("http://one.example:8080/other/x", None),
        ("http://two.example:8080/other/x", None),
        ("http://elsewhere.example/x", "http://elsewhere.example/x"),
    ],
)
def test_whichever_of_its_targets_a_service_names_leads_to_us(location, expected):
    targets = (a_target(host="one.example"), a_target(host="two.example", port=9090, base_path="/other"))

    assert outward(location, targets, PREFIX) == expected

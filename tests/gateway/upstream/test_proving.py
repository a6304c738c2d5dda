import base64
import re
import time
from typing import Any

import http_sf
import pytest

from gateway.http.headers import Headers
from gateway.upstream.proving import proof_fields, sign
from tests.builders import a_service_on
from tests.house.sources import ROOT
from tests.loopback import answering, serving

KEY = b"a proof key of thirty-two bytes."
HEADERS = Headers((("X-Guichet-Application", "app_farm"), ("X-Request-Id", "req_TEST")))
NOW = 1_790_000_000.9


def test_it_signs_as_the_standard_does():
    """RFC 9421, appendix B.2.5."""
    key = base64.b64decode("uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==")
    components = [
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("@authority", "example.com"),
        ("content-type", "application/json"),
    ]
    parameters = '("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"'

    assert sign(components, parameters, key) == "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8="


def test_it_says_what_it_covers_when_and_with_what():
    (_, said), (_, signature) = proof_fields("GET", "/base/a?b=c", HEADERS, KEY, NOW)

    parsed: Any = http_sf.parse(said.encode(), tltype="dictionary")
    names, parameters = parsed["guichet"]
    assert [name for name, _ in names] == ["@method", "@path", "@query", "x-guichet-application", "x-request-id"]
    assert parameters == {"created": 1_790_000_000, "alg": "hmac-sha256", "tag": "guichet"}
    parsed = http_sf.parse(signature.encode(), tltype="dictionary")
    assert len(parsed["guichet"][0]) == 32


# --- what publisher.md tells a service to do


@pytest.fixture(scope="module", params=["en", "fr"])
def is_from_the_gateway(request):
    """The example of the guide, in each language."""
    guide = (ROOT / f"docs/{request.param}/publisher.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    names: dict[str, Any] = {}
    exec(example, names)  # noqa: S102 - it is our own guide
    return names["is_from_the_gateway"]


def signed(target="/base/a?b=c"):
    return dict((*HEADERS.pairs, *proof_fields("GET", target, HEADERS, KEY, NOW)))


def test_the_example_of_the_guide_believes_what_the_gateway_signed(is_from_the_gateway):
    for target in ("/base/a?b=c", "/base/a", "/base/a?", "/a%2Fb//c;d?x=+&&y=%zz?"):
        assert is_from_the_gateway("GET", target, signed(target=target), KEY, NOW + 5)


@pytest.mark.parametrize(
    ("method", "target", "changed", "key", "later"),
    [
        ("POST", "/base/a?b=c", {}, KEY, 0),
        ("GET", "/base/b?b=c", {}, KEY, 0),
        ("GET", "/base/a?b=d", {}, KEY, 0),
        ("GET", "/base/a?b=c", {"X-Guichet-Application": "app_other"}, KEY, 0),
        ("GET", "/base/a?b=c", {"X-Request-Id": "req_other"}, KEY, 0),
        ("GET", "/base/a?b=c", {}, b"another key", 0),
        ("GET", "/base/a?b=c", {}, KEY, 61),
        ("GET", "/base/a?b=c", {"Signature": "guichet=:AAAA:"}, KEY, 0),
        ("GET", "/base/a?b=c", {"Signature-Input": "guichet=();created=1790000000"}, KEY, 0),
        ("GET", "/base/a?b=c", {"Signature": "", "Signature-Input": ""}, KEY, 0),
    ],
)
def test_the_example_of_the_guide_believes_nothing_else(is_from_the_gateway, method, target, changed, key, later):
    assert not is_from_the_gateway(method, target, signed() | changed, key, NOW + later)


def test_a_service_can_check_what_arrives(services, is_from_the_gateway):
    with serving(answering(b"HTTP/1.1 204 X\r\n\r\n")) as server:
        services.ask(a_service_on(server.port, proof_key=KEY, base_path="/base"), "/a?b=c", pairs=HEADERS.pairs)

    first, *lines = server.requests[0].decode().split("\r\n")
    method, target, _ = first.split()
    assert is_from_the_gateway(method, target, dict(line.split(": ", 1) for line in lines), KEY, time.time())

import pytest

from gateway.domain.errors import ADDRESS_REFUSED, INVALID, REQUIRED, DomainError
from gateway.services.receivers import LONGEST_URL, checked_receiver, receiver_of, receiver_policy
from gateway.upstream.addresses import AddressPolicy
from tests.fixtures.publishing import ELSEWHERE

OPENED = AddressPolicy.of(["127.0.0.0/8", "10.0.0.0/8", "::1/128"], own=[("127.0.0.1", 8000)])
PRODUCTION = receiver_policy(OPENED, "guichet.example.ca")
DEVELOPERS = receiver_policy(OPENED, "127.0.0.1")


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.org",
        "https://hooks.example.org/",
        "https://hooks.example.org:8443/a/b/",
        "https://hooks.example.org/a?token=x%20y&z=1",
        "https://142.32.0.1/a",
    ],
)
def test_an_https_address_that_everyone_can_reach_is_kept_as_it_was_given(url):
    assert checked_receiver(f" {url} ", ELSEWHERE) == url


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("", REQUIRED),
        ("http://hooks.example.org/a", INVALID),
        ("https://hooks.example.org/a?b=c d", INVALID),
        ("https://hooks.example.org/a?b#c", INVALID),
        ("https://hooks.example.org/" + "a" * LONGEST_URL, INVALID),
        ("ftp://hooks.example.org/a", ADDRESS_REFUSED),
        ("https://user:password@hooks.example.org/a", ADDRESS_REFUSED),
        ("https://hooks.example.org/../a", ADDRESS_REFUSED),
        ("hooks.example.org", ADDRESS_REFUSED),
    ],
)
def test_what_is_no_such_address_is_refused_at_its_field(url, kind):
    with pytest.raises(DomainError) as refused:
        checked_receiver(url, ELSEWHERE)

    assert (refused.value.kind, refused.value.field) == (kind, "url")


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/a", "https://127.0.0.1:8000/v1", "https://10.1.2.3/a", "https://[::1]/a", "https://0x7f.1/a",
        "https://169.254.169.254/latest/meta-data", "https://[::ffff:10.0.0.1]/", "https://192.168.0.1/",
    ],
)  # fmt: skip
def test_what_the_operator_opened_for_departments_stays_shut_for_developers(url):
    with pytest.raises(DomainError) as refused:
        checked_receiver(url, PRODUCTION)

    assert refused.value.kind is ADDRESS_REFUSED


def test_a_name_is_judged_by_what_it_resolves_to():
    inside = AddressPolicy(resolve=lambda _host, _port: ("142.32.0.1", "10.0.0.1"))

    with pytest.raises(DomainError):
        checked_receiver("https://hooks.example.org/a", inside)


def test_on_a_developers_own_machine_loopback_is_a_receiver_and_nothing_else_inside_is():
    assert checked_receiver("http://127.0.0.1:9000/a", DEVELOPERS) == "http://127.0.0.1:9000/a"
    # The second is the gateway itself; whoever is elsewhere, or nowhere yet, is reached by https there too.
    for url in ("http://10.0.0.1/", "http://127.0.0.1:8000/", "http://142.32.0.1/", "http://hooks.example.org/"):
        with pytest.raises(DomainError):
            checked_receiver(url, DEVELOPERS)


@pytest.mark.parametrize(
    ("host", "is_open"),
    [("localhost", True), ("127.0.0.1", True), ("::1", True), ("guichet.example.ca", False), ("10.0.0.1", False)],
)
def test_only_a_store_that_is_reached_by_loopback_opens_loopback(host, is_open):
    assert bool(receiver_policy(OPENED, host).allowed_networks) is is_open


@pytest.mark.parametrize("listens", ["0.0.0.0", "::", "10.0.0.1"])  # noqa: S104 - compared, not bound
def test_a_store_that_listens_to_others_too_opens_no_loopback(listens):
    assert not receiver_policy(OPENED, "127.0.0.1", listens).allowed_networks


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("https://hooks.example.org", "hooks.example.org", "/"),
        ("https://hooks.example.org:8443/a/?b=c", "hooks.example.org:8443", "/a/?b=c"),
        ("https://hooks.example.org?b", "hooks.example.org", "/?b"),
    ],
)
def test_what_is_asked_for_is_the_address_to_the_letter(url, authority, path):
    target, asked = receiver_of(url)

    assert (target.scheme, target.authority, target.base, asked) == ("https", authority, "", path)

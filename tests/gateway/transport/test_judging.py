import pytest

from gateway.pipeline.refusals import Refusal
from gateway.transport.judging import ambiguous_length, bad_address, refuse_host, refuse_trailer, split_target


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("/a?b", ("/a?b", "")),
        ("/a://b", ("/a://b", "")),
        ("http://h.ca:80/a?b", ("/a?b", "h.ca:80")),
        ("HTTPS://h.ca", ("/", "h.ca")),
        ("http:///a", ("http:///a", "")),
        ("ftp://h.ca/a", ("ftp://h.ca/a", "")),
        ("*", ("*", "")),
        ("h.ca:443", ("h.ca:443", "")),
    ],
)
def test_a_target_is_a_path_and_perhaps_an_authority(target, parts):
    assert split_target(target) == parts


@pytest.mark.parametrize(
    ("authority", "hosts", "is_old"),
    [("", ("a.ca",), False), ("", ("a.ca:80",), True), ("", (), True), ("b.ca", ("a.ca",), False)],
)
def test_one_valid_host_passes(authority, hosts, is_old):
    refuse_host(authority, hosts, is_old=is_old)


@pytest.mark.parametrize(
    ("authority", "hosts", "is_old"),
    [
        ("", (), False),
        ("", ("a.ca", "a.ca"), False),
        ("", ("a.ca", "b.ca"), True),
        ("", ("",), False),
        ("", ("a b",), False),
        ("b.ca", (), False),
        ("b.ca", ("a b",), False),
        ("b@c", ("a.ca",), False),
    ],
)
def test_any_other_is_refused(authority, hosts, is_old):
    with pytest.raises(Refusal) as refused:
        refuse_host(authority, hosts, is_old=is_old)

    assert refused.value.row.code == "malformed-request"


@pytest.mark.parametrize("refusal", [bad_address(), ambiguous_length()])
def test_each_fault_is_told_in_both_languages(refusal):
    assert refusal.row.status == 400
    assert refusal.detail.en != refusal.detail.fr


def test_a_trailer_cannot_say_what_only_a_head_may_say():
    refuse_trailer(b"Server-Timing")
    for name in (b"Content-Length", b"transfer-encoding", b"HOST", b"Authorization", b"Connection"):
        with pytest.raises(Refusal):
            refuse_trailer(name)

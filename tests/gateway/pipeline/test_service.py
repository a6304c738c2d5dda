import pytest

from gateway.pipeline.service import Service, Tls
from tests.builders import a_target


@pytest.mark.parametrize(
    ("parts", "authority"),
    [
        (("http", "a.example", 80), "a.example"),
        (("https", "a.example", 443), "a.example"),
        (("https", "a.example", 80), "a.example:80"),
        (("http", "2001:db8::1", 8080), "[2001:db8::1]:8080"),
    ],
)
def test_the_host_field_names_a_port_only_where_it_is_not_the_schemes_own(
    parts: tuple[str, str, int], authority: str
) -> None:
    scheme, host, port = parts
    assert a_target(scheme=scheme, host=host, port=port).authority == authority


def test_no_secret_of_a_service_is_in_what_is_printed_of_it() -> None:
    service = Service((a_target(),), tls=Tls(certificate="shown", key="hidden key"), proof_key=b"hidden proof")
    assert "hidden" not in repr(service)
    assert "shown" in repr(service)

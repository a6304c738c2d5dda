import ssl
from datetime import timedelta

import pytest

from gateway.credentials import certificates
from gateway.credentials.certificates import CertificateRefused, authorities_in, chain_in, identities_in, key_for
from tests.fixtures.publishing import NOW
from tests.pem import pasted, weak

OURS = pasted()
OTHER = pasted("other.example.ca")
OLD = pasted("old.example.ca", begins=timedelta(days=-90), ends=timedelta(days=-1))


def test_a_chain_and_its_key_come_out_in_one_form_that_openssl_takes(tmp_path):
    chain = chain_in(f"subject=CN\r\n{OURS.certificate}\n\n{OTHER.certificate}".replace("\n", "\r\n"), NOW)
    key = key_for(chain, f"Bag attributes\n{OURS.key}")

    assert chain == OURS.certificate + OTHER.certificate
    assert key == OURS.key
    (tmp_path / "both.pem").write_text(key + chain)
    ssl.create_default_context(cadata=chain).load_cert_chain(tmp_path / "both.pem")


def test_what_may_be_told_of_a_certificate_is_whose_it_is_and_until_when():
    (told,) = identities_in(OURS.certificate)

    assert (told.subject, told.expires_at) == ("CN=gateway.example.ca", NOW + timedelta(days=90))
    assert len(told.sha256) == 64


@pytest.mark.parametrize(
    ("pem", "reason"),
    [
        ("", certificates.NO_CERTIFICATE),
        ("nothing", certificates.NO_CERTIFICATE),
        (OURS.certificate[:200], certificates.NO_CERTIFICATE),
        (OURS.certificate.replace("M", "N", 1), certificates.NO_CERTIFICATE),
        (OURS.key, certificates.HOLDS_A_KEY),
        (OURS.certificate + OURS.key, certificates.HOLDS_A_KEY),
        (OLD.certificate, certificates.EXPIRED),
        (pasted(begins=timedelta(days=1)).certificate, certificates.NOT_YET),
        (pasted(private=weak()).certificate, certificates.WEAK),
        (OURS.certificate + pasted(private=weak()).certificate, certificates.WEAK),
    ],
    ids=lambda part: part.en[:30] if hasattr(part, "en") else "",
)
def test_a_certificate_that_cannot_be_shown_is_refused(pem, reason):
    with pytest.raises(CertificateRefused) as caught:
        chain_in(pem, NOW)

    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("pem", "reason"),
    [
        ("", certificates.NO_KEY),
        (OURS.certificate, certificates.NO_KEY),
        (OURS.key[:100], certificates.NO_KEY),
        (OTHER.key, certificates.NOT_A_PAIR),
        (pasted(private=OURS.private, lock=b"quiet ovens").key, certificates.LOCKED_KEY),
    ],
    ids=lambda part: part.en[:30] if hasattr(part, "en") else "",
)
def test_a_key_that_is_not_the_certificates_is_refused(pem, reason):
    with pytest.raises(CertificateRefused) as caught:
        key_for(OURS.certificate, pem)

    assert caught.value.reason == reason


def test_a_bundle_of_authorities_is_taken_while_one_of_them_is_valid():
    assert authorities_in(OLD.certificate + OURS.certificate, NOW) == OLD.certificate + OURS.certificate
    with pytest.raises(CertificateRefused, match="expired"):
        authorities_in(OLD.certificate, NOW)

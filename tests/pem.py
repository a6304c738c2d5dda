"""Certificates as people paste them: made anew for each test, with its own moment for their beginning and end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from tests.fixtures.publishing import NOW


@dataclass(frozen=True)
class Pasted:
    """A certificate and its private key."""

    certificate: str
    key: str
    private: Any


def pasted(
    name: str = "gateway.example.ca",
    *,
    now: datetime = NOW,
    begins: timedelta = timedelta(days=-1),
    ends: timedelta = timedelta(days=90),
    private: Any = None,
    lock: bytes = b"",
) -> Pasted:
    """A certificate that signed itself; `begins` and `ends` are counted from `now`, `lock` is the key's passphrase."""
    private = private or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder(issuer_name=subject, subject_name=subject, public_key=private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
        .sign(private, hashes.SHA256())
    )
    encryption: KeySerializationEncryption = BestAvailableEncryption(lock) if lock else NoEncryption()
    key = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    return Pasted(certificate.public_bytes(Encoding.PEM).decode(), key.decode(), private)


def weak() -> Any:
    """A private key that OpenSSL no longer takes."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=1_024)  # noqa: S505 - weak on purpose

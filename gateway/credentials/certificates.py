"""Certificates and private keys as people paste them (PEM, RFC 7468): read, judged, and written in one form.

The law: what is taken here, OpenSSL takes at its usual level of security; what was pasted around it is let go.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from gateway.words import Words

NO_CERTIFICATE = Words(
    "No certificate can be read in it: paste the text that begins with -----BEGIN CERTIFICATE-----.",
    "Aucun certificat n’y est lisible : collez le texte qui commence par -----BEGIN CERTIFICATE-----.",
)
HOLDS_A_KEY = Words(
    "It holds a private key as well: only certificates belong here.",
    "Il s’y trouve aussi une clé privée : seuls des certificats ont leur place ici.",
)
NO_KEY = Words(
    "No private key can be read in it: paste the text that begins with -----BEGIN PRIVATE KEY-----.",
    "Aucune clé privée n’y est lisible : collez le texte qui commence par -----BEGIN PRIVATE KEY-----.",
)
LOCKED_KEY = Words(
    "The private key is locked by a passphrase: unlock it first.",
    "La clé privée est protégée par une phrase de passe : déverrouillez-la d’abord.",
)
WEAK = Words(
    "It is too weak: RSA of 2,048 bits or more, an elliptic curve of 256 bits or more, and SHA-256 or better.",
    "La sécurité en est trop faible : il faut RSA de 2 048 bits ou plus, une courbe elliptique de 256 bits ou plus, et"
    " SHA-256 ou mieux.",
)
NOT_A_PAIR = Words(
    "It is not the private key of the first certificate.", "Ce n’est pas la clé privée du premier certificat."
)
EXPIRED = Words("The certificate has expired.", "Le certificat est échu.")
NOT_YET = Words("The certificate is not valid yet.", "Le certificat n’est pas encore valide.")

_LEAST_RSA = 2_048
_LEAST_CURVE = 256
_WEAK_HASHES = frozenset({"md5", "sha1"})


class CertificateRefused(Exception):  # noqa: N818 - read aloud: "raise CertificateRefused"
    """A certificate or key that cannot be used; `reason` is for the person who gave it."""

    def __init__(self, reason: Words) -> None:
        """Say why."""
        super().__init__(reason.en)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Identity:
    """What may be told of a certificate: whose it is (RFC 4514), until when, and the SHA-256 of it in hexadecimal."""

    subject: str
    expires_at: datetime
    sha256: str


def authorities_in(pem: str, now: datetime) -> str:
    """The certificates of a bundle, one after the other, as PEM; one at least must not have expired.

    Raises:
        CertificateRefused: none can be read, or all have expired.
    """
    found = _certificates(pem)
    if all(now > each.not_valid_after_utc for each in found):
        raise CertificateRefused(EXPIRED)
    return _written(found)


def chain_in(pem: str, now: datetime) -> str:
    """A certificate to show, and those that lead to its authority, as PEM.

    Raises:
        CertificateRefused: it cannot be read, is not valid now, or is too weak.
    """
    found = _certificates(pem)
    if now > found[0].not_valid_after_utc:
        raise CertificateRefused(EXPIRED)
    if now < found[0].not_valid_before_utc:
        raise CertificateRefused(NOT_YET)
    if any(_is_weak(each) for each in found):
        raise CertificateRefused(WEAK)
    return _written(found)


def key_for(chain: str, pem: str) -> str:
    """The private key of the first certificate of a chain, as PEM (PKCS #8, RFC 5958).

    Raises:
        CertificateRefused: it cannot be read, is locked, or is another certificate's.
    """
    try:
        key = load_pem_private_key(pem.encode(), password=None)
        own, shown = (_spki(each) for each in (key.public_key(), _certificates(chain)[0].public_key()))
    except TypeError:
        raise CertificateRefused(LOCKED_KEY) from None
    except (ValueError, UnsupportedAlgorithm):
        raise CertificateRefused(NO_KEY) from None
    if own != shown:
        raise CertificateRefused(NOT_A_PAIR)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


def identities_in(pem: str) -> tuple[Identity, ...]:
    """Who the certificates are of, in their order; raises `CertificateRefused`."""
    return tuple(
        Identity(each.subject.rfc4514_string(), each.not_valid_after_utc, each.fingerprint(SHA256()).hex())
        for each in _certificates(pem)
    )


def _certificates(pem: str) -> list[x509.Certificate]:
    if "PRIVATE KEY" in pem:
        raise CertificateRefused(HOLDS_A_KEY)
    try:
        found = x509.load_pem_x509_certificates(pem.encode())
        for each in found:
            each.subject.rfc4514_string()  # read only when it is asked for
            each.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise CertificateRefused(NO_CERTIFICATE) from None
    return found


def _written(certificates: Sequence[x509.Certificate]) -> str:
    return "".join(each.public_bytes(Encoding.PEM).decode("ascii") for each in certificates)


def _spki(key: object) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined,no-any-return]


def _is_weak(certificate: x509.Certificate) -> bool:
    hashed = certificate.signature_hash_algorithm  # None for EdDSA, which brings its own
    return (hashed is not None and hashed.name in _WEAK_HASHES) or not _is_strong(certificate.public_key())


def _is_strong(key: CertificatePublicKeyTypes) -> bool:
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= _LEAST_RSA
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.key_size >= _LEAST_CURVE
    return isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey)

"""Sealing what must be read again but never found: private keys, under the installation's master secret.

The law: the master secret itself encrypts nothing; a key is derived from it for each purpose (HKDF, RFC 5869), so that
the secret can serve other purposes too. Fernet is AES-128-CBC with an HMAC: what was altered does not open.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_PURPOSE = b"guichet: sealed keys, version 1"
_ADDRESSES = b"guichet: addresses of callers, version 1"


class WrongSecret(Exception):  # noqa: N818 - read aloud: "raise WrongSecret"
    """What was sealed does not open: the master secret is another one, or the bytes were altered."""


class Sealer:
    """Seals and unseals with one master secret."""

    def __init__(self, secret: str) -> None:
        """Derive the key; a secret that is only characters repeated is the settings' matter, not ours."""
        self._fernet = Fernet(base64.urlsafe_b64encode(_derived(secret, _PURPOSE)))
        self.address_key = _derived(secret, _ADDRESSES)
        """What keys the digests of addresses: the same on each machine that has the secret."""

    def seal(self, plain: bytes) -> bytes:
        """What may be stored; different each time."""
        return self._fernet.encrypt(plain)

    def unseal(self, sealed: bytes) -> bytes:
        """What was sealed; raises `WrongSecret`."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            raise WrongSecret("the sealed key does not open: was GUICHET_SECRET changed?") from None


def _derived(secret: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret.encode())

"""Signing what is sent to webhooks, as Standard Webhooks says (https://www.standardwebhooks.com, specification 1.0).

The law: what is signed is `id.timestamp.body`, byte for byte as it is sent, with HMAC-SHA256; while a secret is being
replaced both sign, so that a receiver may change over whenever it likes.
"""

import base64
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"
_RANDOM_BYTES = 32  # the specification asks for 24 to 64


def mint_signing_secret(randomness: bytes) -> str:
    """A new secret from 32 random bytes that the caller brings."""
    if len(randomness) != _RANDOM_BYTES:
        raise ValueError("a signing secret needs exactly 32 random bytes")
    return PREFIX + base64.b64encode(randomness).decode()


def signed_fields(message_id: str, body: bytes, secrets: Sequence[str], seconds: int) -> tuple[tuple[str, str], ...]:
    """The fields that a message is sent with; `seconds` since the epoch is when this try of it begins."""
    content = b".".join((message_id.encode(), str(seconds).encode(), body))
    signatures = " ".join(f"v1,{_signature(secret, content)}" for secret in secrets)
    return ("webhook-id", message_id), ("webhook-timestamp", str(seconds)), ("webhook-signature", signatures)


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.digest(key, content, "sha256")).decode()

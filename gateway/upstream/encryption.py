"""TLS towards services: whom we trust, what we show, and whether a connection was ended or cut.

The law: a service's name is always verified; an API may replace the authorities that vouch for it, never do without.
"""

import os
import ssl
from asyncio import BaseTransport
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from gateway.pipeline.service import Tls


@lru_cache(maxsize=256)
def context_of(tls: Tls) -> ssl.SSLContext:
    """The context that these certificates make; raises `ssl.SSLError` when they are none."""
    context = ssl.create_default_context(cadata=tls.authorities)
    if tls.certificate is not None:
        with _as_file(tls.certificate) as certificate, _as_file(tls.key or tls.certificate) as key:
            context.load_cert_chain(certificate, key)
    return context


def was_cut(transport: BaseTransport) -> bool:
    """Whether what has just ended was cut off, by anyone on the way, without TLS's own goodbye (RFC 8446 §6.1)."""
    encrypted = transport.get_extra_info("ssl_object")
    if encrypted is None:
        return False
    try:
        return bool(encrypted.read(1))
    except ssl.SSLZeroReturnError:
        return False
    except ssl.SSLError:
        return True


@contextmanager
def _as_file(text: str) -> Iterator[str]:
    # OpenSSL, as Python shows it, reads certificates from files only; a key does not belong on a disk.
    reading, writing = os.pipe()
    try:
        os.set_blocking(writing, False)
        content = text.encode()
        try:
            whole = os.write(writing, content) == len(content)
        except BlockingIOError:
            whole = False
        finally:
            os.close(writing)
        if not whole:
            raise ssl.SSLError("a certificate is longer than a pipe")
        yield f"/dev/fd/{reading}"
    finally:
        os.close(reading)

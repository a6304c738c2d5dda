"""How bytes are cut into writes: a rule of HTTP must not depend on where the network cuts."""

from collections.abc import Callable

Cut = Callable[[bytes], list[bytes]]
"""From bytes to the pieces in which they are written."""


def whole(content: bytes) -> list[bytes]:
    """All at once."""
    return [content]


def every_byte(content: bytes) -> list[bytes]:
    """Each byte by itself."""
    return [content[place : place + 1] for place in range(len(content))]


def every_line(content: bytes) -> list[bytes]:
    """After each CRLF."""
    return content.replace(b"\r\n", b"\r\n\0cut\0").split(b"\0cut\0")


def inside_every_crlf(content: bytes) -> list[bytes]:
    """Between each CR and its LF."""
    return content.replace(b"\r\n", b"\r\0cut\0\n").split(b"\0cut\0")

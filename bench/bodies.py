"""What is asked for and what is answered: the same bytes for every contestant."""

import json
from dataclasses import dataclass

_FIELDS = {
    "station": "qc-laval",
    "name": {"en": "Laval", "fr": "Laval"},
    "province": "QC",
    "readings": [{"at": f"2026-01-01T0{hour}:00:00Z", "pm25": 7.1, "no2": 12.4} for hour in range(5)],
    "padding": "",
}
_SIZE = 424


def _padded() -> bytes:
    missing = _SIZE - len(json.dumps(_FIELDS))
    return json.dumps(_FIELDS | {"padding": "." * missing}).encode()


SMALL = _padded()
"""A JSON answer of 424 bytes, without a quote or a dollar sign that a configuration file would read otherwise."""

KIB, MIB, GIB = 1024, 1024**2, 1024**3


@dataclass(frozen=True, slots=True)
class Asked:
    """What is sent: the paths in turn, below a contestant's prefix; a body of so many bytes."""

    paths: tuple[str, ...]
    method: str = "GET"
    body: int = 0


JSON = Asked(("/json",))
POST = Asked(("/post",), "POST", 10 * KIB)


def bytes_of(count: int) -> Asked:
    """A GET of so many bytes."""
    return Asked((f"/bytes/{count}",))


def routes(count: int) -> Asked:
    """A GET of each route in turn."""
    return Asked(tuple(f"/routes/{number}/x" for number in range(count)))

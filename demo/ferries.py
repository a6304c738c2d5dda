"""The Department of Transport's service: crossings and travellers' notes. `python -m demo.ferries PORT`."""

import sys
from typing import Any

from demo.service import BAD_REQUEST, NOT_FOUND, Answer, Asked, Routes, serve


def _crossing(start: str, end: str, departs: str, minutes: int) -> dict[str, Any]:
    identifier = f"{start}-{end}-{departs.replace(':', '')}"
    return {"id": identifier, "from": start, "to": end, "departs": departs, "minutes": minutes}


CROSSINGS = (
    _crossing("levis", "quebec", "07:00", 12),
    _crossing("levis", "quebec", "07:30", 12),
    _crossing("quebec", "levis", "07:15", 12),
    _crossing("matane", "baie-comeau", "08:00", 135),
    _crossing("tsawwassen", "swartz-bay", "09:00", 95),
    _crossing("north-sydney", "port-aux-basques", "11:45", 420),
)
_IDS = frozenset(crossing["id"] for crossing in CROSSINGS)
_SUBJECTS = frozenset({"wheelchair", "bicycle", "vehicle"})


def list_crossings(asked: Asked) -> Answer:
    """Crossings, from one port if it is named."""
    start = asked.query.get("from")
    return 200, {"crossings": [crossing for crossing in CROSSINGS if start in (None, crossing["from"])]}


def leave_note(asked: Asked) -> Answer:
    """Keep a note: told back, as a crew's system would."""
    if asked.parts[0] not in _IDS:
        return NOT_FOUND
    if not isinstance(asked.body, dict) or asked.body.get("subject") not in _SUBJECTS:
        return BAD_REQUEST
    return 201, asked.body


ROUTES: Routes = {
    ("GET", "/crossings"): list_crossings,
    ("POST", "/crossings/([^/]+)/notes"): leave_note,
}

if __name__ == "__main__":
    serve(ROUTES, int(sys.argv[1]))

"""The Department of the Environment's service: stations and their readings. `python -m demo.air_quality PORT`."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from demo.service import BAD_REQUEST, NOT_FOUND, Answer, Asked, Routes, serve


def _station(identifier: str, en: str, fr: str, latitude: float, longitude: float) -> dict[str, Any]:
    province = identifier[:2].upper()
    name = {"en": en, "fr": fr}
    return {"id": identifier, "name": name, "province": province, "latitude": latitude, "longitude": longitude}


STATIONS = (
    _station("bc-vancouver", "Vancouver Harbour", "Port de Vancouver", 49.29, -123.11),
    _station("ab-calgary", "Calgary Centre", "Calgary-Centre", 51.05, -114.07),
    _station("mb-winnipeg", "Winnipeg Ellen Street", "Winnipeg, rue Ellen", 49.90, -97.15),
    _station("on-ottawa", "Ottawa Downtown", "Centre-ville d’Ottawa", 45.43, -75.68),
    _station("qc-laval", "Laval", "Laval", 45.57, -73.69),
    _station("qc-quebec", "Quebec City Old Port", "Québec, Vieux-Port", 46.82, -71.20),
    _station("nb-moncton", "Moncton", "Moncton", 46.10, -64.78),
    _station("ns-halifax", "Halifax Lake Major", "Halifax, lac Major", 44.72, -63.48),
    _station("nu-iqaluit", "Iqaluit", "Iqaluit", 63.75, -68.52),
)
_BY_ID = {station["id"]: station for station in STATIONS}


def list_stations(asked: Asked) -> Answer:
    """Stations, of one province if it is named, in pages."""
    limit, offset = int(asked.query.get("limit", "20")), int(asked.query.get("offset", "0"))
    if not 1 <= limit <= 100 or offset < 0:
        return BAD_REQUEST
    province = asked.query.get("province")
    found = [station for station in STATIONS if province in (None, station["province"])]
    return 200, {"total": len(found), "stations": found[offset : offset + limit]}


def get_station(asked: Asked) -> Answer:
    """One station."""
    station = _BY_ID.get(asked.parts[0])
    return (200, station) if station else NOT_FOUND


def list_readings(asked: Asked) -> Answer:
    """The last hours of a station, computed from the hour itself so that a reading never changes."""
    hours = int(asked.query.get("hours", "6"))
    if asked.parts[0] not in _BY_ID:
        return NOT_FOUND
    if not 1 <= hours <= 48:
        return BAD_REQUEST
    latest = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)  # noqa: TID251 - a service has its own clock
    return 200, {
        "station": asked.parts[0],
        "readings": [_reading(asked.parts[0], latest - timedelta(hours=back)) for back in range(hours)],
    }


def _reading(station: str, at: datetime) -> dict[str, Any]:
    seed = sum(map(ord, station)) * 31 + int(at.timestamp()) // 3_600
    particles = None if seed % 23 == 0 else round(3 + seed % 17 + seed % 10 / 10, 1)
    return {"at": at.isoformat(), "index": 1 + seed % 7, "pm25": particles}


ROUTES: Routes = {
    ("GET", "/stations"): list_stations,
    ("GET", "/stations/([^/]+)"): get_station,
    ("GET", "/stations/([^/]+)/readings"): list_readings,
}

if __name__ == "__main__":
    serve(ROUTES, int(sys.argv[1]))

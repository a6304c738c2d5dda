import pytest

import openapi
from demo.air_quality import ROUTES, STATIONS
from demo.service import BAD_REQUEST, NOT_FOUND, answer
from tests.house.sources import ROOT


def test_stations_are_listed_by_province_and_in_pages():
    status, told = answer(ROUTES, "GET", "/stations?province=QC&limit=1&offset=1", b"")

    assert status == 200
    assert told["total"] == 2
    assert [station["id"] for station in told["stations"]] == ["qc-quebec"]


def test_one_station_is_read():
    assert answer(ROUTES, "GET", "/stations/qc-laval", b"") == (200, STATIONS[4])


def test_readings_go_back_by_the_hour_and_never_change():
    first = answer(ROUTES, "GET", "/stations/qc-laval/readings?hours=48", b"")[1]["readings"]
    again = answer(ROUTES, "GET", "/stations/qc-laval/readings?hours=48", b"")[1]["readings"]

    assert len(first) == 48
    assert {each["at"]: each for each in first} | {each["at"]: each for each in again} == {
        each["at"]: each for each in [*first, *again]
    }
    assert all(1 <= each["index"] <= 7 for each in first)


@pytest.mark.parametrize("target", ["/stations/nowhere", "/stations/nowhere/readings"])
def test_an_unknown_station_is_not_found(target):
    assert answer(ROUTES, "GET", target, b"") == NOT_FOUND


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "offset=-1", "limit=many"])
def test_a_page_out_of_bounds_is_a_bad_request(query):
    assert answer(ROUTES, "GET", f"/stations?{query}", b"") == BAD_REQUEST


def test_the_service_answers_exactly_what_its_document_declares():
    document = openapi.check((ROOT / "demo/documents/air-quality.yaml").read_bytes()).document

    assert document
    assert {(each.method.upper()) for each in openapi.operations(document)} == {method for method, _ in ROUTES}
    assert len(openapi.operations(document)) == len(ROUTES)

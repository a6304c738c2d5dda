from math import isnan

import pytest

from gateway.pipeline.service import Check, Waits
from gateway.services.upstream_laws import MOST_TARGETS, Place, Upstream, at
from portal.upstream_form import form_of, open_parts, rows_in, said_in

FULL = Upstream(
    targets=(Place("https://a.example.ca", 3), Place("https://b.example.ca")),
    waits=Waits(1.5, 10, 20, 60.25),
    retries=2,
    check=Check("/health", 5, 0.5),
    authorities="authorities",
    certificate="certificate",
    most_in_flight=9,
    allows_upgrade=True,
)


def form_in(site, language: str, said: Upstream, typed: dict[str, str] | None = None):
    """The form in one language, as it stands or with what was typed."""
    given = {"method": "POST", "data": typed} if typed is not None else {}
    with site.app.test_request_context(f"/{language}/publish", **given):
        site.app.preprocess_request()
        form = form_of(said, 1)
        return form, said_in(form)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("said", [FULL, at("https://a.example.ca")])
def test_what_was_said_is_said_again_by_the_form_as_it_stands(site, language, said):
    assert form_in(site, language, said)[1] == said


@pytest.mark.parametrize(("present", "rows"), [(0, 3), (1, 3), (2, 4), (MOST_TARGETS, MOST_TARGETS)])
def test_there_are_rows_for_more_addresses_up_to_the_most(site, present, rows):
    said = Upstream(tuple(Place(f"https://a{number}.example.ca") for number in range(present)))

    assert len(rows_in(form_in(site, "en", said)[0])) == rows


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [("en", "1.5", 1.5), ("fr", "1,5", 1.5), ("fr", "1.5", 1.5), ("en", "1 200", 1200), ("en", "0.25", 0.25)],
)
def test_seconds_are_read_as_the_language_writes_them(site, language, text, value):
    typed = {"targets.0.base_url": "https://a.example.ca", "waits.connect": text}

    assert form_in(site, language, FULL, typed)[1].waits.connect == value


@pytest.mark.parametrize("text", ["", "soon", "-1", "1,5", "1e3", "nan", "inf", "٣", "1.5.2", "9" * 13])
def test_what_is_no_number_is_none(site, text):
    typed = {"targets.0.base_url": "https://a.example.ca", "waits.connect": text, "retries": text}
    said = form_in(site, "en", FULL, typed)[1]

    assert isnan(said.waits.connect)
    assert isnan(said.retries)


def test_a_check_without_a_path_is_none_and_an_address_without_a_weight_has_one(site):
    said = form_in(site, "en", FULL, {"targets.0.base_url": "https://a.example.ca", "check.path": " "})[1]

    assert said.check is None
    assert said.targets == (Place("https://a.example.ca", 1),)


def test_a_part_opens_for_what_is_at_fault_in_it(site):
    form, _said = form_in(site, "en", FULL)
    assert open_parts(form) == frozenset()

    for name in ("targets.0.base_url", "targets.1.base_url", "retries", "allows_upgrade"):
        form[name].errors = ["wrong"]

    assert open_parts(form) == {"addresses", "waits", "bounds"}

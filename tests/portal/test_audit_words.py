"""Tests of how the audit trail tells of fields and values."""

import re

import pytest

from portal.audit_words import FIELDS, field_name, short
from tests.house import sources

TARGETS = [{"base_url": "https://a.example", "weight": 1}, {"base_url": "https://b.example", "weight": 2}]


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Address https://a.example, weight 1; Address https://b.example, weight 2"),
        ("fr", "Adresse https://a.example, poids 1; Adresse https://b.example, poids 2"),
    ],
)
def test_lists_of_things_are_words_and_no_program_text(site, language, told):
    with site.app.test_request_context(f"/{language}/"):
        assert short(TARGETS) == told


@pytest.mark.parametrize(
    ("value", "told"), [([], ""), (None, ""), ({"total": None}, ""), (True, "oui"), ({"minute": 60}, "60 par minute")]
)
def test_what_is_not_there_is_empty_and_the_rest_is_in_the_reader_s_language(site, value, told):
    with site.app.test_request_context("/fr/"):
        assert short(value) == told


def test_fields_that_services_tell_have_their_words():
    told = re.compile(r'(?:before|after)=\{"([a-z_]+)":')
    services = [name for name in sources.python_files("gateway") if name.startswith("gateway/services/")]
    fields = {field for name in services for field in told.findall((sources.ROOT / name).read_text(encoding="utf-8"))}

    assert len(fields) > 5
    assert fields <= set(FIELDS)


def test_a_field_without_words_shows_its_name(site):
    with site.app.test_request_context("/en/"):
        assert field_name("setting_of_a_plugin") == "setting_of_a_plugin"

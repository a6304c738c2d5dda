"""Tests of how the audit trail tells of fields and values."""

import re

import pytest

from gateway.domain.lifecycle import ApplicationState, SubscriptionState, VersionState
from gateway.domain.roles import Role
from gateway.store.applications import CredentialKind
from gateway.words import LANGUAGES
from portal.audit_words import FIELDS, VALUES, field_name, short
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
        assert short("targets", TARGETS) == told


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("targets", [], ""),
        ("state", None, ""),
        ("waits", {"total": None}, ""),
        ("closed", True, "oui"),
        ("windows", {"minute": 60}, "60 par minute"),
        ("state", "suspended", "suspendu"),
    ],
)
def test_what_is_not_there_is_empty_and_the_rest_is_in_the_reader_s_language(site, key, value, told):
    with site.app.test_request_context("/fr/"):
        assert short(key, value) == told


def test_somebody_s_own_words_are_not_translated(site):
    with site.app.test_request_context("/fr/"):
        assert short("name", "draft") == "draft"


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("state", [*VersionState, *SubscriptionState, *ApplicationState]),
        ("role", Role),
        ("kind", CredentialKind),
        ("language", LANGUAGES),
    ],
)
def test_every_value_that_a_field_may_have_has_its_words(field, values):
    assert {str(value) for value in values} == set(VALUES[field])


def test_fields_that_services_tell_have_their_words():
    told = re.compile(r'(?:before|after)=\{"([a-z_]+)":')
    services = [name for name in sources.python_files("gateway") if name.startswith("gateway/services/")]
    fields = {field for name in services for field in told.findall((sources.ROOT / name).read_text(encoding="utf-8"))}

    assert len(fields) > 5
    assert fields <= set(FIELDS)


def test_a_field_without_words_shows_its_name(site):
    with site.app.test_request_context("/en/"):
        assert field_name("setting_of_a_plugin") == "setting_of_a_plugin"

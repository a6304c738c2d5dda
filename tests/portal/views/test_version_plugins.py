"""Choosing and setting the plugins of a version."""

import html
import re
from dataclasses import replace
from typing import Any

import pytest
from marshmallow import Schema, fields, validate

from gateway.domain.roles import Role
from gateway.plugin import Plugin, Registry, Words
from gateway.plugin.settings import label_of, settings_of
from gateway.services import audit, versions
from gateway.services.actor import system
from gateway.store.catalogue import ApiVersion, PluginBinding
from plugins import BUILT_IN
from tests.fixtures.consuming import refreshed
from tests.fixtures.publishing import described_api, organisation

PATHS = ("/en/publish/apis/holidays/v1/plugins", "/fr/publier/api/holidays/v1/modules")
EN, FR = PATHS


class Everything(Plugin):
    """A plugin of somebody else's, with a setting of every kind."""

    name = "everything"
    purpose = Words("Does everything.", "Fait tout.")

    class Config(Schema):
        word = fields.String(required=True, metadata={"label": Words("The word", "Le mot")})
        times = fields.Integer(load_default=3, validate=validate.Range(1, 9))
        loud = fields.Boolean(load_default=True)
        since = fields.AwareDateTime()
        hosts = fields.List(fields.String(validate=validate.Length(min=2)))
        colour = fields.String(validate=validate.OneOf(["red", "blue"]))
        more = fields.Dict()


@pytest.fixture
def heritage(sign_in, department):
    """A publisher's browser."""
    return sign_in({department: Role.PUBLISHER})


@pytest.fixture
def draft(site, publisher, department) -> ApiVersion:
    with site.database.begin() as session:
        return described_api(session, publisher, department).versions[0]


@pytest.fixture
def everything(site):
    """An installation with a plugin of somebody else's."""
    site.app.extensions["guichet"] = replace(site.house, registry=Registry([*BUILT_IN, Everything()]))


def chosen(site, version) -> dict[str, Any]:
    with site.database.read() as session:
        return {binding.name: binding.config for binding in refreshed(session, version).plugins}


@pytest.mark.parametrize("path", PATHS)
def test_plugins_are_chosen_with_their_settings_and_let_go(site, heritage, draft, path):
    typed = {
        "plugins.maintenance": "y",
        "plugins.maintenance.until": "2026-12-01T11:00",
        "plugins.request-size": "y",
        "plugins.request-size.max_bytes": "2 048",
    }

    saved = heritage.post(path, typed)

    assert (saved.status_code, saved.location) == (303, path.rsplit("/", 1)[0])
    assert chosen(site, draft) == {
        "maintenance": {"until": "2026-12-01T11:00:00+00:00"},
        "request-size": {"max_bytes": 2048},
    }
    page = heritage.get(path).text
    assert 'value="2026-12-01T11:00"' in page
    assert 'value="2048"' in page
    assert heritage.post(path, {}).status_code == 303
    assert chosen(site, draft) == {}


WRITTEN: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "cors": (
        {"origins": "https://a.ca\r\nhttp://localhost:3000", "methods": "GET", "headers": "Authorization\nX-Own",
         "exposed": "ETag", "max_age": "60", "credentials": "y"},
        {"origins": ["https://a.ca", "http://localhost:3000"], "methods": ["GET"],
         "headers": ["Authorization", "X-Own"], "exposed": ["ETag"], "max_age": 60, "credentials": True},
    ),
    "ip-allow": (
        {"networks": "192.0.2.0/24\r\n2001:db8::/32"},
        {"networks": ["192.0.2.0/24", "2001:db8::/32"]},
    ),
    "maintenance": ({"until": "2026-12-01T11:00"}, {"until": "2026-12-01T11:00:00+00:00"}),
    "request-size": ({"max_bytes": "5"}, {"max_bytes": 5}),
    "headers": (
        {f"{way}_{verb}": written for way in ("call", "reply") for verb, written in (
            ("remove", "X-Gone"), ("rename", "X-Old: X-New"), ("set", "X-A: b: c"), ("add", "X-B: d\r\nX-B: e"))},
        {f"{way}_{verb}": value for way in ("call", "reply") for verb, value in (
            ("remove", ["X-Gone"]), ("rename", ["X-Old: X-New"]), ("set", ["X-A: b: c"]),
            ("add", ["X-B: d", "X-B: e"]))},
    ),
}  # fmt: skip
"""For each plugin of ours: what a person types, and the configuration that it is."""


@pytest.mark.parametrize("plugin", BUILT_IN, ids=lambda plugin: plugin.name)
def test_every_setting_of_our_plugins_can_be_typed_and_is_shown_again(site, heritage, draft, plugin):
    typed, meant = WRITTEN[plugin.name]
    fields = {f"plugins.{plugin.name}.{key}": text for key, text in typed.items()}

    saved = heritage.post(EN, {f"plugins.{plugin.name}": "y", **fields})

    assert saved.status_code == 303
    assert chosen(site, draft) == {plugin.name: meant}
    assert set(meant) == set(settings_of(plugin.Config))
    again = form_fields(heritage.get(EN).text)
    for key, text in typed.items():
        assert again[f"plugins.{plugin.name}.{key}"].splitlines() == text.splitlines()


@pytest.mark.parametrize("plugin", BUILT_IN, ids=lambda plugin: plugin.name)
@pytest.mark.parametrize(("path", "language"), [(EN, "en"), (FR, "fr")])
def test_the_settings_of_our_plugins_are_called_something_in_both_languages(heritage, draft, plugin, path, language):
    page = html.unescape(heritage.get(path).text)

    assert plugin.purpose.of(language) in page
    for key, setting in settings_of(plugin.Config).items():
        label = label_of(key, setting)
        assert label.of(language) in page
        assert label != Words(key, key)


def form_fields(page: str) -> dict[str, str]:
    """What each field of the page holds."""
    inputs = re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page)
    areas = re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\r?\n?(.*?)</textarea>', page, re.DOTALL)
    return {name: html.unescape(value) for name, value in [*inputs, *areas]}


@pytest.mark.usefixtures("everything")
def test_every_kind_of_setting_of_anybodys_plugin_can_be_set(site, heritage, draft):
    typed = {
        "plugins.everything": "y",
        "plugins.everything.word": "hello",
        "plugins.everything.times": "4",
        "plugins.everything.since": "2026-12-01T11:00",
        "plugins.everything.hosts": "a.ca\r\nb.ca\r\n",
        "plugins.everything.colour": "blue",
        "plugins.everything.more": '{"a": 1}',
    }

    assert heritage.post(EN, typed).status_code == 303

    assert chosen(site, draft)["everything"] == {
        "word": "hello",
        "times": 4,
        "loud": False,
        "since": "2026-12-01T11:00:00+00:00",
        "hosts": ["a.ca", "b.ca"],
        "colour": "blue",
        "more": {"a": 1},
    }


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize(
    ("path", "missing", "range_", "list_"),
    [
        (EN, "This setting is required.", "a whole number, at least 1, at most 9", "each of its values a text"),
        (FR, "Ce réglage est obligatoire.", "un nombre entier, au moins 1, au plus 9", "chacune de ses valeurs"),
    ],
)
def test_what_is_wrong_stands_beside_each_field_and_nothing_is_lost(
    site, heritage, draft, path, missing, range_, list_
):
    typed = {
        "plugins.everything": "y",
        "plugins.everything.times": "<twelve>",
        "plugins.everything.hosts": "a.ca\r\nb",
    }

    refused = heritage.post(path, typed)
    page = html.unescape(refused.text)

    assert refused.status_code == 422
    for key, words in (("word", missing), ("times", range_), ("hosts", list_)):
        beside = page.split(f'id="plugins.everything.{key}-error"')[1].split("</p>")[0]
        assert words in beside
        assert f'href="#plugins.everything.{key}"' in page
    assert 'value="<twelve>"' in page
    assert chosen(site, draft) == {}


def test_the_settings_of_a_plugin_that_is_not_chosen_are_not_judged(site, heritage, draft):
    assert heritage.post(EN, {"plugins.maintenance.until": "tomorrow"}).status_code == 303
    assert chosen(site, draft) == {}


def test_what_somebody_else_changed_in_the_meantime_is_not_overwritten(site, heritage, publisher, draft):
    heritage.get(EN)
    with site.database.begin() as session:
        before = refreshed(session, draft).version
        versions.choose_plugins(session, publisher, draft.id, chosen={"request-size": {}}, registry=site.house.registry)

    refused = heritage.post(EN, {"version": str(before)})

    assert refused.status_code == 422
    assert "Somebody changed this" in refused.text
    assert "<span>ticked</span>" in refused.text
    assert chosen(site, draft) == {"request-size": {}}


def test_a_choice_is_written_in_the_audit_trail(site, heritage, department, draft):
    heritage.post(EN, {"plugins.request-size": "y", "plugins.request-size.max_bytes": "5"})

    with site.database.read() as session:
        latest = audit.browse(session, system(), department.id).items[0]
        assert (latest.command, latest.after) == ("version.plugins", {"request-size": {"max_bytes": 5}})


def test_a_plugin_that_is_no_longer_installed_is_named_and_let_go(site, heritage, draft):
    with site.database.begin() as session:
        held = refreshed(session, draft)
        held.plugins.append(PluginBinding(name="gone", config={}))

    assert '<code translate="no">gone</code>' in heritage.get(EN).text
    assert heritage.post(EN).status_code == 303
    assert chosen(site, draft) == {}


@pytest.mark.parametrize("path", PATHS)
def test_only_its_department_sees_the_plugins_of_a_version(sign_in, visitor, draft, consumer, path):
    assert sign_in({consumer: Role.DEVELOPER}).get(path).status_code == 404
    assert visitor.get(path).status_code == 303


def test_another_department_may_not_choose(site, sign_in, draft):
    other = organisation(site.database, slug="other")

    assert sign_in({other: Role.PUBLISHER}).get(EN).status_code == 404


def test_an_installation_without_plugins_says_so(site, heritage, draft):
    site.app.extensions["guichet"] = replace(site.house, registry=Registry([]))

    assert "No plugin is installed here" in heritage.get(EN).text


def test_the_page_of_a_version_lists_what_is_chosen_and_leads_to_choosing(heritage, draft):
    before = heritage.get("/en/publish/apis/holidays/v1").text
    heritage.post(EN, {"plugins.request-size": "y"})
    after = heritage.get("/en/publish/apis/holidays/v1").text

    assert f'href="{EN}"' in before
    assert "None: calls go to your service as they come." in before
    assert "Refuses request bodies longer than a number of bytes." in after

"""The plugins of a version: which are chosen, and each with its settings, in one form made of their schemas."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import missing
from wtforms import BooleanField, IntegerField
from wtforms.validators import Optional
from wtforms.widgets import HiddenInput

from gateway.domain.lifecycle import SERVED
from gateway.plugin.base import Plugin
from gateway.plugin.registry import Registry
from gateway.plugin.settings import settings_of
from gateway.services import versions as services
from gateway.store.catalogue import ApiVersion
from portal import settings
from portal.context import actor, house
from portal.forms import PageForm, errors_into
from portal.language import of_words
from portal.sessions import signed_in_only
from portal.slugs import localized_route, url_for_page
from portal.views.versions import version_of

version_plugins = Blueprint("version_plugins", __name__)


class PluginsForm(PageForm):
    """Every plugin and its settings, under the path that a fault names; `version` is what the person had read."""

    version = IntegerField(validators=[Optional()], widget=HiddenInput())


@dataclass(frozen=True, slots=True)
class Part:
    """One plugin in the form: the box that chooses it, its fields, and which of these must be filled in."""

    plugin: Plugin
    box: Any
    fields: tuple[tuple[Any, bool], ...]


@localized_route(version_plugins, "plugins", methods=("GET", "POST"))
@signed_in_only
def choose(name: str, major: int) -> ResponseReturnValue:
    """Choose the plugins of a version, in place of those chosen before."""
    registry = house().registry
    with house().database.read() as session:
        found = version_of(session, name, major)
        api, present = found.api, {binding.name: binding.config for binding in found.plugins}
    form = form_of(registry, found, present)
    if form.validate_on_submit():
        with errors_into(form), house().database.begin() as session:
            services.choose_plugins(
                session,
                actor(),
                found.id,
                chosen=_chosen(registry, form),
                registry=registry,
                expected_version=form.version.data,
            )
        if not form.errors:
            flash(_("The plugins are chosen."), "success")
            return redirect(url_for_page("manage_version", name=name, major=major), 303)
    page = render_template(
        "publish/plugins.html",
        form=form,
        api=api,
        version=found,
        parts=list(_parts(registry, form)),
        gone=sorted(each for each in present if each not in registry),
        is_served=found.state in SERVED,
    )
    return page, 422 if form.errors else 200


def form_of(registry: Registry, version: ApiVersion, present: Mapping[str, Mapping[str, Any]]) -> PluginsForm:
    """The form as it stands: what is chosen is ticked, and each setting shows what holds."""
    made: dict[str, Any] = {}
    held: dict[str, Any] = {"version": version.version}
    for plugin in registry:
        made[_path(plugin)] = BooleanField(of_words(plugin.purpose))
        held[_path(plugin)] = plugin.name in present
        for key, setting in settings_of(plugin.Config).items():
            made[_path(plugin, key)] = settings.field_of(key, setting)
            held[_path(plugin, key)] = settings.shown(setting, present.get(plugin.name, {}).get(key, missing))
    form: PluginsForm = type("PluginsForm", (PluginsForm,), made)(data=held)
    return form


def _chosen(registry: Registry, form: PluginsForm) -> dict[str, dict[str, Any]]:
    return {plugin.name: dict(_configured(plugin, form)) for plugin in registry if form[_path(plugin)].data}


def _configured(plugin: Plugin, form: PluginsForm) -> Iterator[tuple[str, Any]]:
    for key, setting in settings_of(plugin.Config).items():
        value = settings.read(setting, form[_path(plugin, key)].data)
        if value is not missing:
            yield key, value


def _parts(registry: Registry, form: PluginsForm) -> Iterator[Part]:
    for plugin in registry:
        known = settings_of(plugin.Config)
        fields = tuple((form[_path(plugin, key)], setting.required) for key, setting in known.items())
        yield Part(plugin, form[_path(plugin)], fields)


def _path(plugin: Plugin, *key: str) -> str:
    return ".".join(("plugins", plugin.name, *key))

"""/v1/plugins: what a publisher may choose for an API, with what may be set (JSON Schema 2020-12)."""

from functools import lru_cache
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Response
from marshmallow import Schema, fields

from gateway.management.answers import shown_all
from gateway.management.caller import house
from gateway.management.fields import Shown, list_of
from gateway.management.resources import french, resource
from gateway.plugin.base import Plugin
from gateway.plugin.settings import hint_of
from gateway.words import Words

blueprint = resource(
    Words("Plugins", "Modules"),
    Words(
        "What may be chosen for an API",
        "Ce qui peut être choisi pour une API",
    ),
)


class PluginShown(Shown):
    """A plugin that may be chosen."""

    name = fields.String()
    purpose = fields.Function(
        lambda plugin: {"en": plugin.purpose.en, "fr": plugin.purpose.fr}, metadata={"type": "object"}
    )
    config = fields.Method("settings", metadata={"type": "object"})

    def settings(self, plugin: Plugin) -> dict[str, Any]:
        """The JSON Schema of what may be set."""
        return schema_of(plugin.Config)


@blueprint.route("/plugins", methods=["GET"])
@blueprint.response(200, list_of(PluginShown))
@french(
    blueprint,
    "Énumérer les modules",
    "Ceux qui peuvent être choisis pour une API; `config` est le schéma JSON de ce qui se règle.",
)
def plugins() -> Response:
    """List the plugins.

    Those that may be chosen for an API; `config` is the JSON Schema of what may be set.
    """
    return shown_all(PluginShown, house().registry)


@lru_cache
def schema_of(config: type[Schema]) -> dict[str, Any]:
    """What a plugin's settings may be, as JSON Schema; what a plugin nests is written out in place."""
    unnamed: Any = MarshmallowPlugin(schema_name_resolver=lambda _schema: "")
    APISpec("", "", "3.1.0", plugins=[unnamed])
    unnamed.converter.add_attribute_function(_words_of)
    found: dict[str, Any] = unnamed.converter.schema2jsonschema(config())
    return found


def _words_of(_converter: Any, field: fields.Field[Any], **_options: Any) -> dict[str, str]:
    """What a plugin calls a setting, as this API's document tells French: in members of their own."""
    told = {"title": field.metadata.get("label"), "description": hint_of(field)}
    pairs = [(name, words) for name, words in told.items() if isinstance(words, Words)]
    return {name: words.en for name, words in pairs} | {f"x-{name}-fr": words.fr for name, words in pairs}

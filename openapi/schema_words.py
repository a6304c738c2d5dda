"""How a schema's type and limits are said, in both languages: two tables and what applies them."""

from __future__ import annotations

from typing import Any

from openapi.document import Document
from openapi.finding import Words
from openapi.schemas import merge, types_of
from openapi.shapes import mapping
from openapi.views import Constraint

# type → (English, French, French plural after « tableau », with its elision)
TYPES: dict[str, tuple[str, str, str]] = {
    "string": ("string", "chaîne", "de chaînes"),
    "integer": ("integer", "entier", "d’entiers"),
    "number": ("number", "nombre", "de nombres"),
    "boolean": ("boolean", "booléen", "de booléens"),
    "object": ("object", "objet", "d’objets"),
    "array": ("array", "tableau", "de tableaux"),
    "null": ("null", "null", "de null"),
}
ANY = Words("any value", "toute valeur")
NOTHING_ALLOWED = Words("no value", "aucune valeur")
_CHOICES = {
    "oneOf": Words("one of several forms", "une forme parmi plusieurs"),
    "anyOf": Words("any of several forms", "une ou plusieurs formes"),
}

CONSTRAINTS: dict[str, Words] = {
    "minimum": Words("at least {0}", "au moins {0}"),
    "exclusiveMinimum": Words("more than {0}", "plus de {0}"),
    "maximum": Words("at most {0}", "au plus {0}"),
    "exclusiveMaximum": Words("less than {0}", "moins de {0}"),
    "multipleOf": Words("a multiple of {0}", "un multiple de {0}"),
    "minLength": Words("length of at least {0}", "longueur d’au moins {0}"),
    "maxLength": Words("length of at most {0}", "longueur d’au plus {0}"),
    "pattern": Words("matches {0}", "correspond à {0}"),
    "minItems": Words("number of items: at least {0}", "nombre d’éléments\u00a0: au moins {0}"),
    "maxItems": Words("number of items: at most {0}", "nombre d’éléments\u00a0: au plus {0}"),
    "uniqueItems": Words("no item twice", "aucun élément en double"),
    "minProperties": Words("number of fields: at least {0}", "nombre de champs\u00a0: au moins {0}"),
    "maxProperties": Words("number of fields: at most {0}", "nombre de champs\u00a0: au plus {0}"),
    "const": Words("always {0}", "toujours {0}"),
}
_EXCLUSIVE = {"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}


def type_words(node: dict[str, Any], document: Document) -> Words:
    """The type of a merged schema: "string", "array of integer", "string or null", "any value"."""
    types = types_of(node)
    if not types:
        return next((words for keyword, words in _CHOICES.items() if node.get(keyword)), ANY)
    said = [_one(name, node, document) for name in types]
    return Words(" or ".join(words.en for words in said), " ou ".join(words.fr for words in said))


def constraints(node: dict[str, Any]) -> tuple[Constraint, ...]:
    """The limits of a merged schema, in the order of the table."""
    return tuple(
        Constraint(keyword, value, Words(words.en.format(shown), words.fr.format(shown)))
        for keyword, words in CONSTRAINTS.items()
        for value, shown in _limit(keyword, node)
    )


def _limit(keyword: str, node: dict[str, Any]) -> list[tuple[Any, str]]:
    value = node.get(keyword)
    if keyword in _EXCLUSIVE and node.get(_EXCLUSIVE[keyword]) is True:
        return []  # OpenAPI 3.0: `exclusiveMinimum: true` turns `minimum` into an exclusive limit
    if value is True and keyword in _EXCLUSIVE.values():
        value = node.get("minimum" if keyword == "exclusiveMinimum" else "maximum")
    if keyword not in node or value is None or value is False:
        return [(value, "null" if value is None else "false")] if keyword == "const" and keyword in node else []
    return [(value, "true" if value is True else str(value))]


def _one(name: str, node: dict[str, Any], document: Document) -> Words:
    english, french, _ = TYPES.get(name, (name, name, ""))
    if name != "array" or "items" not in node:
        return Words(english, french)
    items = types_of(merge(mapping(node["items"]), document).node)
    if len(items) != 1 or items[0] not in TYPES:
        return Words(english, french)
    return Words(f"array of {TYPES[items[0]][0]}", f"tableau {TYPES[items[0]][2]}")

import pytest

from openapi.schema_words import CONSTRAINTS, constraints, type_words
from tests.openapi.samples import with_schemas


@pytest.mark.parametrize(
    ("node", "en", "fr"),
    [
        ({"type": "string"}, "string", "chaîne"),
        ({"type": ["string", "null"]}, "string or null", "chaîne ou null"),
        ({"type": "string", "nullable": True}, "string or null", "chaîne ou null"),
        ({"type": "array", "items": {"type": "integer"}}, "array of integer", "tableau d’entiers"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/A"}}, "array of object", "tableau d’objets"),
        ({"type": "array"}, "array", "tableau"),
        ({}, "any value", "toute valeur"),
        ({"oneOf": [{}]}, "one of several forms", "une forme parmi plusieurs"),
        ({"type": "<script>"}, "<script>", "<script>"),
    ],
)
def test_types_are_said_in_both_languages(node, en, fr):
    words = type_words(node, with_schemas(A={"type": "object"}))

    assert (words.en, words.fr) == (en, fr)


@pytest.mark.parametrize(
    ("node", "said"),
    [
        ({"minLength": 3}, ["longueur d’au moins 3"]),
        ({"minimum": 0, "exclusiveMinimum": True}, ["plus de 0"]),
        ({"minimum": 0, "exclusiveMinimum": False}, ["au moins 0"]),
        ({"exclusiveMaximum": 5.5}, ["moins de 5.5"]),
        ({"pattern": "^{0}{x}$"}, ["correspond à ^{0}{x}$"]),
        ({"uniqueItems": True}, ["aucun élément en double"]),
        ({"uniqueItems": False}, []),
        ({"const": None}, ["toujours null"]),
        ({"const": False}, ["toujours false"]),
        ({}, []),
    ],
)
def test_limits_are_said(node, said):
    assert [one.words.fr for one in constraints(node)] == said


def test_every_constraint_has_two_languages():
    assert all(
        words.en != words.fr and words.en.count("{0}") == words.fr.count("{0}") for words in CONSTRAINTS.values()
    )

"""What the settings of a plugin may be, said to people in both languages.

A schema finds that a setting is wrong; what is said about it is what the field expects, so that one sentence tells the
whole rule. A plugin whose rule no sentence here covers says it itself: `raise ValidationError([Words(…)])`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from gateway.words import Words

NO_SUCH_SETTING = Words("There is no such setting.", "Ce réglage n’existe pas.")
REQUIRED = Words("This setting is required.", "Ce réglage est obligatoire.")
OTHERWISE = Words("This value is not valid.", "Cette valeur n’est pas valide.")

_KINDS: tuple[tuple[type[fields.Field[Any]], Words], ...] = (
    (fields.Boolean, Words("true or false", "vrai ou faux")),
    (fields.Integer, Words("a whole number", "un nombre entier")),
    (fields.Float, Words("a number", "un nombre")),
    (fields.Decimal, Words("a number", "un nombre")),
    (fields.Date, Words("a date", "une date")),
    (fields.Time, Words("a time", "une heure")),
    (fields.AwareDateTime, Words("a date and a time, with its offset", "une date et une heure, avec son décalage")),
    (fields.DateTime, Words("a date and a time", "une date et une heure")),
    (fields.Email, Words("an e-mail address", "une adresse courriel")),
    (fields.Url, Words("a URL", "une URL")),
    (fields.String, Words("a text", "un texte")),
    (fields.List, Words("a list", "une liste")),
)
"""What each kind of field expects; the first that fits is said."""

_AT_LEAST, _MORE = Words("at least {bound}", "au moins {bound}"), Words("more than {bound}", "plus de {bound}")
_AT_MOST, _LESS = Words("at most {bound}", "au plus {bound}"), Words("less than {bound}", "moins de {bound}")
_OF_LENGTH = Words("of length {bound}", "de longueur {bound}")
_NOT_SHORTER = Words("of length {bound} or more", "de longueur {bound} ou plus")
_NOT_LONGER = Words("of length {bound} or less", "de longueur {bound} ou moins")
_EACH = Words("each of its values {rule}", "chacune de ses valeurs étant {rule}")
_SENTENCE = Words("Expected: {rule}.", "Valeur attendue : {rule}.")
_ONE_OF = Words("one of {bound}", "parmi {bound}")


def label_of(key: str, field: fields.Field[Any]) -> Words:
    """What a setting is called: `metadata={"label": Words(…)}`, or else its name in the configuration."""
    label = field.metadata.get("label")
    return label if isinstance(label, Words) else Words(key, key)


def hint_of(field: fields.Field[Any]) -> Words | None:
    """What is good to know about a setting: `metadata={"hint": Words(…)}`."""
    hint = field.metadata.get("hint")
    return hint if isinstance(hint, Words) else None


def settings_of(config: type[Schema]) -> dict[str, fields.Field[Any]]:
    """What may be set, by the names that a configuration uses."""
    return {field.data_key or name: field for name, field in config().load_fields.items()}


def faults_of(config: type[Schema], given: Mapping[str, Any]) -> dict[str, Words]:
    """What is wrong with settings, by name; nothing if the schema takes them. What concerns all has the empty name."""
    known = settings_of(config)
    found = config().validate(dict(given))
    return {"" if key == "_schema" else str(key): _fault(known, str(key), given, found[key]) for key in found}


def expected(field: fields.Field[Any]) -> Words:
    """The whole rule of a field, as one sentence."""
    rule = _rule(field)
    return _SENTENCE.fill(rule=rule) if rule else OTHERWISE


def _rule(field: fields.Field[Any]) -> Words | None:
    kind = next((words for kind, words in _KINDS if isinstance(field, kind)), None)
    if kind is None:
        return None
    said = [kind, *(limit for rule in field.validators for limit in _limits(rule))]
    if isinstance(field, fields.List) and (inner := _rule(field.inner)):
        said.append(_EACH.fill(rule=inner))
    return Words(", ".join(words.en for words in said), ", ".join(words.fr for words in said))


def _fault(known: Mapping[str, fields.Field[Any]], key: str, given: Mapping[str, Any], messages: Any) -> Words:
    said = [message for message in _flat(messages) if isinstance(message, Words)]
    if said:
        return said[0]
    if key == "_schema":
        return OTHERWISE
    if key not in known:
        return NO_SUCH_SETTING
    return expected(known[key]) if key in given else REQUIRED


def _limits(rule: Any) -> Iterator[Words]:
    match rule:
        case validate.Range(min=least, max=most):
            yield from _said(least, _AT_LEAST if rule.min_inclusive else _MORE)
            yield from _said(most, _AT_MOST if rule.max_inclusive else _LESS)
        case validate.Length(min=least, max=most, equal=exactly):
            yield from _said(exactly, _OF_LENGTH)
            yield from _said(least, _NOT_SHORTER)
            yield from _said(most, _NOT_LONGER)
        case validate.OneOf(choices=choices):
            yield from _said(", ".join(map(str, choices)), _ONE_OF)


def _said(bound: Any, words: Words) -> Iterator[Words]:
    if bound is not None:
        yield words.fill(bound=bound)


def _flat(messages: Any) -> Iterator[Any]:
    if isinstance(messages, Mapping):
        for inner in messages.values():
            yield from _flat(inner)
    else:
        yield from messages if isinstance(messages, list) else [messages]

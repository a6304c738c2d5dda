"""Schemas of OpenAPI 3.1 against the meta-schema of JSON Schema draft 2020-12.

Law: the words come from our table by the *kind* of error; the library's English text is never shown, and it is kept
offline.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema_rs
from jsonschema_rs import ValidationError, ValidationErrorKind

from openapi import pointers
from openapi.faults import TYPE_WORDS, type_of
from openapi.finding import Words
from openapi.report import Report

_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
_Facts = tuple[str, dict[str, object]]


def check_schema(report: Report, pointer: str, schema: Any) -> None:
    """Report what is wrong with one schema (its subschemas included); `pointer` is where it stands."""
    for error in _validator().iter_errors(schema):
        if report.full:
            return
        rule, facts = _said(error)
        name = str(error.instance_path[-1]) if error.instance_path else pointer.rpartition("/")[2]
        report.add(rule, pointer + pointers.render(error.instance_path), name=name, **facts)


@cache
def _validator() -> jsonschema_rs.Validator:
    meta = {"$ref": "https://json-schema.org/draft/2020-12/schema"}
    return jsonschema_rs.Draft202012Validator(meta, validate_formats=False, offline=True)


def _said(error: ValidationError) -> _Facts:
    match error.kind:
        case ValidationErrorKind.Type(types):
            said: _Facts = "wrong-type", {"expected": _expected(types), "found": TYPE_WORDS[type_of(error.instance)]}
        case ValidationErrorKind.Minimum(limit):
            said = "number-out-of-range", {"expected": Words(f"at least {limit}", f"d’au moins {limit}")}
        case ValidationErrorKind.ExclusiveMinimum(limit):
            said = "number-out-of-range", {"expected": Words(f"more than {limit}", f"supérieur à {limit}")}
        case ValidationErrorKind.MinItems():
            said = "too-few", {}
        case ValidationErrorKind.UniqueItems():
            said = "value-repeated", {}
        case _ if error.instance_path and error.instance_path[-1] == "type":
            said = "value-not-allowed", {"value": error.instance, "allowed": ", ".join(_TYPES)}
        case _:
            said = "schema-keyword", {}
    return said


def _expected(types: list[str]) -> Words:
    if set(types) == {"object", "boolean"}:
        return TYPE_WORDS["schema"]
    said = [TYPE_WORDS[name] for name in types if name in TYPE_WORDS]
    return Words(" or ".join(words.en for words in said), " ou ".join(words.fr for words in said))

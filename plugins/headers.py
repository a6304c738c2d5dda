"""Adds, sets, removes and renames header fields: on the way to the department's service, and on the way back.

The law: what a setting names is a field that nobody else answers for. Framing, fields of one hop, and what the gateway
itself says are refused when they are set, and so is whatever could end a field and begin another.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load

from gateway.plugin import (
    Call,
    Headers,
    Plugin,
    Reply,
    Words,
    is_field_value,
    is_ours_on_calls,
    is_ours_on_replies,
    is_token,
)

_NO_NAME = Words("“{text}” is no name of a header field.", "« {text} » n’est pas un nom de champ d’en-tête.")
_RESERVED = Words(
    "The gateway itself decides about the field “{text}”.",
    "La passerelle décide elle-même du champ « {text} ».",
)
_NO_PAIR = Words(
    "Write “{text}” as two parts with a colon between them, such as “X-Department: Health”.",
    "Écrivez « {text} » en deux parties séparées par un deux-points, par exemple « X-Ministere: Sante ».",
)
_NO_VALUE = Words(
    "“{text}” cannot be the value of a header field: write it in visible ASCII characters.",
    "« {text} » ne peut pas être la valeur d’un champ d’en-tête : écrivez-la en caractères ASCII visibles.",
)

Judge = Callable[[str], bool]
"""Whether a field of this name is the gateway's own."""


class NameField(fields.String):
    """The name of a field that may be touched."""

    def __init__(self, is_ours: Judge, **given: Any) -> None:
        """Refuse what is ours."""
        super().__init__(**given)
        self.is_ours = is_ours

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        return self.judged(super()._deserialize(value, attr, data, **options))

    def judged(self, text: str) -> str:
        """The name that a text is; raises ValidationError."""
        text = text.strip(" ")
        if not is_token(text):
            raise ValidationError([_NO_NAME.fill(text=text)])
        if self.is_ours(text):
            raise ValidationError([_RESERVED.fill(text=text)])
        return text


class PairField(NameField):
    """A field with its value, as `Name: value`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        text = fields.String._deserialize(self, value, attr, data, **options)  # noqa: SLF001 - marshmallow's own hook
        name, mark, rest = text.partition(":")
        if not mark:
            raise ValidationError([_NO_PAIR.fill(text=text)])
        return self.judged(name), self.second(rest.strip(" "))

    def second(self, text: str) -> str:
        """What stands behind the colon; raises ValidationError."""
        if not (is_field_value(text) and text.isascii()):
            raise ValidationError([_NO_VALUE.fill(text=text)])
        return text


class RenameField(PairField):
    """A field and the name it is given, as `Old: New`."""

    def second(self, text: str) -> str:
        """The new name, judged like the old one."""
        return self.judged(text)


def _lines(kind: type[NameField], is_ours: Judge, label: Words, hint: Words) -> Any:
    return fields.List(kind(is_ours), load_default=(), metadata={"label": label, "hint": hint})


_NAMES = Words("A name, such as X-Old.", "Un nom, par exemple X-Ancien.")
_NEW_NAMES = Words("Such as X-Old: X-New.", "Par exemple X-Ancien: X-Nouveau.")
_PAIRS = Words("Such as X-Department: Health.", "Par exemple X-Ministere: Sante.")


class HeaderFields(Plugin):
    """Changes fields in this order: remove, rename, set, add."""

    name = "headers"
    purpose = Words(
        "Adds, sets, removes and renames header fields, on calls and on replies.",
        "Ajoute, fixe, retire et renomme des champs d’en-tête, dans les appels et dans les réponses.",
    )

    class Config(Schema):
        """Lists of names, of `Old: New` and of `Name: value`, for calls and for replies."""

        call_remove = _lines(NameField, is_ours_on_calls,
                             Words("Calls: remove", "Appels : retirer"), _NAMES)  # fmt: skip
        call_rename = _lines(RenameField, is_ours_on_calls,
                             Words("Calls: rename", "Appels : renommer"), _NEW_NAMES)  # fmt: skip
        call_set = _lines(PairField, is_ours_on_calls,
                          Words("Calls: set, in place of what was sent",
                                "Appels : fixer, à la place de ce qui a été envoyé"), _PAIRS)  # fmt: skip
        call_add = _lines(PairField, is_ours_on_calls,
                          Words("Calls: add", "Appels : ajouter"), _PAIRS)  # fmt: skip
        reply_remove = _lines(NameField, is_ours_on_replies,
                              Words("Replies: remove", "Réponses : retirer"), _NAMES)  # fmt: skip
        reply_rename = _lines(RenameField, is_ours_on_replies,
                              Words("Replies: rename", "Réponses : renommer"), _NEW_NAMES)  # fmt: skip
        reply_set = _lines(PairField, is_ours_on_replies,
                           Words("Replies: set, in place of what was answered",
                                 "Réponses : fixer, à la place de ce qui a été répondu"), _PAIRS)  # fmt: skip
        reply_add = _lines(PairField, is_ours_on_replies,
                           Words("Replies: add", "Réponses : ajouter"), _PAIRS)  # fmt: skip

        @post_load
        def prepare(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
            """One `Change` for each way, written once."""
            return {way: _change(data, way) for way in ("call", "reply")}

    def on_call(self, call: Call, config: Mapping[str, Any]) -> Call:
        """Change what the service is sent."""
        return replace(call, headers=config["call"].of(call.headers))

    def on_reply(self, call: Call, reply: Reply, config: Mapping[str, Any]) -> Reply:  # noqa: ARG002 - no call changes it
        """Change what the caller is told."""
        return replace(reply, headers=config["reply"].of(reply.headers))


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of fields; names that are looked for are in lower case."""

    removed: frozenset[str]
    renamed: Mapping[str, str]
    put: tuple[tuple[str, str], ...]
    added: tuple[tuple[str, str], ...]

    def of(self, headers: Headers) -> Headers:
        """The fields, changed."""
        kept = headers.without(self.removed)
        if self.renamed:
            kept = Headers.of((self.renamed.get(name.lower(), name), value) for name, value in kept)
        return kept.replaced(*self.put).plus(*self.added)


def _change(data: Mapping[str, Any], way: str) -> Change:
    return Change(
        removed=frozenset(name.lower() for name in data[f"{way}_remove"]),
        renamed={old.lower(): new for old, new in data[f"{way}_rename"]},
        put=tuple(data[f"{way}_set"]),
        added=tuple(data[f"{way}_add"]),
    )

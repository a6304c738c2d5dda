"""What all forms share: their words, and how what a service refuses reaches the field at fault.

Forms check shape only (there, not too long); the laws are the services', so that every face enforces the same ones.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, Form, IntegerField
from wtforms.validators import DataRequired, Length, StopValidation
from wtforms.widgets import TextInput

from gateway.domain.errors import ALREADY_DONE, SAME_PLAN, STALE, DomainError, Kind
from gateway.words import Words
from portal.language import of_words, other_language
from portal.late_forms import is_late
from portal.meanwhile import show_what_it_says_now

_ELSEWHERE = frozenset({401, 403, 404})
"""Statuses that no correction of the form could mend: they have a page of their own."""

_DONE = (ALREADY_DONE, SAME_PLAN)
"""What a service says to whoever asks for what there is."""

_MOST_DIGITS = 15
_WRONG_VALUE = 422


class PageForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """A form of a page; its token is checked for the whole blueprint (site.py), so not a second time here."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # Flask-WTF ships no types
        """How the form behaves."""

        csrf = False
        # Our own words are lazy gettext; WTForms' French is not asked.
        locales = ("en",)

    begins_with: tuple[str, ...] = ()
    """The fields that the page shows before those that the form has from another form."""

    def __init__(self, *values: Any, **named: Any) -> None:
        """Make the form from the request; from what was typed too when it came too late to be acted upon."""
        if is_late():
            named["formdata"] = request.form
        super().__init__(*values, **named)
        if is_late():
            self.form_errors = [
                _("This page had expired, and nothing is saved yet. Look over what you typed, then send it again.")
            ]

    def __iter__(self) -> Iterator[Field]:
        """The fields as the page has them, which is how their faults are listed: the reader's language comes first."""
        first = [self[name] for name in self.begins_with]
        fields = [*first, *(field for field in super().__iter__() if field not in first)]
        for _is_text, alike in groupby(fields, key=lambda field: field.name.endswith(("_en", "_fr"))):
            yield from sorted(alike, key=lambda field: field.name.endswith(f"_{other_language()}"))


class Needed(DataRequired):  # type: ignore[misc]  # WTForms ships no types
    """Something must be given; the words say what."""

    def __init__(self, message: Any) -> None:
        """Take the sentence that stands beside the field."""
        super().__init__(message=message)


class AtMost(Length):  # type: ignore[misc]  # WTForms ships no types
    """Not longer than a number of characters."""

    def __init__(self, most: int) -> None:
        """Take the longest allowed."""
        super().__init__(max=most, message=_l("Use at most %(max)d characters."))


class WholeNumber(IntegerField):  # type: ignore[misc]  # WTForms ships no types
    """A whole number as people write it: spaces between the groups of digits are let pass."""

    # Not type="number": a turn of the wheel would change it, and browsers hide what they cannot read.
    widget = TextInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it, or say in the reader's language that it cannot be read."""
        text = "".join(valuelist[0].split()) if valuelist else ""
        self.data = None
        if not text:
            return
        if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
            raise ValueError(_("Write a whole number, in digits."))
        self.data = int(text)

    def pre_validate(self, _form: Form) -> None:
        """What could not be read is not compared with anything."""
        if self.process_errors:
            raise StopValidation


class Lawful:
    """A law of the services, asked beforehand, so that a form names all of its faults at once."""

    def __init__(self, check: Callable[[str], object]) -> None:
        """Take the function that raises what it refuses."""
        self.check = check

    def __call__(self, _form: Form, field: Field) -> None:
        """Ask it."""
        try:
            self.check(field.data or "")
        except DomainError as error:
            raise StopValidation(of_words(error.detail)) from None


class Checked:
    """A box that must be ticked."""

    def __init__(self, message: Any) -> None:
        """Take the sentence that stands beside the box."""
        self.message = message

    def __call__(self, _form: Form, field: Field) -> None:
        """Refuse an empty box."""
        if not field.data:
            raise StopValidation(self.message)


@contextmanager
def errors_into(form: Any) -> Iterator[None]:
    """Put what a service refuses beside the field at fault, or above the form when no field is.

    After the `with`, `form.errors` is empty only if nothing was refused.

    Raises:
        DomainError: what no correction of the form could mend.
    """
    try:
        yield
    except DomainError as error:
        if error.kind.status in _ELSEWHERE and error.field is None and error.kind.code not in form_codes(form):
            raise
        if error.kind is STALE and "version" in form:
            show_what_it_says_now(form)
            return
        for name, words in _told(error):
            if name in form:
                form[name].errors = [*form[name].errors, of_words(words)]
            else:
                form.form_errors.append(_in_full(error.kind, words))


def _told(error: DomainError) -> Iterator[tuple[str, Words]]:
    """What is wrong, with the name of the field: of several faults, the path to each, joined by dots."""
    if error.faults:
        yield from ((".".join(filter(None, path)), words) for path, words in error.faults.items())
    else:
        yield error.field or "", error.detail


def _in_full(kind: Kind, words: Words) -> str:
    """What happened, then what to do: away from a field, the one cannot be understood without the other."""
    # A title of 422 says only that some value is wrong, which the words say better.
    return of_words(words) if kind.status == _WRONG_VALUE else f"{of_words(kind.title)}. {of_words(words)}"


def form_codes(form: Any) -> frozenset[str]:
    """Codes that a form shows itself although others have a page for them (a wrong password, say)."""
    codes: frozenset[str] = getattr(form, "own_codes", frozenset())
    return codes


@contextmanager
def once() -> Iterator[None]:
    """Let a second click pass: it finds done what its sender wanted done."""
    try:
        yield
    except DomainError as error:
        if error.kind not in _DONE:
            raise

"""Two people change the same thing: the second sees what it says now, beside what they typed, and may save again.

The law: nothing typed is lost, and nothing of somebody else's is replaced unseen. A form that can be told it is stale
carries the `version` that its sender read, and is made with the thing itself (`obj=`), whose present words it knows.
"""

from typing import Any

from flask_babel import gettext as _
from wtforms import BooleanField, Field

_VERSION = "version"


def show_what_it_says_now(form: Any) -> None:
    """Say above the form what happened, beside each field what is kept there now, and let the next save replace it."""
    form.form_errors.append(
        _(
            "Somebody changed this while you were writing, and nothing of yours is saved yet. What you typed is still"
            " here; beside it stands what is saved now. Saving again replaces that with yours."
        )
    )
    for field in form:
        if field.name == _VERSION:
            # What was sent would be sent again: WTForms shows the raw text before anything else.
            field.raw_data, field.data = None, field.object_data
        elif _plain(field.data) != _plain(field.object_data):
            field.saved_now = _shown(field)


def _plain(value: Any) -> Any:
    # HTML forms send line ends as CR LF, and nothing at all as an empty text.
    return value.replace("\r\n", "\n").strip() or None if isinstance(value, str) else value


def _shown(field: Field) -> str:
    present = field.object_data
    if isinstance(field, BooleanField):
        return str(_("ticked") if present else _("not ticked"))
    return str(present if _plain(present) is not None else _("nothing"))

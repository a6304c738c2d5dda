"""Bringing an OpenAPI document: a file or pasted text, checked whole, kept whole or not at all.

A blueprint of its own, because only this page reads more than a form's worth: its limits must stand before anything
reads the request, and the form token is looked for before any view begins.
"""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FileField, TextAreaField

from gateway.services import versions
from openapi import MAX_BYTES, Finding, Severity
from portal.context import actor, house
from portal.formats import file_size
from portal.forms import PageForm, errors_into
from portal.sessions import signed_in_only
from portal.slugs import localized_route, url_for_page
from portal.views.versions import version_of

publish_upload = Blueprint("publish_upload", __name__)

MOST_PASTED = MAX_BYTES + 512 * 1024
"""How many bytes of pasted text are read: the largest document, and the rest of the form."""

MOST_READ = 2 * MAX_BYTES
"""How many bytes are read at all: a file somewhat too large is told so beside its field, a far larger one at once."""


class DocumentForm(PageForm):
    """The document, one way or the other."""

    document = FileField(_l("File"))
    text = TextAreaField(_l("Or paste the document"))


@publish_upload.url_value_preprocessor
def read_more(_endpoint: str | None, _values: object) -> None:
    """For this page only, and before anything reads the form: RFC 9110 §15.5.14 answers what is larger still."""
    # Files go to the disk as they are read; anything but multipart would be read into memory whole.
    request.max_content_length = MOST_READ if request.mimetype == "multipart/form-data" else MOST_PASTED
    request.max_form_memory_size = MOST_PASTED


@localized_route(publish_upload, "upload", methods=("GET", "POST"))
@signed_in_only
def upload(name: str, major: int) -> ResponseReturnValue:
    """Check the document; make it the latest revision if it has no errors."""
    form = DocumentForm()
    findings: tuple[Finding, ...] = ()
    status = 200
    with house().database.read() as session:
        version = version_of(session, name, major)
        api = version.api
    if form.validate_on_submit():
        content = _content(form)
        status = _refuse_size(form, content)
        if not form.errors:
            # The service checks too; what it found is kept, so that the words below cost nothing.
            _document, findings = versions.check_document(content)
            with errors_into(form), house().database.begin() as session:
                revision = versions.upload_document(session, actor(), version.id, content=content)
            _to_field_used(form)
        if not form.errors:
            _tell(revision.number, findings)
            shown = {"findings": "1"} if findings else {}
            return redirect(url_for_page("manage_version", name=name, major=major, **shown), 303)
        status = status or 422
    page = render_template(
        "publish/upload.html",
        form=form,
        api=api,
        version=version,
        findings=findings,
        errors=sum(finding.severity is Severity.ERROR for finding in findings),
        most=MAX_BYTES,
    )
    return page, status


def _content(form: DocumentForm) -> bytes:
    """The file if there is one, else the pasted text, with the line ends that its author typed."""
    if form.document.data:
        content: bytes = form.document.data.read(MAX_BYTES + 1)
        return content
    # HTML forms send every line end as CR LF.
    return (form.text.data or "").replace("\r\n", "\n").encode("utf-8", "replace")


def _to_field_used(form: DocumentForm) -> None:
    """What the service says about the document stands beside the field that it came from."""
    if not form.document.data:
        form.text.errors, form.document.errors = form.document.errors, []


def _refuse_size(form: DocumentForm, content: bytes) -> int:
    """Say beside the field that there is nothing, or too much; the status that goes with it, 0 for a fair size."""
    field = form.document if form.document.data else form.text
    if not content.strip():
        field.errors = [_("The file is empty.") if form.document.data else _("Choose a file, or paste the document.")]
        return 422
    if len(content) > MAX_BYTES:
        field.errors = [
            _(
                "The document is larger than %(size)s. Moving its examples out, or splitting the API, makes it "
                "smaller.",
                size=file_size(MAX_BYTES),
            )
        ]
        return 413
    return 0


def _tell(number: int, findings: Sequence[Finding]) -> None:
    """A document is good where nothing is wrong with it; warnings may mean that no call would be served."""
    if any(finding.severity is Severity.WARNING for finding in findings):
        flash(
            _("The document is kept as revision %(number)s. Read the warnings before you publish it.", number=number),
            "warning",
        )
    else:
        flash(_("The document is good. It is revision %(number)s.", number=number), "success")

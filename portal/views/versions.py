"""One version of an API for its department: its document, and its way from draft to retired."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import HiddenField

from gateway.domain.lifecycle import SERVED, VersionState
from gateway.plugin.base import Plugin
from gateway.services import publishing
from gateway.services import versions as services
from gateway.services.actor import Actor
from gateway.services.upstreams import upstream_of
from gateway.store.catalogue import ApiVersion, Revision
from openapi import Finding
from portal.context import actor, house
from portal.forms import PageForm, errors_into
from portal.samples import base_address
from portal.sessions import signed_in_only
from portal.slugs import localized_route, url_for_page
from portal.views.catalogue import MEDIA_TYPES
from portal.views.publish import managed_api
from portal.views.publish_overview import steps_of

versions = Blueprint("versions", __name__)

_NOT_YET = frozenset({VersionState.DRAFT, VersionState.CHECKED})


class PublishForm(PageForm):
    """Which revision to put in force; empty means the latest."""

    revision_id = HiddenField()


@dataclass(frozen=True, slots=True)
class Leaving:
    """One step of a version's way out, and what is said about it."""

    service: Callable[[Session, Actor, str], ApiVersion]
    title: Any
    lead: Any
    button: Any
    done: Any
    kind: str


_DEPRECATING = Leaving(
    publishing.deprecate,
    _l("Announce its retirement"),
    _l("Calls are still answered, and the catalogue says that the version is on its way out. This cannot be undone."),
    _l("Announce the retirement of the version"),
    _l("The retirement of the version is announced. Its calls are still answered."),
    "",
)
_RETIRING = Leaving(
    publishing.retire,
    _l("Retire"),
    _l("From the next call on, every call to this version is refused. This cannot be undone."),
    _l("Retire the version"),
    _l("The version is retired. Its calls are refused from now on."),
    "danger",
)


@localized_route(versions, "manage_version")
@signed_in_only
def version(name: str, major: int) -> ResponseReturnValue:
    """Everything about one version; `?findings` adds what the check of its document says."""
    with house().database.read() as session:
        found = version_of(session, name, major)
        latest = services.latest_revision(session, found)
        return render_template(
            "publish/version.html",
            api=found.api,
            version=found,
            latest=latest,
            findings=_findings(latest),
            upstream=upstream_of(found),
            chosen=_chosen(found),
            base=base_address(house().public_url, name, major),
            is_served=found.state in SERVED,
            is_ready=not publishing.missing_needs(session, found),
        )


@localized_route(versions, "revision")
@signed_in_only
def revision(name: str, major: int, number: int) -> ResponseReturnValue:
    """One document byte for byte as it arrived: the department's own, never what the catalogue offers."""
    with house().database.read() as session:
        found = version_of(session, name, major)
        arrived = services.arrived_revision(session, actor(), found.id, number)
        response = Response(arrived.content, content_type=f"{MEDIA_TYPES[arrived.format]}; charset=utf-8")
    named = f"{name}-v{major}-revision-{number}.{arrived.format}"
    response.headers["Content-Disposition"] = f'attachment; filename="{named}"'
    return response


@localized_route(versions, "new_version", methods=("POST",))
@signed_in_only
def create(name: str) -> ResponseReturnValue:
    """The next version; while the newest is still being prepared, that one."""
    with house().database.begin() as session:
        newest = managed_api(session, name).versions[-1]
        if newest.state not in _NOT_YET:
            newest = services.create_version(session, actor(), newest.api_id)
            flash(_("Version %(major)s is there, as a draft.", major=newest.major), "success")
    return redirect(url_for_page("manage_version", name=name, major=newest.major), 303)


@localized_route(versions, "publish_version", methods=("GET", "POST"))
@signed_in_only
def publish(name: str, major: int) -> ResponseReturnValue:
    """Put a document in force: the latest, or an earlier one to go back to."""
    form = PublishForm()
    with house().database.read() as session:
        version_id = version_of(session, name, major).id
    if form.validate_on_submit():
        with errors_into(form), house().database.begin() as session:
            publishing.publish(session, actor(), version_id, revision_id=form.revision_id.data or None)
        if not form.errors:
            flash(_("Version %(major)s is published. It answers calls from now on.", major=major), "success")
            return redirect(url_for_page("manage_api", name=name), 303)
    with house().database.read() as session:
        found = version_of(session, name, major)
        page = render_template(
            "publish/publish.html",
            form=form,
            api=found.api,
            version=found,
            steps=steps_of(session, found),
            base=base_address(house().public_url, name, major),
        )
    return page, 422 if form.errors else 200


@localized_route(versions, "deprecate_version", methods=("GET", "POST"))
@signed_in_only
def deprecate(name: str, major: int) -> ResponseReturnValue:
    """Say that a version will be retired, after asking."""
    return _leave(name, major, _DEPRECATING)


@localized_route(versions, "retire_version", methods=("GET", "POST"))
@signed_in_only
def retire(name: str, major: int) -> ResponseReturnValue:
    """Stop a version, after asking."""
    return _leave(name, major, _RETIRING)


def version_of(session: Session, name: str, major: int) -> ApiVersion:
    """A version of an API that this person may manage."""
    api = managed_api(session, name)
    return next((each for each in api.versions if each.major == major), None) or abort(404)


def _chosen(version: ApiVersion) -> list[Plugin]:
    """The plugins that a version uses, in their running order."""
    names = {binding.name for binding in version.plugins}
    return [plugin for plugin in house().registry if plugin.name in names]


def _leave(name: str, major: int, leaving: Leaving) -> ResponseReturnValue:
    form = PageForm()
    with house().database.read() as session:
        found = version_of(session, name, major)
        api = found.api
    if form.validate_on_submit():
        with errors_into(form), house().database.begin() as session:
            leaving.service(session, actor(), found.id)
        if not form.errors:
            flash(str(leaving.done), "success")
            return redirect(url_for_page("manage_version", name=name, major=major), 303)
    page = render_template("publish/leave.html", form=form, api=api, version=found, leaving=leaving)
    return page, 422 if form.errors else 200


def _findings(latest: Revision | None) -> tuple[Finding, ...]:
    if latest is None or "findings" not in request.args:
        return ()
    return services.check_document(latest.content)[1]

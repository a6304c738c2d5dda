"""Single calls: an application's log, the same as a file, and why one call was refused."""

from datetime import UTC, datetime

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from gateway.domain.errors import CALL_UNKNOWN, DomainError
from gateway.domain.roles import Permission
from gateway.management.calls import CallShown
from gateway.services import applications, call_log
from gateway.services.call_log import Wanted
from gateway.services.explaining import VERDICTS, Explanation, explain
from gateway.store.usage import RECENT_CALLS_KEPT
from portal.context import actor, house, page_number
from portal.files import taken_away
from portal.language import of_words
from portal.problems import refusals_by_code
from portal.sessions import signed_in_only
from portal.slugs import localized_route, url_for_page
from portal.views.publish_usage import api_titles

calls = Blueprint("calls", __name__)

_LONGEST = 60
_PER_PAGE = 25
_DAY = 86_400


@localized_route(calls, "application_calls")
@signed_in_only
def log(application_id: str) -> ResponseReturnValue:
    """The latest calls of an application."""
    wanted = asked_calls()
    house().flush_usage()
    with house().database.read() as session:
        found = call_log.browse(session, actor(), application_id, wanted, page=page_number(), per_page=_PER_PAGE)
        choices = call_log.choices(session, actor(), application_id)
        return render_template(
            "calls/log.html",
            application=applications.get(session, actor(), application_id),
            found=found,
            wanted=wanted,
            choices=choices,
            api_names=api_titles(session, [api.id for api in choices.apis]),
            refusals=refusals_by_code(house().registry),
            kept=RECENT_CALLS_KEPT,
            days=house().keep.calls // _DAY,
        )


@localized_route(calls, "application_calls_file")
@signed_in_only
def log_as_file(application_id: str, form: str) -> ResponseReturnValue:
    """The same, to take away."""
    house().flush_usage()
    with house().database.read() as session:
        rows = call_log.rows(session, actor(), application_id, asked_calls())
    return taken_away(form, "calls", call_log.COLUMNS, rows, {"items": CallShown(many=True).dump(rows)})


@localized_route(calls, "find_call")
@signed_in_only
def find() -> ResponseReturnValue:
    """Ask for the number of a request."""
    asked = request.args.get("request_id", "").strip()[:_LONGEST]
    return redirect(url_for_page("call", request_id=asked), 303) if asked else _why("")


@localized_route(calls, "call")
@signed_in_only
def call(request_id: str) -> ResponseReturnValue:
    """Why one call ended as it did."""
    house().flush_usage()
    with house().database.read() as session:
        try:
            found = explain(session, actor(), request_id, registry=house().registry, keep=house().keep)
        except DomainError as error:
            if error.kind is not CALL_UNKNOWN:
                raise
            return _why(request_id, unknown=of_words(error.detail)), 404
        return _why(request_id, found=found)


def _why(request_id: str, *, found: Explanation | None = None, unknown: str = "") -> str:
    return render_template(
        "calls/why.html",
        request_id=request_id[:_LONGEST],
        unknown=unknown,
        found=found,
        verdict=of_words(VERDICTS[found.outcome]) if found else "",
        is_own=found is not None and actor().may(Permission.READ_APPLICATION, found.application.organisation_id),
    )


def asked_calls() -> Wanted:
    """The calls that the address asks for; what cannot be read asks for nothing."""
    given = request.args
    status = given.get("status", "")
    return Wanted(
        status_class=int(status) if status in {"1", "2", "3", "4", "5"} else None,
        refusal=given.get("refusal", "")[:_LONGEST],
        api_id=given.get("api", "")[:_LONGEST],
        since=_moment(given.get("since", "")),
        until=_moment(given.get("until", "")),
    )


def _moment(text: str) -> datetime | None:
    """What a field of a date and a time sends (HTML, "local date and time string"), taken for UTC."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None

"""The pages for everyone: home, what each refusal means, accessibility."""

from urllib.parse import quote

from flask import Blueprint, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from gateway.http.languages import preferred_language
from gateway.services import catalogue as shelves
from portal.context import house
from portal.first_calls import glimpse_of
from portal.language import current_language
from portal.problems import groups
from portal.samples import sample_problem
from portal.slugs import SLUGS, localized_route

home = Blueprint("home", __name__)


@localized_route(home, "home")
def front() -> ResponseReturnValue:
    """What this is, and the first APIs."""
    with house().database.read() as session:
        found = shelves.search(session, language=current_language(), per_page=6)
        api = found.items[0] if found.items else None
        glimpse = glimpse_of(session, api.name, shelves.published(session, api.name).versions[0].major) if api else ""
        return render_template("home/front.html", found=found, glimpse=glimpse)


@localized_route(home, "errors")
def errors() -> ResponseReturnValue:
    """Every problem that a program may be told."""
    return render_template("home/errors.html", groups=groups(house().registry))


@localized_route(home, "error")
def error(code: str) -> ResponseReturnValue:
    """One of them: what it means, what to do, and how each that tells it says it."""
    told = [(group, row) for group in groups(house().registry) for row in group.rows if row.code == code] or abort(404)
    documentation = f"{house().public_url}/errors"
    samples = [(group, sample_problem(row, current_language(), documentation)) for group, row in told]
    return render_template("home/error.html", row=told[0][1], samples=samples)


@home.get("/errors/<code>")
def error_in_some_language(code: str) -> ResponseReturnValue:
    """The address in a problem's `type`: the page in the reader's language."""
    language = preferred_language(request.headers.get("Accept-Language")) or "en"
    return redirect(SLUGS["error"].rule(language).replace("<code>", code), 303)


@home.get("/subscriptions/<subscription_id>/more")
def more_in_some_language(subscription_id: str) -> ResponseReturnValue:
    """The address that a spent quota's problem gives: where another plan can be asked for, in the reader's language."""
    language = preferred_language(request.headers.get("Accept-Language")) or "en"
    return redirect(SLUGS["change_plan"].rule(language).replace("<subscription_id>", quote(subscription_id)), 303)


@home.get("/apis/<name>/more")
def plans_in_some_language(name: str) -> ResponseReturnValue:
    """The same for who called without a key: the plans of the API, in the reader's language."""
    language = preferred_language(request.headers.get("Accept-Language")) or "en"
    return redirect(SLUGS["api"].rule(language).replace("<name>", quote(name)), 303)


@localized_route(home, "accessibility")
def accessibility() -> ResponseReturnValue:
    """What we promise, what we know to fall short, and how to tell us."""
    return render_template("home/accessibility.html")

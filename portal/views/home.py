"""The pages for everyone: home, what each refusal means, accessibility."""

from flask import Blueprint, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from gateway.http.languages import preferred_language
from gateway.pipeline.refusals import BY_CODE, TABLE
from gateway.services import catalogue as shelves
from portal.context import house
from portal.language import current_language
from portal.samples import sample_problem
from portal.slugs import SLUGS, localized_route

home = Blueprint("home", __name__)


@localized_route(home, "home")
def front() -> ResponseReturnValue:
    """What this is, and the first APIs."""
    with house().database.read() as session:
        found = shelves.search(session, language=current_language(), per_page=6)
        return render_template("home/front.html", found=found)


@localized_route(home, "errors")
def errors() -> ResponseReturnValue:
    """Every way for a call to be refused."""
    return render_template("home/errors.html", rows=TABLE)


@localized_route(home, "error")
def error(code: str) -> ResponseReturnValue:
    """One of them: what it means and what to do."""
    row = BY_CODE.get(code) or abort(404)
    sample = sample_problem(row, current_language(), f"{house().public_url}/errors")
    return render_template("home/error.html", row=row, sample=sample)


@home.get("/errors/<code>")
def error_in_some_language(code: str) -> ResponseReturnValue:
    """The address in a problem's `type`: the page in the reader's language."""
    language = preferred_language(request.headers.get("Accept-Language")) or "en"
    return redirect(SLUGS["error"].rule(language).replace("<code>", code), 303)


@localized_route(home, "accessibility")
def accessibility() -> ResponseReturnValue:
    """What we promise, what we know to fall short, and how to tell us."""
    return render_template("home/accessibility.html")

"""The catalogue: finding an API, its own page, and its document for a reader's tools."""

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from gateway.domain.lifecycle import VersionState
from gateway.domain.scopes import scopes_of
from gateway.services import catalogue as shelves
from gateway.services import offered_documents
from gateway.services.limits import zone_of
from gateway.services.plans import windows_of
from portal.context import house, page_number
from portal.first_calls import open_sample
from portal.language import current_language
from portal.samples import base_address
from portal.slugs import localized_route

catalogue = Blueprint("catalogue", __name__)

_LONGEST_QUESTION = 200
MEDIA_TYPES = {"json": "application/json", "yaml": "application/yaml"}  # RFC 8259, RFC 9512
_NEVER_SERVED = frozenset({VersionState.DRAFT, VersionState.CHECKED})


@localized_route(catalogue, "catalogue")
def search() -> ResponseReturnValue:
    """Every API, or those with these words, of this department."""
    words = request.args.get("q", "")[:_LONGEST_QUESTION].strip()
    department = request.args.get("department", "")
    with house().database.read() as session:
        found = shelves.search(
            session, words=words, department=department or None, language=current_language(), page=page_number()
        )
        return render_template(
            "catalogue/search.html",
            found=found,
            words=words,
            department=department,
            departments=shelves.departments(session),
        )


@localized_route(catalogue, "api")
def api(name: str) -> ResponseReturnValue:
    """What an API is for, where it answers, and on what terms."""
    with house().database.read() as session:
        published = shelves.published(session, name)
        newest = published.versions[0]
        return render_template(
            "catalogue/api.html",
            api=published.api,
            newest=newest,
            versions=[version for version in reversed(published.api.versions) if version.state not in _NEVER_SERVED],
            outline=shelves.outline_of(session, name, newest.major),
            revision=shelves.revision_in_force(session, name, newest.major),
            plans=[(plan, windows_of(plan)) for plan in (*published.plans, *filter(None, [published.keyless]))],
            subscribable=bool(published.plans),
            sample=open_sample(session, name, newest.major) if published.keyless else "",
            zone=zone_of(published.api),
            scopes=scopes_of(name),
            base=base_address(house().public_url, name, newest.major),
        )


@localized_route(catalogue, "document")
def document(name: str, major: int, form: str) -> ResponseReturnValue:
    """The document for a reader's tools, in either form: with our address and our ways to prove who calls."""
    with house().database.read() as session:
        offered = offered_documents.offered(session, name, major, public_url=house().public_url, form=form)
    response = Response(offered.content, content_type=f"{MEDIA_TYPES[offered.format]}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-v{major}.{form}"'
    response.set_etag(offered.etag)
    return response.make_conditional(request)

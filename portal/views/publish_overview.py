"""The page of one API for its department: its versions, what is missing to publish, its plans."""

from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from gateway.domain.lifecycle import SERVED, VersionState
from gateway.services import plans, publishing, versions
from gateway.services.plans import windows_of
from gateway.store.catalogue import ApiVersion
from gateway.words import Words
from portal.context import actor, house
from portal.samples import base_address
from portal.sessions import signed_in_only
from portal.slugs import localized_route, url_for_page
from portal.views.publish import managed_api

publish_overview = Blueprint("publish_overview", __name__)

_NOT_YET = frozenset({VersionState.DRAFT, VersionState.CHECKED})


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that publishing asks for, whether it is there, and the page where it is brought."""

    words: Words
    is_done: bool
    url: str


@localized_route(publish_overview, "manage_api")
@signed_in_only
def api(name: str) -> ResponseReturnValue:
    """Everything about one API."""
    with house().database.read() as session:
        found = managed_api(session, name)
        newest = found.versions[-1]
        return render_template(
            "publish/api.html",
            api=found,
            newest=newest,
            base=base_address(house().public_url, name, newest.major),
            is_served=any(version.state in SERVED for version in found.versions),
            is_unpublished=newest.state in _NOT_YET,
            steps=steps_of(session, newest),
            waiting=waiting_revision(session, newest),
            plans=[(plan, windows_of(plan)) for plan in plans.plans_of(session, actor(), found.id)],
        )


def steps_of(session: Session, version: ApiVersion) -> list[Step]:
    """All that publishing asks for, in the order a publisher brings it."""
    missing = publishing.missing_needs(session, version)
    name, major = version.api.name, version.major
    pages = {
        "document": url_for_page("upload", name=name, major=major),
        "upstream": url_for_page("upstream", name=name, major=major),
        "plan": url_for_page("new_plan", name=name),
    }
    words = url_for_page("edit_api", name=name)
    return [Step(need.words, need not in missing, pages.get(need.code, words)) for need in publishing.NEEDS]


def waiting_revision(session: Session, version: ApiVersion) -> int | None:
    """The number of a document that arrived after the one in force, if one did."""
    latest = versions.latest_revision(session, version)
    if version.state != VersionState.PUBLISHED or latest is None or latest.id == version.live_revision_id:
        return None
    return latest.number

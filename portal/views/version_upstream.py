"""Where a version's calls go and how its service is reached, in one form; and the proof, whose secret is shown once."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from gateway.domain.lifecycle import SERVED
from gateway.services import upstreams as services
from gateway.services.upstream_laws import Upstream
from portal.context import actor, house
from portal.first_calls import never_kept
from portal.forms import PageForm, errors_into, once
from portal.sessions import signed_in_only
from portal.slugs import localized_route, url_for_page
from portal.upstream_form import forget_key, form_of, open_parts, rows_in, said_in
from portal.views.versions import version_of

version_upstream = Blueprint("version_upstream", __name__)


@localized_route(version_upstream, "upstream", methods=("GET", "POST"))
@signed_in_only
def upstream(name: str, major: int) -> ResponseReturnValue:
    """Say where the calls go, and all that was said of how: simple at first sight, the rest folded."""
    with house().database.read() as session:
        found = version_of(session, name, major)
        environment = services.upstream_of(found)
        api, said = found.api, services.said_of(environment) if environment else Upstream(targets=())
    form = form_of(said, found.version)
    if form.validate_on_submit():
        with errors_into(form), house().database.begin() as session:
            kept = services.set_upstream(
                session,
                actor(),
                found.id,
                said_in(form),
                policy=house().policy,
                sealer=house().sealer,
                expected_version=form["version"].data,
            )
        if not form.errors:
            _tell(services.unknown_hosts(kept, house().policy))
            return redirect(url_for_page("manage_version", name=name, major=major), 303)
    forget_key(form)
    page = render_template(
        "publish/upstream.html",
        form=form,
        rows=rows_in(form),
        api=api,
        version=found,
        said=said,
        environment=environment,
        identity=services.identity_of(environment) if environment else None,
        open=open_parts(form),
    )
    return page, 422 if form.errors else 200


@localized_route(version_upstream, "proof", methods=("GET", "POST"))
@signed_in_only
def proof(name: str, major: int) -> ResponseReturnValue:
    """Make or renew the secret that signs what is sent to the service, after asking; or sign nothing any more."""
    form = PageForm()
    with house().database.read() as session:
        found = version_of(session, name, major)
        api, environment = found.api, services.upstream_of(found)
    if form.validate_on_submit() and "drop" in request.form:
        with once(), house().database.begin() as session:
            services.drop_proof(session, actor(), found.id)
        flash(_("What is sent to your service is no longer signed."), "success")
        return redirect(url_for_page("upstream", name=name, major=major), 303)
    if form.validate_on_submit():
        with errors_into(form), house().database.begin() as session:
            secret = services.renew_proof(session, actor(), found.id, sealer=house().sealer)
        if not form.errors:
            page = render_template("publish/proof_made.html", api=api, version=found, secret=secret)
            return never_kept(page)
    page = render_template(
        "publish/proof.html",
        form=form,
        api=api,
        version=found,
        made_at=environment.proof_made_at if environment else None,
        is_served=found.state in SERVED,
    )
    return page, 422 if form.errors else 200


def _tell(unknown: Sequence[str]) -> None:
    if not unknown:
        flash(_("Calls to this version go to your service as you said."), "success")
        return
    flash(
        _(
            "The address is saved, but no name server knows %(hosts)s at the moment: calls fail until one does."
            " Check the spelling.",
            hosts=", ".join(unknown),
        ),
        "warning",
    )

"""A department's own APIs: the list, making one, and the words about it. The page of one: publish_overview.py."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import Field, IntegerField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import Optional
from wtforms.widgets import HiddenInput

from gateway.domain.roles import OrganisationKind, Permission
from gateway.services import apis, document_words, organisations
from gateway.store.accounts import Organisation
from gateway.store.catalogue import Api
from portal.context import actor, house, page_number
from portal.forms import AtMost, Lawful, Needed, PageForm, errors_into
from portal.language import both, current_language
from portal.sessions import signed_in_only
from portal.slugs import localized_route, url_for_page

publish = Blueprint("publish", __name__)

_LONGEST_NAME, _LONGEST_TITLE, _LONGEST_TEXT = 60, 200, 10_000
_MOST_DEPARTMENTS = 100


class WordsForm(PageForm):
    """What is said about an API, in both languages; `version` is what the person had read."""

    title_en = StringField(_l("Title in English"), [AtMost(_LONGEST_TITLE)])
    title_fr = StringField(_l("Title in French"), [AtMost(_LONGEST_TITLE)])
    description_en = TextAreaField(_l("Description in English"), [AtMost(_LONGEST_TEXT)])
    description_fr = TextAreaField(_l("Description in French"), [AtMost(_LONGEST_TEXT)])
    version = IntegerField(validators=[Optional()], widget=HiddenInput())

    def words(self) -> dict[str, str]:
        """The texts, by the names that services use."""
        return {key: self[key].data or "" for key in apis.WRITTEN}

    def take(self, offered: Mapping[str, str]) -> list[str]:
        """Fill in what is offered for the fields that nobody has filled in; the labels of those fields."""
        for key, text in offered.items():
            self[key].data = text
        return [self[key].label.text for key in offered]


class NewApiForm(WordsForm):
    """A new API: whose it is, its name in addresses, and its words."""

    begins_with = ("organisation_id", "name")

    organisation_id = SelectField(_l("Department"), [Needed(_l("Choose a department."))], validate_choice=False)
    name = StringField(
        _l("Name in the address"), [Needed(_l("Name the API.")), AtMost(_LONGEST_NAME), Lawful(apis.checked_name)]
    )

    def validate_title_en(self, field: Field) -> None:
        """A title in either language is enough to begin with; the reader's is asked for."""
        if field.name == f"title_{current_language()}" and not any(
            (self[key].data or "").strip() for key in ("title_en", "title_fr")
        ):
            raise ValidationError(_("Give a title, in English or in French."))

    validate_title_fr = validate_title_en


@localized_route(publish, "publish")
@signed_in_only
def mine() -> ResponseReturnValue:
    """The APIs of the departments one belongs to, drafts too."""
    with house().database.read() as session:
        return render_template(
            "publish/list.html",
            found=apis.my_apis(session, actor(), page=page_number()),
            departments=departments_of_actor(session),
        )


@localized_route(publish, "new_api", methods=("GET", "POST"))
@signed_in_only
def create() -> ResponseReturnValue:
    """A new API, as a draft."""
    with house().database.read() as session:
        departments = departments_of_actor(session)
    if not departments:
        return redirect(url_for_page("publish"), 303)
    form = NewApiForm()
    form.organisation_id.choices = [(each.id, both(each.name_en, each.name_fr)) for each in departments]
    if len(departments) == 1:
        form.organisation_id.data = departments[0].id
    if form.validate_on_submit():
        with errors_into(form), house().database.begin() as session:
            made = apis.create_api(
                session,
                actor(),
                organisation_id=form.organisation_id.data,
                name=form.name.data,
                **form.words(),
            )
        if not form.errors:
            flash(_("The draft is there. Its page shows what is still missing to publish it."), "success")
            return redirect(url_for_page("manage_api", name=made.name), 303)
    return render_template("publish/new.html", form=form, departments=departments), 422 if form.errors else 200


@localized_route(publish, "edit_api", methods=("GET", "POST"))
@signed_in_only
def edit(name: str) -> ResponseReturnValue:
    """Change the titles and descriptions."""
    with house().database.read() as session:
        api = managed_api(session, name)
        offered = document_words.words_offered(session, api)
    form = WordsForm(obj=api)
    if form.validate_on_submit():
        with errors_into(form), house().database.begin() as session:
            apis.update_api(session, actor(), api.id, expected_version=form.version.data, **form.words())
        if not form.errors:
            flash(_("The titles and descriptions are changed."), "success")
            return redirect(url_for_page("manage_api", name=name), 303)
    taken = form.take(offered) if request.method == "GET" else []
    return render_template("publish/edit.html", form=form, api=api, taken=taken), 422 if form.errors else 200


def managed_api(session: Session, name: str) -> Api:
    """An API by name, for its department and the operator only: whoever else asks is told that it is not there."""
    api = apis.get_api(session, actor(), name)
    apis.require_sight(actor(), api.organisation_id)
    return api


def departments_of_actor(session: Session) -> list[Organisation]:
    """The departments in whose name this person may make APIs; an operator's: all of them."""
    if actor().is_operator:
        return list(organisations.list_departments(session, per_page=_MOST_DEPARTMENTS).items)
    allowed = actor().organisations_where(Permission.EDIT_API)
    own = organisations.my_organisations(session, actor())
    return [each for each in own if each.id in allowed and each.kind == OrganisationKind.DEPARTMENT]

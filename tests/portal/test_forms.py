"""What all forms share."""

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, StringField

from gateway.domain.errors import ALREADY_DONE, BAD_CREDENTIALS, INVALID, NAME_TAKEN, NOT_FOUND, DomainError, invalid
from gateway.services.apis import checked_name
from gateway.words import Words
from portal.forms import AtMost, Checked, Lawful, Needed, PageForm, errors_into, once


class Form(PageForm):
    own_codes = frozenset({"bad-credentials"})

    name = StringField("Name", [Needed("Give a name."), AtMost(5)])
    terms = BooleanField("Terms", [Checked("Tick the box.")])


@pytest.fixture
def request_context(site):
    with site.app.test_request_context("/en/sign-up", method="POST"):
        yield


def form(**data: str) -> Form:
    return Form(MultiDict(data))


@pytest.mark.usefixtures("request_context")
def test_each_field_says_what_it_lacks():
    empty, long = form(), form(name="abcdef", terms="y")

    assert not empty.validate()
    assert empty.errors == {"name": ["Give a name."], "terms": ["Tick the box."]}
    assert not long.validate()
    assert long.errors == {"name": ["Use at most 5 characters."]}


@pytest.mark.usefixtures("request_context")
def test_a_law_of_the_services_can_be_asked_beforehand():
    class Named(PageForm):
        name = StringField("Name", [Lawful(checked_name)])

    given = Named(MultiDict({"name": "Fishing Permits"}))

    assert not given.validate()
    assert "small letters" in given.errors["name"][0]
    assert Named(MultiDict({"name": "fishing-permits"})).validate()


@pytest.mark.usefixtures("request_context")
def test_what_a_service_refuses_about_a_field_stands_beside_it():
    given = form(name="a", terms="y")
    assert given.validate()

    with errors_into(given):
        raise invalid("name", "Not that one.", "Pas celui-là.")

    assert given.errors == {"name": ["Not that one."]}


@pytest.mark.usefixtures("request_context")
def test_what_it_refuses_about_no_field_of_the_form_stands_above_it():
    given = form(name="a", terms="y")
    assert given.validate()

    with errors_into(given):
        raise DomainError(NAME_TAKEN, field="slug", name="a")

    assert given.form_errors == ["That name is taken. “a” is already in use. Choose another name."]


@pytest.mark.usefixtures("request_context")
def test_of_several_faults_each_stands_beside_its_own_field():
    given = form(name="a", terms="y")
    assert given.validate()
    first, second = Words("Odd.", "Bizarre."), Words("Worse.", "Pire.")

    with errors_into(given):
        raise DomainError(INVALID, faults={("name", ""): first, ("name", "more"): second}, why_en="x", why_fr="x")

    assert given.name.errors == ["Odd."]
    assert given.form_errors == ["Worse."]


@pytest.mark.usefixtures("request_context")
def test_what_no_correction_mends_goes_on_to_its_own_page():
    with pytest.raises(DomainError), errors_into(form()):
        raise DomainError(NOT_FOUND)


@pytest.mark.usefixtures("request_context")
def test_a_form_may_keep_such_a_refusal_for_itself():
    given = form(name="a", terms="y")
    assert given.validate()

    with errors_into(given):
        raise DomainError(BAD_CREDENTIALS)

    assert given.form_errors == [
        "Sign-in failed. The e-mail address or the password is not right, or the address is not confirmed yet."
    ]


def test_a_second_click_passes_and_nothing_else_does():
    with once():
        raise DomainError(ALREADY_DONE)
    with pytest.raises(DomainError), once():
        raise DomainError(NOT_FOUND)

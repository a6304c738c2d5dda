"""Getting in and out, as a person does it with nothing but forms."""

import re
import time

import pytest
from sqlalchemy import select

from gateway.services.discretion import BEAT
from gateway.store.accounts import Account
from gateway.store.mail import Mail
from tests.ledgers import NOON

PERSON = {"name": "Léa Tremblay", "email": "lea@example.org", "password": "un mot de passe assez long", "terms": "y"}
CHOSEN = {"password": PERSON["password"]}
SIGN_IN = CHOSEN | {"email": PERSON["email"]}
LINK = re.compile(r"http://guichet\.test(/\S+)")


def letters(site) -> list[str]:
    with site.database.read() as session:
        return [mail.body for mail in session.scalars(select(Mail).order_by(Mail.id))]


def link_of_last_letter(site) -> str:
    return str(LINK.findall(letters(site)[-1])[0])


def signed_up(site, visitor) -> str:
    """Someone who has signed up in French; the path of the link in their letter."""
    assert visitor.post("/fr/inscription", PERSON).status_code == 303
    return link_of_last_letter(site)


def test_the_whole_way_in_and_out(site, visitor):
    link = signed_up(site, visitor)
    visitor.get(link)
    confirmed = visitor.post(link, CHOSEN)

    assert link.startswith("/fr/verification-courriel/")
    assert confirmed.status_code == 303
    assert "Votre adresse est confirmée" in visitor.get(confirmed.location).text
    assert "Léa Tremblay" in visitor.get("/fr/compte").text
    assert visitor.post("/fr/deconnexion", form_at="/fr/compte").location == "/fr/"
    assert visitor.get("/fr/compte").status_code == 303
    assert visitor.post("/fr/connexion", SIGN_IN).status_code == 303
    assert "Léa Tremblay" in visitor.get("/fr/compte").text


def test_opening_the_link_confirms_nothing_by_itself(site, visitor):
    link = signed_up(site, visitor)

    visitor.get(link)

    with site.database.read() as session:
        assert session.scalars(select(Account)).one().verified_at is None


@pytest.mark.parametrize("again", ["get", "post"])
def test_a_link_that_was_used_promises_nothing_any_more(site, visitor, again):
    link = signed_up(site, visitor)
    visitor.post(link, CHOSEN)

    answer = visitor.get(link) if again == "get" else visitor.client.post(link, data={"csrf_token": "stale"})

    assert answer.status_code == 410
    assert "et votre compte est prêt" not in answer.text
    assert "Votre adresse est déjà confirmée" in answer.text


def test_a_link_works_once(site, visitor):
    link = signed_up(site, visitor)
    visitor.post(link, CHOSEN)

    again = visitor.post(link, CHOSEN, form_at="/fr/connexion")

    assert again.status_code == 410
    assert "/fr/connexion" in again.text


@pytest.mark.parametrize(
    ("path", "words", "way_on"),
    [
        ("/en/sign-in", "or the address is not confirmed yet", "/en/sign-up/check-your-mail"),
        ("/fr/connexion", "ou l’adresse n’est pas encore confirmée", "/fr/inscription/verifiez-vos-courriels"),
    ],
)
def test_an_address_that_is_not_confirmed_does_not_sign_in_and_the_way_on_is_there(site, visitor, path, words, way_on):
    signed_up(site, visitor)

    refused = visitor.post(path, SIGN_IN)

    assert refused.status_code == 422
    assert words in refused.text
    assert f'href="{way_on}"' in refused.text


@pytest.mark.parametrize("email", ["lea@example.org", "nobody@example.org"])
def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(site, visitor, email):
    visitor.post(signed_up(site, visitor), CHOSEN)

    refused = visitor.post("/en/sign-in", {"email": email, "password": "not the right one"})

    assert refused.status_code == 422
    assert "The e-mail address or the password is not right, or the address is not confirmed yet." in refused.text
    assert "not the right one" not in refused.text


def test_signing_in_leads_back_to_where_one_was_going_and_nowhere_else(site, visitor):
    visitor.post(signed_up(site, visitor), CHOSEN)
    given = {"email": PERSON["email"], "password": PERSON["password"]}

    back = visitor.post("/en/sign-in", given, form_at="/en/sign-in?next=/en/apis")
    elsewhere = visitor.post("/en/sign-in", {**given, "next": "//evil.example/"})

    assert back.location == "/en/apis"
    assert elsewhere.location == "/en/applications"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "Give your name."),
        ({"email": "lea"}, "This is not an e-mail address"),
        ({"password": "short"}, "The password takes 12 to 256 characters."),
        ({"terms": ""}, "Tick the box to go on."),
    ],
)
def test_what_is_wrong_with_a_form_is_said_beside_its_field(site, visitor, wrong, words):
    refused = visitor.post("/en/sign-up", PERSON | wrong)

    assert refused.status_code == 422
    assert words in refused.text
    assert "<title>Error: " in refused.text
    assert not letters(site)


def test_signing_up_twice_looks_the_same_from_outside(site, visitor):
    first = visitor.post("/en/sign-up", PERSON)
    second = visitor.post("/en/sign-up", PERSON)

    assert (first.status_code, first.location) == (second.status_code, second.location)


def test_two_clicks_on_sign_up_send_letters_that_are_true_and_both_work(site, visitor):
    visitor.post("/en/sign-up", PERSON)
    visitor.post("/en/sign-up", PERSON)

    first, second = (LINK.findall(letter)[0] for letter in letters(site))
    assert visitor.get(first).status_code == visitor.get(second).status_code == 200
    assert visitor.post(first, CHOSEN).status_code == 303


def test_who_opens_the_link_of_a_stranger_who_used_their_address_is_not_in_the_strangers_account(site, visitor):
    stranger = PERSON | {"name": "Somebody Else", "password": "what a stranger chose"}
    visitor.post("/en/sign-up", PERSON)
    visitor.post("/en/sign-up", stranger)
    own, strangers = (LINK.findall(letter)[0] for letter in letters(site))

    wrong = visitor.post(strangers, CHOSEN)

    assert wrong.status_code == 422
    assert "It is not the password that was chosen with this link" in wrong.text
    assert "/en/sign-in/new-password" in wrong.text
    assert visitor.post(own, CHOSEN).status_code == 303
    assert visitor.get(strangers).status_code == 410
    assert "Léa Tremblay" in visitor.get("/en/account").text


def test_a_letter_that_did_not_arrive_is_sent_again(site, visitor):
    signed_up(site, visitor)

    sent = visitor.post("/en/sign-up/check-your-mail", {"email": PERSON["email"]})

    assert sent.status_code == 303
    assert len(letters(site)) == 2


def test_a_new_password_replaces_the_old_one(site, visitor):
    visitor.post(signed_up(site, visitor), CHOSEN)
    visitor.post("/fr/deconnexion", form_at="/fr/compte")
    visitor.post("/fr/connexion/nouveau-mot-de-passe", {"email": PERSON["email"]})
    link = link_of_last_letter(site)

    too_short = visitor.post(link, {"password": "court"})
    changed = visitor.post(link, {"password": "un tout autre mot de passe"})
    old = visitor.post("/fr/connexion", {"email": PERSON["email"], "password": PERSON["password"]})
    new = visitor.post("/fr/connexion", {"email": PERSON["email"], "password": "un tout autre mot de passe"})

    assert link.startswith("/fr/connexion/nouveau-mot-de-passe/")
    assert (too_short.status_code, changed.status_code, old.status_code, new.status_code) == (422, 303, 422, 303)


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("/en/sign-up", PERSON),
        ("/en/sign-up/check-your-mail", {"email": PERSON["email"]}),
        ("/en/sign-in/new-password", {"email": PERSON["email"]}),
    ],
)
def test_one_network_cannot_have_letters_written_without_end(site, visitor, path, given, monkeypatch):
    monkeypatch.setattr(site.house.ledger, "_now", lambda: NOON)  # no minute begins meanwhile
    for _ in range(20):
        visitor.post("/en/sign-in/new-password", {"email": "x@example.org"})

    refused = visitor.post(path, given)

    assert refused.status_code in {422, 429}
    assert "Too many tries" in refused.text
    assert not letters(site)


@pytest.mark.parametrize("email", [PERSON["email"], "nobody@example.org"])
@pytest.mark.parametrize(
    "page", ["/fr/inscription", "/fr/inscription/verifiez-vos-courriels", "/fr/connexion/nouveau-mot-de-passe"]
)
def test_the_time_of_an_answer_does_not_tell_whether_an_address_has_an_account(site, visitor, page, email):
    signed_up(site, visitor)

    began = time.monotonic()
    answer = visitor.post(page, PERSON | {"email": email})

    assert answer.status_code == 303
    assert time.monotonic() - began >= BEAT


def test_who_signs_up_on_the_way_to_a_page_comes_to_it_by_the_link(site, visitor):
    page = visitor.get("/fr/connexion?next=/fr/catalogue/feries/v1/abonnement").text
    (sign_up,) = re.findall(r'href="(/fr/inscription\?[^"]*)"', page)

    visitor.post(sign_up, PERSON, form_at=sign_up)
    link = link_of_last_letter(site)

    assert visitor.post(link, CHOSEN).location == "/fr/catalogue/feries/v1/abonnement"


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org/fr/", "/fr/" + "a" * 200, "/fr/\\r\\nx"])
def test_a_letter_leads_nowhere_but_to_pages_of_ours(site, visitor, elsewhere):
    visitor.post("/fr/inscription", PERSON | {"next": elsewhere})

    assert "?" not in link_of_last_letter(site)

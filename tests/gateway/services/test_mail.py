import re
import string
from datetime import timedelta

import pytest

from gateway.services import mail
from gateway.store.mail import Mail
from gateway.words import LANGUAGES
from tests.fixtures.people import NOW, an_account, outbox, stranger

SUBJECTS = [mail.CONFIRM_SUBJECT, mail.EXISTS_SUBJECT, mail.RESET_SUBJECT, mail.CHANGED_SUBJECT]
BODIES = [mail.CONFIRM, mail.EXISTS, mail.RESET, mail.CHANGED]
BAD_FRENCH = re.compile(r"\w :|« | »|[ \u00a0\u202f][;!?]|'")


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("words", [mail.GREETING, mail.UNNAMED, *SUBJECTS, *BODIES], ids=lambda words: words.en[:20])
def test_both_languages_say_it_with_the_same_values_and_good_typography(words):
    assert placeholders(words.en) == placeholders(words.fr)
    assert words.en != words.fr
    assert not BAD_FRENCH.search(words.fr)


@pytest.mark.parametrize("words", [*BODIES], ids=lambda words: words.en[30:60])
def test_the_paragraphs_of_a_message_are_as_many_in_both_languages(words):
    assert words.en.count("\n\n") == words.fr.count("\n\n") >= 2


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_subject_is_one_short_line(subject):
    assert all(0 < len(subject.of(language)) < 60 and "\n" not in subject.of(language) for language in LANGUAGES)


@pytest.mark.parametrize(("language", "greeting"), [("en", "Hello Zoë,"), ("fr", "Bonjour Zoë,")])
def test_a_message_is_due_at_once_in_the_language_of_its_reader(database, language, greeting):
    with database.begin() as session:
        account = an_account(session, name="Zoë", language=language)
        mail.write(session, stranger(), account, mail.RESET_SUBJECT, mail.RESET, link="https://guichet.example.ca/x")

    (written,) = outbox(database)
    assert (written.recipient, written.language, written.due_at, written.attempts) == (account.email, language, NOW, 0)
    assert written.subject == mail.RESET_SUBJECT.of(language)
    assert written.body.startswith(f"{greeting}\n\n")
    assert "\n\nhttps://guichet.example.ca/x\n\n" in written.body


def test_who_has_not_confirmed_is_not_called_by_a_name_that_anybody_may_have_typed(database):
    with database.begin() as session:
        account = an_account(session, name="Buy pills")
        account.verified_at = None
        mail.write(session, stranger(), account, mail.EXISTS_SUBJECT, mail.EXISTS)

    assert outbox(database)[0].body.startswith("Hello,\n\n")


def test_a_name_with_braces_is_a_name(database):
    with database.begin() as session:
        mail.write(session, stranger(), an_account(session, name="{link} {0}"), mail.EXISTS_SUBJECT, mail.EXISTS)

    assert "Hello {link} {0}," in outbox(database)[0].body


def test_so_many_messages_in_an_hour_are_enough_for_one_address(database):
    def may(account, after, subject=mail.EXISTS_SUBJECT):
        with database.read() as session:
            return mail.may_write(session, stranger(NOW + after), account, subject)

    with database.begin() as session:
        account, other = an_account(session), an_account(session, "dominique@example.org")
        for minutes in range(mail.MOST_AN_HOUR):
            mail.write(session, stranger(NOW + timedelta(minutes=minutes)), account, mail.EXISTS_SUBJECT, mail.EXISTS)

    assert not may(account, timedelta(minutes=59))
    assert may(other, timedelta(minutes=59))
    assert may(account, timedelta(minutes=59), mail.RESET_SUBJECT)
    assert may(account, timedelta(minutes=60))


def test_a_message_sent_long_ago_does_not_count(database):
    with database.begin() as session:
        account = an_account(session)
        session.add_all(
            Mail(
                recipient=account.email, language="en", subject=mail.EXISTS_SUBJECT.en, body="",
                created_at=NOW - timedelta(days=1), due_at=NOW - timedelta(days=1), sent_at=NOW - timedelta(days=1),
            )
            for _ in range(mail.MOST_AN_HOUR)
        )  # fmt: skip

    with database.read() as session:
        assert mail.may_write(session, stranger(), account, mail.EXISTS_SUBJECT)

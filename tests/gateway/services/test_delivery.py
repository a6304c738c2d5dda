import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.message import EmailMessage
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.senders import MailRefused
from gateway.services.delivery import MOST_ATTEMPTS, backoff, deliver_due
from gateway.store.mail import Mail
from tests.fixtures.people import NOW, outbox

ACCENTED = "Bonjour Zoë,\n\nhttps://guichet.example.ca/fr/verify/gcl_1\n\nL’été « déjà » : 👩‍🌾\n"


class Postbox:
    """A sender that keeps what it is handed; it refuses while it is shut."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.refused = 0
        self.shut = False
        self._lock = threading.Lock()

    def send(self, message):
        with self._lock:
            if self.shut:
                self.refused += 1
                raise MailRefused("shut")
            self.messages.append(message)


@pytest.fixture
def postbox():
    return Postbox()


def write(database, count=1, *, due=NOW, body="Hello"):
    with database.begin() as session:
        session.add_all(
            Mail(
                recipient=f"reader{number}@example.org", language="fr", subject="Été à Québec", body=body,
                created_at=NOW, due_at=due,
            )
            for number in range(count)
        )  # fmt: skip


def test_a_message_goes_out_once_and_its_body_is_forgotten(database, postbox):
    write(database, body=ACCENTED)

    assert deliver_due(database, postbox, NOW) == 1
    assert deliver_due(database, postbox, NOW + timedelta(days=9)) == 0

    (row,), (message,) = outbox(database), postbox.messages
    assert (row.body, row.sent_at, row.attempts) == ("", NOW, 1)
    assert message.get_content() == ACCENTED
    assert {name: message[name] for name in ("To", "Subject", "Content-Language", "Auto-Submitted", "Message-ID")} == {
        "To": "reader0@example.org",
        "Subject": "Été à Québec",
        "Content-Language": "fr",
        "Auto-Submitted": "auto-generated",
        "Message-ID": f"<{row.id}@guichet>",
    }


def test_what_is_not_due_yet_waits(database, postbox):
    write(database, due=NOW + timedelta(seconds=1))

    assert deliver_due(database, postbox, NOW) == 0
    assert deliver_due(database, postbox, NOW + timedelta(seconds=1)) == 1


def test_a_refused_message_keeps_its_body_and_is_tried_again_later(database, postbox):
    write(database)
    postbox.shut = True
    assert deliver_due(database, postbox, NOW) == 0

    (row,) = outbox(database)
    assert (row.body, row.sent_at, row.attempts, row.due_at) == ("Hello", None, 1, NOW + backoff(1))
    postbox.shut = False
    assert deliver_due(database, postbox, NOW + backoff(1) - timedelta(seconds=1)) == 0
    assert deliver_due(database, postbox, NOW + backoff(1)) == 1


def test_trying_ends_one_day_and_then_the_body_is_forgotten_too(database, postbox):
    write(database)
    postbox.shut = True
    moment = NOW
    for _ in range(MOST_ATTEMPTS + 5):
        deliver_due(database, postbox, moment)
        moment = max(moment, outbox(database)[0].due_at)

    (row,) = outbox(database)
    assert (postbox.refused, row.attempts, row.body, row.sent_at) == (MOST_ATTEMPTS, MOST_ATTEMPTS, "", None)
    assert timedelta(days=1) < moment - NOW < timedelta(days=3)


def test_the_last_attempt_still_carries_the_words(database, postbox):
    write(database)
    with database.begin() as session:
        session.merge(outbox(database)[0]).attempts = MOST_ATTEMPTS - 1

    deliver_due(database, postbox, NOW)

    assert postbox.messages[0].get_content() == "Hello\n"


def test_one_refusal_does_not_hold_up_the_others(database):
    class RefusesOne(Postbox):
        def send(self, message):
            if message["To"].startswith("reader1"):
                raise MailRefused("no such mailbox")
            super().send(message)

    write(database, 3)
    postbox = RefusesOne()

    assert deliver_due(database, postbox, NOW) == 2
    assert {message["To"] for message in postbox.messages} == {"reader0@example.org", "reader2@example.org"}


def test_many_workers_send_each_message_once(database, postbox):
    write(database, 30)
    together = Barrier(4)

    def work(_number):
        together.wait()
        return sum(iter(lambda: deliver_due(database, postbox, NOW), 0))

    with ThreadPoolExecutor(4) as pool:
        sent = sum(pool.map(work, range(4)))

    recipients = [message["To"] for message in postbox.messages]
    assert sent == len(recipients) == len(set(recipients)) == 30


def test_a_worker_that_dies_while_sending_loses_no_message(database, postbox):
    class DiesError(BaseException):
        pass

    class Dying:
        def send(self, message):
            raise DiesError

    write(database)
    with pytest.raises(DiesError):
        deliver_due(database, Dying(), NOW)

    assert deliver_due(database, postbox, NOW + backoff(1) - timedelta(seconds=1)) == 0
    assert deliver_due(database, postbox, NOW + backoff(1)) == 1


def test_a_slow_server_does_not_let_the_other_claims_run_out(database):
    claims = []

    class Slow:
        def send(self, message):
            claims.append([mail.due_at > NOW for mail in outbox(database)].count(True))

    write(database, 3)
    deliver_due(database, Slow(), NOW)

    assert claims == [1, 2, 3]


def test_looking_for_work_does_not_wait_for_who_is_writing(database, postbox):
    with database.begin() as session:
        session.add(Mail(recipient="a@b.ca", language="en", subject="s", body="b", created_at=NOW, due_at=NOW))
        session.flush()

        assert deliver_due(database, postbox, NOW) == 0


@given(st.integers(min_value=0, max_value=10**6))
def test_the_wait_grows_to_six_hours_and_no_further(attempts):
    assert timedelta(minutes=2) <= backoff(attempts) <= backoff(attempts + 1) <= timedelta(hours=6)

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from functools import partial

import pytest
from flask import Flask

from gateway.services import accounts, mail
from gateway.services.actor import system
from gateway.services.delivery import deliver_due
from gateway.store.accounts import account_by_email
from gateway.store.mail import Mail
from gateway.transport.background import Background
from tests.fixtures.people import link_to


class Post:
    """A sender that keeps what it is handed, and can be made to fail first."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.sent: list[EmailMessage] = []
        self.arrived = threading.Event()

    def send(self, message: EmailMessage) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("a bug in the sender")
        self.sent.append(message)
        self.arrived.set()


@pytest.fixture
def in_background(database) -> Iterator[Callable[[Post], Background]]:
    """Background work on the test's database, stopped with the test."""
    made: list[Background] = []

    def make(post: Post) -> Background:
        made.append(Background({"mail": partial(deliver_due, database, post)}))
        return made[-1]

    yield make
    for each in made:
        each.stop()


@pytest.fixture
def waiting(database):
    """A message in the outbox."""
    with database.begin() as session:
        account = accounts.create_verified(
            session, system(), email="camille@example.org", name="Camille", password="a long enough phrase"
        )
        mail.write(session, system(), account, mail.EXISTS_SUBJECT, mail.EXISTS)
    return database


def test_the_first_request_of_a_process_has_the_mail_sent(waiting, in_background):
    post, app = Post(), Flask("small")
    in_background(post).install(app)

    app.test_client().get("/")

    assert post.arrived.wait(10)
    assert [message["To"] for message in post.sent] == ["camille@example.org"]


def test_a_bug_in_what_it_does_never_ends_it(waiting, in_background):
    post, app = Post(failures=1), Flask("small")
    background = in_background(post)
    background.install(app)
    app.test_client().get("/")
    with waiting.begin() as session:
        account = accounts.create_verified(
            session, system(), email="second@example.org", name="Second", password="a long enough phrase"
        )
        mail.write(session, system(), account, mail.EXISTS_SUBJECT, mail.EXISTS)

    assert post.arrived.wait(10)


def test_starting_from_many_requests_at_once_starts_one_thread(in_background):
    background = in_background(Post())
    before = threading.active_count()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: background.start(), range(50)))

    assert threading.active_count() == before + 1


def test_what_was_sent_keeps_no_body(waiting, in_background):
    post = Post()
    background = in_background(post)
    background.start()

    background.stop()  # waits for what is being done

    assert len(post.sent) == 1
    with waiting.read() as session:
        assert [row.body for row in session.query(Mail)] == [""]


def test_once_stopped_it_starts_no_more(waiting, in_background):
    post = Post()
    background = in_background(post)
    background.stop()

    background.start()

    assert post.sent == []
    assert background._threads == []


def test_two_workers_send_a_message_once(waiting, in_background):
    post = Post()
    workers = [in_background(post) for _ in range(2)]

    for worker in workers:
        worker.start()
    for worker in workers:
        worker.stop()

    assert len(post.sent) == 1


def test_a_request_writes_a_message_and_does_not_wait_until_it_is_sent(database, in_background, tmp_path):
    sending, sent = threading.Event(), threading.Event()

    class Slow(Post):
        def send(self, message: EmailMessage) -> None:
            sending.set()
            assert sent.wait(10)
            super().send(message)

    app, post = Flask("small"), Slow()
    in_background(post).install(app)

    @app.post("/sign-up")
    def sign_up() -> str:
        with database.begin() as session:
            accounts.sign_up(
                session,
                system(),
                email="camille@example.org",
                name="Camille",
                password="plums under seven bridges",
                language="fr",
                link_to=link_to,
            )
        return "written"

    assert app.test_client().post("/sign-up").data == b"written"
    assert sending.wait(10)
    assert app.test_client().post("/sign-up").data == b"written"  # while the first message is still on its way
    sent.set()
    assert post.arrived.wait(10)
    assert "https://guichet.example.ca/fr/verify/" in post.sent[0].get_content()


def test_with_the_usual_settings_a_message_becomes_a_file(seeded):
    with seeded.house.database.begin() as session:
        account = account_by_email(session, "developer@example.org")
        assert account
        mail.write(session, system(), account, mail.EXISTS_SUBJECT, mail.EXISTS)

    seeded.app.test_client().get("/healthz")
    seeded.app.extensions["guichet_keeping"].background.stop()

    (written,) = (seeded.data / "mail").iterdir()
    assert b"To: developer@example.org" in written.read_bytes()


def test_a_work_that_takes_long_keeps_no_other_waiting():
    begun, other, goes_on = threading.Event(), threading.Event(), threading.Event()

    def slow(_now) -> None:
        begun.set()
        assert goes_on.wait(10)

    def quick(_now) -> None:
        assert begun.wait(10)
        other.set()

    background = Background({"slow": slow, "other": quick})
    background.start()

    assert other.wait(10)
    goes_on.set()
    background.stop()

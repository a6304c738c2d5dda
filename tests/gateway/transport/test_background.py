import threading
from collections.abc import Callable, Iterator
from email.message import EmailMessage

import pytest
from flask import Flask

from gateway.services import accounts, mail
from gateway.services.actor import system
from gateway.store.mail import Mail
from gateway.transport.background import Background


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
        made.append(Background(database, post))
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


def test_starting_again_starts_no_second_thread(in_background):
    background = in_background(Post())
    background.start()
    before = threading.active_count()

    background.start()

    assert threading.active_count() == before


def test_what_was_sent_keeps_no_body(waiting, in_background):
    post, app = Post(), Flask("small")
    in_background(post).install(app)
    app.test_client().get("/")
    assert post.arrived.wait(10)

    def kept() -> list[str]:
        with waiting.read() as session:
            return [row.body for row in session.query(Mail)]

    for _ in range(1_000):
        if kept() == [""]:
            break
    assert kept() == [""]

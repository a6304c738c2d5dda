"""The fixtures keep their promises."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, Error
from sqlalchemy import create_engine, text

from tests.fixtures.network import LeftTheMachineError

ROOT = Path(__file__).resolve().parent.parent

LONELY = """
    import pytest

    def test_of_something_away():
        pytest.skip("the moon is not installed.")

    def test_of_something_here():
        pass
"""


def _run_lonely(pytester: pytest.Pytester, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    pytester.makepyfile(LONELY)
    quiet = {name: value for name, value in os.environ.items() if not name.startswith(("CI", "PYTEST"))}
    command = [sys.executable, "-m", "pytest", "-p", "tests.fixtures.availability", "-p", "no:randomly"]
    return subprocess.run(
        command,
        cwd=pytester.path,
        env={**quiet, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_could_not_run_is_said_last_with_its_reason(pytester):
    ran = _run_lonely(pytester, {})

    said, _, names = ran.stdout.partition("Could not run: 1 test because the moon is not installed ")
    assert ran.returncode == 0
    assert "1 passed" not in said
    assert "::test_of_something_away" in names
    assert "1 passed, 1 skipped" in names


def test_in_ci_what_could_not_run_is_a_failure(pytester):
    ran = _run_lonely(pytester, {"CI": "true"})

    assert ran.returncode == 1
    assert "could not run because the moon is not installed, and in CI every test runs" in ran.stdout
    assert "1 failed, 1 passed" in ran.stdout


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "0.0.0.0"])  # noqa: S104 - refused
def test_a_connection_that_leaves_the_machine_is_refused_and_remembered(address, attempts_to_leave):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET

    with socket.socket(family) as sock, pytest.raises(LeftTheMachineError, match=address):
        sock.connect((address, 443))

    assert attempts_to_leave == [f"{address}:443"]
    attempts_to_leave.clear()


def test_a_datagram_that_leaves_the_machine_is_refused(attempts_to_leave):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, pytest.raises(LeftTheMachineError):
        sock.sendto(b"who am I?", ("192.0.2.1", 53))

    attempts_to_leave.clear()


def test_no_name_server_is_asked():
    with pytest.raises(socket.gaierror, match="tests ask no name server"):
        socket.getaddrinfo("example.org", 443)


def test_this_machine_may_be_reached_at_a_free_port(free_port):
    with socket.create_server(("127.0.0.1", free_port)), socket.create_connection(("localhost", free_port)) as sock:
        assert sock.getpeername() == ("127.0.0.1", free_port)


def test_a_database_url_opens_an_empty_database(database_url):
    engine = create_engine(database_url)

    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE only_mine (id INTEGER)"))

    assert engine.dialect.name in database_url
    engine.dispose()


def test_a_template_is_prepared_once_and_copied(postgresql_server):
    prepared = []

    def prepare(url: str) -> None:
        prepared.append(url)
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE filled AS SELECT 7 AS number"))
        engine.dispose()

    names = [postgresql_server.create_database(postgresql_server.template("seven", prepare)) for _ in range(2)]

    assert len(prepared) == 1
    for name in names:
        uri = postgresql_server.url(name).replace("+psycopg", "")
        with psycopg.connect(uri) as connection:
            assert connection.execute("SELECT number FROM filled").fetchall() == [(7,)]
        postgresql_server.drop_database(name)


def test_the_browser_shows_a_page(browser: Browser):
    page = browser.new_page()

    page.set_content("<h1>Bonjour</h1>")

    assert page.get_by_role("heading").inner_text() == "Bonjour"
    page.close()


def test_the_browser_reaches_nothing_but_this_machine(browser: Browser):
    page = browser.new_page()

    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://example.org/")

    page.close()

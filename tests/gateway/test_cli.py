import os
import subprocess
import sys

import pytest
from sqlalchemy import text

from gateway.app import create_app
from gateway.cli import gateway_commands
from gateway.credentials.passwords import verify_password
from gateway.settings import Settings
from gateway.store.accounts import account_by_email
from gateway.store.keys import public_keys
from plugins import BUILT_IN
from tests.house.sources import ROOT


def run(seeded, *arguments: str):
    return seeded.app.test_cli_runner().invoke(gateway_commands, list(arguments))


def test_migrating_again_changes_nothing(seeded):
    with seeded.house.database.read() as session:
        before = public_keys(session)

    done = run(seeded, "migrate")

    assert done.exit_code == 0, done.output
    with seeded.house.database.read() as session:
        assert public_keys(session) == before


def test_an_operator_is_made_who_may_sign_in(seeded):
    words = "a long enough phrase"

    done = run(seeded, "create-operator", "--email", "new@example.org", "--name", "Nouvelle", "--password", words)

    assert done.exit_code == 0, done.output
    with seeded.house.database.read() as session:
        account = account_by_email(session, "new@example.org")
        assert account
        assert account.verified_at
        assert [membership.role for membership in account.memberships].count("operator") == 1


def test_what_cannot_be_done_is_said_in_both_languages(seeded):
    done = run(seeded, "create-operator", "--email", "nobody", "--name", "X", "--password", "a long enough phrase")

    assert done.exit_code == 5
    assert "This is not an e-mail address" in done.output
    assert "Ce n’est pas une adresse courriel" in done.output


def test_an_operator_cannot_be_made_twice(seeded):
    one = ["create-operator", "--email", "new@example.org", "--name", "Nouvelle", "--password", "a long enough phrase"]
    run(seeded, *one)

    done = run(seeded, *one)

    assert done.exit_code == 5
    assert "Traceback" not in done.output


def test_without_a_terminal_the_password_is_the_first_line_of_standard_input(seeded):
    asked = ["create-operator", "--email", "new@example.org", "--name", "Nouvelle"]

    done = seeded.app.test_cli_runner().invoke(gateway_commands, asked, input="a long enough phrase\nmore\n")

    assert done.output == "new@example.org may sign in and operate the store.\n"
    with seeded.house.database.begin() as session:
        account = account_by_email(session, "new@example.org")
        assert account
        assert verify_password("a long enough phrase", account.password_hash)


def test_without_a_terminal_and_without_a_password_it_says_how_to_give_one(seeded):
    done = run(seeded, "create-operator", "--email", "new@example.org", "--name", "Nouvelle")

    assert done.exit_code == 2
    assert "standard input" in done.output
    assert "echoed" not in done.output
    assert "Aborted" not in done.output


def test_a_weak_password_is_refused(seeded):
    done = run(seeded, "create-operator", "--email", "new@example.org", "--name", "N", "--password", "short")

    assert done.exit_code == 5
    with seeded.house.database.read() as session:
        assert account_by_email(session, "new@example.org") is None


def test_a_trail_whose_end_was_cut_off_does_not_pass_the_check(seeded):
    with seeded.house.database.begin() as session:
        session.execute(text("DELETE FROM audit_events WHERE sequence = (SELECT max(sequence) FROM audit_events)"))

    done = run(seeded, "check")

    assert done.exit_code == 1
    assert "end of the audit trail is missing" in done.output


def test_a_database_behind_the_program_does_not_pass_the_check(seeded):
    with seeded.house.database.begin() as session:
        session.execute(text("DELETE FROM alembic_version"))

    done = run(seeded, "check")

    assert done.exit_code == 1
    assert "flask gateway migrate" in done.output


@pytest.mark.parametrize("command", ["migrate", "check"])
def test_a_database_that_is_away_is_one_sentence(tmp_path, free_port, command):
    given = {"GUICHET_DATA": str(tmp_path), "GUICHET_DATABASE_URL": f"postgresql://u:hunter2@127.0.0.1:{free_port}/x"}
    app = create_app(Settings.from_environment(given), BUILT_IN, lambda *_: "")

    done = app.test_cli_runner().invoke(gateway_commands, [command])

    assert done.exit_code == 1
    assert done.output == "Error: the database does not answer, or was never migrated\n"


def test_a_healthy_installation_passes_the_check_and_an_altered_past_does_not(seeded):
    assert run(seeded, "check").exit_code == 0

    with seeded.house.database.begin() as session:
        session.execute(text("UPDATE audit_events SET actor_name = 'someone else' WHERE sequence = 3"))

    done = run(seeded, "check")
    assert done.exit_code == 1
    assert "audit trail is broken" in done.output


def test_the_commands_are_found_by_flask_itself(tmp_path):
    environment = os.environ | {"GUICHET_DATA": str(tmp_path / "var")}
    flask = [sys.executable, "-m", "flask", "gateway"]

    made = subprocess.run([*flask, "migrate"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    checked = subprocess.run([*flask, "check"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert made.returncode == 0, made.stderr
    assert checked.returncode == 0, checked.stderr
    assert "up to date" in checked.stdout
    # No lines of the libraries underneath.
    assert (made.stderr, checked.stderr) == ("", "")


@pytest.mark.parametrize(
    "command", [["flask", "gateway", "check"], ["gunicorn", "-c", "deploy/gunicorn.conf.py", "wsgi:app"]], ids=" ".join
)
def test_a_setting_that_cannot_be_used_stops_the_start_with_a_sentence_and_no_traceback(tmp_path, free_port, command):
    environment = os.environ | {"GUICHET_DATA": str(tmp_path), "GUICHET_TRUSTED_PROXIES": "two"}
    environment |= {"PORT": str(free_port), "WEB_CONCURRENCY": "1"}

    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 3
    assert done.stderr.startswith(
        "GUICHET_TRUSTED_PROXIES must be a whole number, not 'two'. / GUICHET_TRUSTED_PROXIES "
    )
    assert "Traceback" not in done.stderr

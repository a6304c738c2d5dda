import os
import subprocess
import sys

from sqlalchemy import text

from gateway.cli import gateway_commands
from gateway.store.accounts import account_by_email
from gateway.store.keys import public_keys
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

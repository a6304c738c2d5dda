"""`.venv/bin/flask gateway …`: what the owner of the machine does by hand."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import current_app
from flask.cli import AppGroup

from gateway.domain.errors import DomainError
from gateway.pipeline.refusals import Failure
from gateway.services import organisations
from gateway.services.actor import system, utc_now
from gateway.services.house import House
from gateway.store import audit, keys
from gateway.store.away import answering
from gateway.store.migrating import is_current, migrate

gateway_commands = AppGroup("gateway", help="Keep this installation.")


@gateway_commands.command("migrate")
def migrate_command() -> None:
    """Bring the database to the present shape, and make the first signing key."""
    house = _house()
    with _told():
        migrate(house.database)
        with house.database.begin() as session:
            keys.ensure_signing_key(session, house.sealer, utc_now())
    click.echo("The database is up to date.")


@gateway_commands.command("create-operator")
@click.option("--email", required=True, help="The address to sign in with.")
@click.option("--name", required=True, help="The person's name.")
@click.option(
    "--password",
    callback=lambda _context, _option, given: given or _asked_password(),
    help="At least 12 characters. Asked for at a terminal; elsewhere it is the first line of standard input.",
)
def create_operator_command(email: str, name: str, password: str) -> None:
    """Make the account of a person who operates the store."""
    with _told(), _house().database.begin() as session:
        organisations.create_operator(session, system(), email=email, name=name, password=password)
    click.echo(f"{email} may sign in and operate the store.")


@gateway_commands.command("check")
def check_command() -> None:
    """Look whether the database is up to date and the audit trail whole."""
    house = _house()
    with _told():
        if not is_current(house.database):
            raise click.ClickException("the database is not up to date: run `.venv/bin/flask gateway migrate`")
        with house.database.read() as session:
            broken = [event.id for event in audit.broken_links(session)]
            ends_early = not audit.keeps_its_end(session)
    if broken:
        raise click.ClickException(f"the audit trail is broken at {', '.join(broken[:10])}")
    if ends_early:
        raise click.ClickException("the end of the audit trail is missing")
    click.echo("The database is up to date and the audit trail is whole.")


def _asked_password() -> str:
    if sys.stdin.isatty():
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return typed
    # A script cannot answer a question; and what stands in a command, everyone on the machine may read.
    if line := sys.stdin.readline().rstrip("\r\n"):
        return line
    raise click.UsageError("there is no terminal to ask for the password at: write it to standard input, as one line")


@contextmanager
def _told() -> Iterator[None]:
    try:
        with answering():
            yield
    except Failure as failure:
        raise click.ClickException("the database does not answer, or was never migrated") from failure
    except DomainError as error:
        click.echo(f"{error.detail.en}\n{error.detail.fr}", err=True)
        sys.exit(5)


def _house() -> House:
    house: House = current_app.extensions["guichet"]
    return house

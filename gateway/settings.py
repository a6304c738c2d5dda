"""Every setting: its name, type, default, and meaning in two languages; read from the environment once.

Only app.py and cli.py (and wsgi.py at the root) see this; everyone else is given values. docs/operator lists the same
table, and a test compares the two.
"""

import fcntl
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from gateway.counters import addresses
from gateway.domain.limits import parse
from gateway.domain.plans import Window
from gateway.setting_words import DESCRIBED
from gateway.words import Words

Network = IPv4Network | IPv6Network

_SHORTEST_SECRET = 32
_HOST_AND_PORT = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")


_DEFAULTS = {setting.name: setting.default for setting in DESCRIBED}

_SERVERS = {"HOST": "127.0.0.1", "PORT": "8000"}
"""What deploy/gunicorn.conf.py listens on, with its defaults: read so that nobody is sent back to us."""


class SettingError(ValueError):
    """A setting that cannot be used; the text names it and says why, one sentence in each language."""

    def __init__(self, en: str, fr: str) -> None:
        """Say it in English and in French."""
        super().__init__(f"{en} / {fr}")


@dataclass(frozen=True, slots=True)
class Settings:
    """The values, checked. `listens_on` is the host and port of the server that runs us.

    `access_log` is an absolute path, or `-` for standard output, or empty. How long usage is kept by the minute is in
    hours; by the hour, and single calls, in days; by the day, in months.
    """

    public_url: str
    listens_on: tuple[str, int]
    data: Path
    database_url: str
    ledger_url: str
    secret: str
    mail_url: str
    mail_from: str
    allowed_networks: tuple[Network, ...]
    trusted_proxies: int
    most_calls: int
    default_limits: tuple[Window, ...]
    metrics: tuple[str, int] | None
    access_log: str
    compiled: bool
    keep_minutes: int
    keep_hours: int
    keep_days: int
    keep_calls: int
    site_name: Words

    @property
    def is_https(self) -> bool:
        """Whether people reach us over TLS."""
        return self.public_url.startswith("https://")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read and check every setting.

        Raises:
            SettingError: a value cannot be used.
        """
        given = _read(environment)
        data = Path(given["GUICHET_DATA"]).absolute()
        return cls(
            public_url=_public_url(given["GUICHET_PUBLIC_URL"]),
            listens_on=(given["HOST"].strip("[]"), _port("PORT", given["PORT"])),
            data=data,
            database_url=_database_url(given["GUICHET_DATABASE_URL"] or f"sqlite:///{data / 'guichet.db'}"),
            ledger_url=_ledger_url(given["GUICHET_LEDGER_URL"]),
            secret=_secret(given["GUICHET_SECRET"], data),
            mail_url=_mail_url(given["GUICHET_MAIL_URL"]),
            mail_from=given["GUICHET_MAIL_FROM"],
            allowed_networks=_networks(given["GUICHET_ALLOWED_NETWORKS"]),
            trusted_proxies=_whole_number("GUICHET_TRUSTED_PROXIES", given["GUICHET_TRUSTED_PROXIES"]),
            most_calls=_at_least_one("GUICHET_MOST_CALLS", given["GUICHET_MOST_CALLS"]),
            default_limits=_limits(given["GUICHET_DEFAULT_LIMITS"]),
            metrics=_address("GUICHET_METRICS", given["GUICHET_METRICS"]),
            access_log=_access_log(given["GUICHET_ACCESS_LOG"]),
            compiled=_is_on("GUICHET_COMPILED", given["GUICHET_COMPILED"]),
            keep_minutes=_at_least_one("GUICHET_KEEP_MINUTES", given["GUICHET_KEEP_MINUTES"]),
            keep_hours=_at_least_one("GUICHET_KEEP_HOURS", given["GUICHET_KEEP_HOURS"]),
            keep_days=_at_least_one("GUICHET_KEEP_DAYS", given["GUICHET_KEEP_DAYS"]),
            keep_calls=_at_least_one("GUICHET_KEEP_CALLS", given["GUICHET_KEEP_CALLS"]),
            site_name=Words(given["GUICHET_SITE_NAME_EN"], given["GUICHET_SITE_NAME_FR"]),
        )


def _read(environment: Mapping[str, str] | None) -> dict[str, str]:
    given = os.environ if environment is None else environment
    unknown = ", ".join(sorted({name for name in given if name.startswith("GUICHET_")} - set(_DEFAULTS)))
    if unknown:
        raise SettingError(f"There is no such setting: {unknown}.", f"Ce réglage n’existe pas : {unknown}.")
    return {name: given.get(name) or default for name, default in (_DEFAULTS | _SERVERS).items()}


def _public_url(text: str) -> str:
    parts = urlsplit(text)
    more = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
    named = _HOST_AND_PORT.fullmatch(parts.netloc)
    if parts.scheme not in {"http", "https"} or more or not named:
        raise SettingError(
            "GUICHET_PUBLIC_URL must be http(s)://host[:port] and nothing more.",
            "GUICHET_PUBLIC_URL doit être http(s)://hôte[:port] et rien de plus.",
        )
    if named[2]:
        _port("GUICHET_PUBLIC_URL", named[2].removeprefix(":"))
    return f"{parts.scheme}://{parts.netloc}"


def _database_url(text: str) -> str:
    try:
        make_url(text).get_dialect()
    except ArgumentError:
        # The value is not repeated, nor what SQLAlchemy says of it: it may hold a password.
        raise SettingError(
            "GUICHET_DATABASE_URL is not the URL of a database that SQLAlchemy knows.",
            "GUICHET_DATABASE_URL n’est pas l’URL d’une base de données que SQLAlchemy connaît.",
        ) from None
    return text


def _ledger_url(text: str) -> str:
    try:
        addresses.parse(text) if text else None
    except ValueError:
        # The value is not repeated: it may hold a password.
        raise SettingError(
            "GUICHET_LEDGER_URL is not an address of Redis: redis://host, redis+sentinel://host,host/name, "
            "redis+cluster://host,host, or the same with rediss.",
            "GUICHET_LEDGER_URL n’est pas une adresse de Redis : redis://hôte, redis+sentinel://hôte,hôte/nom, "
            "redis+cluster://hôte,hôte, ou les mêmes avec rediss.",
        ) from None
    return text


def _mail_url(text: str) -> str:
    parts = urlsplit(text)
    if text != "file" and (parts.scheme not in {"smtp", "smtps"} or not parts.hostname):
        # The value is not repeated: it may hold a password.
        raise SettingError(
            "GUICHET_MAIL_URL must be “file”, or begin with smtp:// or smtps:// and name a host.",
            "GUICHET_MAIL_URL doit être « file », ou commencer par smtp:// ou smtps:// et nommer un hôte.",
        )
    return text


def _secret(text: str, data: Path) -> str:
    name, secret = ("GUICHET_SECRET", text) if text else (f"{data / 'secret'}", _kept_secret(data / "secret"))
    if len(secret) < _SHORTEST_SECRET:
        raise SettingError(
            f"{name} needs at least {_SHORTEST_SECRET} characters.",
            f"{name} doit compter au moins {_SHORTEST_SECRET} caractères.",
        )
    return secret


def _kept_secret(path: Path) -> str:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "a+", encoding="utf-8", opener=_owner_only) as file:
            # Two processes that start at once wait for each other here, so that neither reads half a secret.
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            kept = file.read().strip()
            if not kept:
                kept = secrets.token_urlsafe(48)
                file.write(kept)
            return kept
    except OSError as error:
        raise SettingError(
            f"GUICHET_DATA: {path} cannot be read and written ({error.strerror}).",
            f"GUICHET_DATA : impossible de lire et d’écrire {path} ({error.strerror}).",
        ) from error


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(block.strip()) for block in text.split(",") if block.strip())
    except ValueError as error:
        raise SettingError(
            f"GUICHET_ALLOWED_NETWORKS must be CIDR blocks separated by commas, not {text!r}.",
            f"GUICHET_ALLOWED_NETWORKS doit être des blocs CIDR séparés par des virgules, et non {text!r}.",
        ) from error


def _limits(text: str) -> tuple[Window, ...]:
    try:
        return parse(text)
    except ValueError as error:
        raise SettingError(
            f"GUICHET_DEFAULT_LIMITS: {error} is not a limit such as 600/minute or rate:20/second:40.",
            f"GUICHET_DEFAULT_LIMITS : {error} n’est pas une limite comme 600/minute ou rate:20/second:40.",
        ) from error


def _address(name: str, text: str) -> tuple[str, int] | None:
    if not text:
        return None
    named = _HOST_AND_PORT.fullmatch(text)
    if not (named and named[2]):
        raise SettingError(f"{name} must be host:port, not {text!r}.", f"{name} doit être hôte:port, et non {text!r}.")
    return named[1].strip("[]"), _port(name, named[2].removeprefix(":"))


def _access_log(text: str) -> str:
    return str(Path(text).absolute()) if text not in {"", "-"} else text


def _whole_number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise SettingError(
            f"{name} must be a whole number, not {text!r}.", f"{name} doit être un nombre entier, et non {text!r}."
        )
    return int(text)


def _is_on(name: str, text: str) -> bool:
    if text not in {"on", "off"}:
        raise SettingError(f"{name} is on or off.", f"{name} vaut on ou off.")
    return text == "on"


def _at_least_one(name: str, text: str) -> int:
    if not _whole_number(name, text):
        raise SettingError(f"{name} must be 1 at least.", f"{name} doit valoir au moins 1.")
    return int(text)


def _port(name: str, text: str) -> int:
    port = _whole_number(name, text)
    if not 0 < port < 65_536:
        raise SettingError(f"{name}: {text} is not a port number.", f"{name} : {text} n’est pas un numéro de port.")
    return port

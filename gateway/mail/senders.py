"""Who carries messages: a folder of files (the default), or an SMTP server."""

import smtplib
import ssl
import sys
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Protocol, TextIO
from urllib.parse import unquote, urlsplit


class MailRefused(Exception):  # noqa: N818 - read aloud: "raise MailRefused"
    """The message could not be handed over; it will be tried again."""


class Sender(Protocol):
    """Hands messages over."""

    def send(self, message: EmailMessage) -> None:
        """Hand one over.

        Raises:
            MailRefused: it could not be.
        """


class FileSender:
    """Writes each message to a file of its own and shows it on the terminal: mail for a machine without mail."""

    def __init__(self, folder: Path, sender: str, terminal: TextIO) -> None:
        """Name the folder; it is made when the first message comes."""
        self._folder = folder
        self._sender = sender
        self._terminal = terminal

    def send(self, message: EmailMessage) -> None:
        """Write it whole under its date and its id; only the owner may read it."""
        message["From"] = self._sender
        # Left to itself, a long line is encoded, and a link in it cut in two.
        _encode(message, "8bit")
        path = self._folder / f"{_file_name(message)}.eml"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
            path.write_bytes(message.as_bytes())
        except OSError as error:
            raise MailRefused(str(error)) from error
        with suppress(OSError, ValueError):  # a terminal that is gone stops no mail
            print(_as_seen(message, path), file=self._terminal, flush=True)


class SmtpSender:
    """Hands messages to an SMTP server: `smtp://` begins TLS when the server offers it, `smtps://` is TLS at once.

    A user name or password is never sent without TLS (RFC 8314 §3).
    """

    def __init__(self, url: str, sender: str, timeout: float = 10.0, trust: ssl.SSLContext | None = None) -> None:
        """Take the server's address, as smtp://user:password@host:port.

        `trust` says whose certificates are good, by default those that the machine trusts.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError(f"not an SMTP address: {parts.scheme}://{parts.hostname}")
        self._secure = parts.scheme == "smtps"
        self._host = parts.hostname
        self._port = parts.port or (465 if self._secure else 587)
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        if not (self._user + self._password).isascii():
            raise ValueError("the SMTP user name and password take ASCII characters only")
        self._sender = sender
        self._timeout = timeout
        self._trust = trust or ssl.create_default_context()

    def send(self, message: EmailMessage) -> None:
        """Open a connection, hand the message over, close."""
        message["From"] = self._sender
        # RFC 6152 §3: eight bits are for servers that offer 8BITMIME.
        _encode(message, "quoted-printable")
        try:
            with self._connect() as connection:
                connection.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise MailRefused(type(error).__name__) from error

    def _connect(self) -> smtplib.SMTP:
        connection = self._open()
        try:
            self._begin_tls(connection)
            self._log_in(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _open(self) -> smtplib.SMTP:
        if self._secure:
            return smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout, context=self._trust)
        return smtplib.SMTP(self._host, self._port, timeout=self._timeout)

    def _begin_tls(self, connection: smtplib.SMTP) -> None:
        connection.ehlo()
        if not self._secure and connection.has_extn("starttls"):
            connection.starttls(context=self._trust)

    def _log_in(self, connection: smtplib.SMTP) -> None:
        if not self._user:
            return
        if not isinstance(connection.sock, ssl.SSLSocket):
            raise MailRefused("the server offers no TLS, and the password is not sent without")
        connection.login(self._user, self._password)


def sender_for(url: str, sender: str, folder: Path) -> Sender:
    """The sender that the setting names: `file`, or an SMTP address."""
    makers: dict[str, Callable[[], Sender]] = {"file": lambda: FileSender(folder, sender, sys.stderr)}
    return makers.get(url, lambda: SmtpSender(url, sender))()


def _encode(message: EmailMessage, how: str) -> None:
    language = message["Content-Language"]
    message.set_content(message.get_content(), cte=how)
    if language:
        # New content begins the Content- fields anew.
        message["Content-Language"] = language


def _file_name(message: EmailMessage) -> str:
    sent = parsedate_to_datetime(message["Date"])
    return f"{sent:%Y%m%dT%H%M%SZ}-{str(message['Message-ID']).strip('<>').partition('@')[0]}"


def _as_seen(message: EmailMessage, path: Path) -> str:
    body = message.get_content().strip()
    return f"\n── {message['To']} · {message['Subject']} ──\n{body}\n── {path} ──\n"

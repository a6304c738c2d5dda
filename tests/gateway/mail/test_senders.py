import io
import stat
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from gateway.mail.senders import FileSender, MailRefused, SmtpSender, sender_for
from tests.certificates import tls_of_this_machine

FROM = "Guichet à Québec <guichet@example.ca>"
LINK = "https://guichet.example.ca/fr/verification-courriel/gcl_" + "x" * 49
BODY = f"Bonjour Zoë,\n\n{LINK}\n\nL’été « déjà » : 👩‍🌾\n"


def a_message(**fields):
    message = EmailMessage()
    usual = {
        "To": "zoe@example.org",
        "Subject": "Confirmez votre adresse — été",
        "Date": "Sun, 22 Nov 2026 12:00:00 +0000",
        "Message-ID": "<mal_1@guichet>",
    }
    for name, value in (usual | fields).items():
        message[name] = value
    message.set_content(BODY)
    message["Content-Language"] = "fr"
    return message


def read(wire):
    return message_from_bytes(wire, policy=policy.default)


# --- files


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "var" / "mail"


def test_a_message_becomes_a_file_named_by_time_and_id(folder):
    FileSender(folder, FROM, io.StringIO()).send(a_message())

    (path,) = folder.iterdir()
    kept = read(path.read_bytes())
    assert path.name == "20261122T120000Z-mal_1.eml"
    assert (kept["To"], kept["From"], kept["Content-Language"]) == ("zoe@example.org", FROM, "fr")
    assert kept["Subject"] == "Confirmez votre adresse — été"
    assert kept.get_content() == BODY
    assert LINK.encode() in path.read_bytes()


def test_only_the_owner_reads_the_messages(folder):
    FileSender(folder, FROM, io.StringIO()).send(a_message())

    (path,) = folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_terminal_shows_whom_it_is_for_the_link_and_the_file(folder):
    terminal = io.StringIO()

    FileSender(folder, FROM, terminal).send(a_message())

    shown = terminal.getvalue()
    assert all(part in shown for part in ("zoe@example.org", "Confirmez votre adresse — été", LINK, "mal_1.eml"))


def test_a_message_sent_again_replaces_its_file(folder):
    sender = FileSender(folder, FROM, io.StringIO())

    for _ in range(2):
        sender.send(a_message())

    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("terminal", ["closed", "ascii"])
def test_a_terminal_that_is_gone_or_cannot_write_french_stops_no_mail(folder, terminal):
    output = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    if terminal == "closed":
        output.close()

    FileSender(folder, FROM, output).send(a_message())

    assert len(list(folder.iterdir())) == 1


def test_a_folder_that_cannot_be_made_is_said_so_that_it_is_tried_again(tmp_path):
    (tmp_path / "mail").write_text("a file is in the way")

    with pytest.raises(MailRefused):
        FileSender(tmp_path / "mail", FROM, io.StringIO()).send(a_message())


# --- SMTP


class Inbox:
    """What a server's handler was handed; it may refuse."""

    def __init__(self, answer="250 OK"):
        self.answer = answer
        self.wires = []
        self.logins = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        self.wires.append((envelope.rcpt_tos, envelope.content))
        return self.answer

    def authenticate(self, server, session, envelope, mechanism, credentials):
        self.logins.append((credentials.login, credentials.password))
        return AuthResult(success=credentials.password == b"p@ss/word", handled=False)


@pytest.fixture
def tls(tmp_path):
    return tls_of_this_machine(tmp_path)


@pytest.fixture
def serve(free_port):
    started = []

    def begin(inbox, **given):
        controller = Controller(inbox, hostname="127.0.0.1", port=free_port, **given)
        controller.start()
        started.append(controller)
        return f"127.0.0.1:{free_port}"

    yield begin
    for controller in started:
        controller.stop()


def test_a_message_reaches_the_server_whole_and_in_ascii(serve):
    inbox = Inbox()
    where = serve(inbox)

    SmtpSender(f"smtp://{where}", FROM).send(a_message())

    ((recipients, wire),) = inbox.wires
    assert recipients == ["zoe@example.org"]
    assert wire.isascii()
    assert read(wire).get_content().replace("\r\n", "\n") == BODY
    assert {name: str(read(wire)[name]) for name in ("From", "Subject", "Content-Language", "Message-ID")} == {
        "From": FROM,
        "Subject": "Confirmez votre adresse — été",
        "Content-Language": "fr",
        "Message-ID": "<mal_1@guichet>",
    }


def test_tls_begins_when_the_server_offers_it_and_then_the_password_is_given(serve, tls):
    inbox = Inbox()
    where = serve(
        inbox, tls_context=tls[0], require_starttls=True, authenticator=inbox.authenticate, auth_required=True
    )

    SmtpSender(f"smtp://guichet:p%40ss%2Fword@{where}", FROM, trust=tls[1]).send(a_message())

    assert inbox.logins == [(b"guichet", b"p@ss/word")]
    assert len(inbox.wires) == 1


def test_smtps_is_tls_from_the_first_byte(serve, tls):
    inbox = Inbox()
    where = serve(inbox, ssl_context=tls[0])

    SmtpSender(f"smtps://{where}", FROM, trust=tls[1]).send(a_message())

    assert len(inbox.wires) == 1


def test_a_password_is_never_sent_without_tls(serve):
    inbox = Inbox()
    where = serve(inbox, authenticator=inbox.authenticate, auth_require_tls=False)

    with pytest.raises(MailRefused, match="TLS"):
        SmtpSender(f"smtp://guichet:secret@{where}", FROM).send(a_message())

    assert (inbox.logins, inbox.wires) == ([], [])


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_certificate_that_nobody_vouches_for_is_not_trusted(serve, tls, scheme):
    inbox = Inbox()
    where = serve(inbox, **({"tls_context": tls[0]} if scheme == "smtp" else {"ssl_context": tls[0]}))

    with pytest.raises(MailRefused):
        SmtpSender(f"{scheme}://{where}", FROM).send(a_message())

    assert inbox.wires == []


def test_a_wrong_password_is_a_refusal(serve, tls):
    inbox = Inbox()
    where = serve(inbox, tls_context=tls[0], authenticator=inbox.authenticate)

    with pytest.raises(MailRefused, match="Authentication"):
        SmtpSender(f"smtp://guichet:wrong@{where}", FROM, trust=tls[1]).send(a_message())


@pytest.mark.parametrize("answer", ["550 no such mailbox", "451 try again later"])
def test_what_the_server_will_not_take_is_a_refusal(serve, answer):
    where = serve(Inbox(answer))

    with pytest.raises(MailRefused):
        SmtpSender(f"smtp://{where}", FROM).send(a_message())


def test_a_server_that_is_not_there_is_a_refusal(free_port):
    with pytest.raises(MailRefused):
        SmtpSender(f"smtp://127.0.0.1:{free_port}", FROM).send(a_message())


# --- the setting


def test_the_setting_names_the_sender(tmp_path):
    assert isinstance(sender_for("file", FROM, tmp_path), FileSender)
    assert isinstance(sender_for("smtp://mail.example.ca", FROM, tmp_path), SmtpSender)


@pytest.mark.parametrize(
    "url", ["", "files", "http://mail.example.ca", "smtp://", "smtp:mail.example.ca", "smtp://h:99999"]
)
def test_a_setting_that_names_no_sender_is_refused_at_the_start(url, tmp_path):
    with pytest.raises(ValueError, match=r"SMTP|[Pp]ort"):
        sender_for(url, FROM, tmp_path)


def test_a_password_that_smtp_cannot_carry_is_refused_at_the_start(tmp_path):
    with pytest.raises(ValueError, match="ASCII"):
        sender_for("smtp://guichet:w%C3%B6rd@mail.example.ca", FROM, tmp_path)


def test_a_password_in_a_wrong_setting_is_not_repeated(tmp_path):
    with pytest.raises(ValueError, match="not an SMTP address") as caught:
        sender_for("mailto://guichet:hunter22@mail.example.ca", FROM, tmp_path)

    assert "hunter22" not in str(caught.value)

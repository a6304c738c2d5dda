import re
import signal
import subprocess
import sys
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select, update
from standardwebhooks import Webhook as Verifier

from gateway.domain.errors import DomainError
from gateway.domain.roles import OrganisationKind, Role
from gateway.services import applications, webhooks
from gateway.services.actor import utc_now
from gateway.services.courier import CLAIM, FAILING, KEPT, PAUSES, Courier
from gateway.store.webhooks import Webhook, WebhookMessage
from gateway.upstream.addresses import AddressPolicy
from tests.certificates import tls_of_this_machine
from tests.fixtures.people import NOW, link_to, outbox
from tests.fixtures.publishing import SEALER, organisation, person
from tests.fixtures.receiving import HERE, receiving
from tests.house.sources import ROOT
from tests.loopback import over_tls, serving
from tests.waiting import eventually


@pytest.fixture
def courier(database):
    return Courier(database, SEALER, HERE, link_to)


@pytest.fixture
def answering():
    """Another receiver, which answers at once."""
    with receiving() as other:
        yield other


@pytest.fixture
def hooked(database, developer, application, receiver):
    """A webhook at the receiver."""
    with database.begin() as session:
        return webhooks.add(session, developer, application.id, url=receiver.url, sealer=SEALER)


@pytest.fixture
def tested(database, developer, hooked):
    """The same, with a test on its way."""
    with database.begin() as session:
        webhooks.send_test(session, developer, hooked.webhook.id)
    return hooked


def kept(database):
    with database.read() as session:
        return session.scalars(select(WebhookMessage)).one()


def hook_in(database):
    with database.read() as session:
        return session.scalars(select(Webhook)).one()


def test_a_message_arrives_signed_once_at_the_very_address(database, courier, tested, receiver):
    now = utc_now()
    assert courier.deliver_due(now) == 1
    assert courier.deliver_due(now + KEPT) == 0

    (request,) = receiver.got
    assert request.path == "/hooks/?key=1"
    assert request.fields["content-type"] == "application/json"
    assert Verifier(tested.secret).verify(request.body, request.fields) == request.told
    row = kept(database)
    assert request.fields["webhook-id"] == row.id
    assert (row.outcome, row.delivered_at, row.due_at, row.attempts) == ("204", now, None, 1)


def test_while_a_secret_is_replaced_both_find_it_good_and_then_the_new_one_only(
    database, courier, tested, receiver, developer
):
    with database.begin() as session:
        newer = webhooks.replace_secret(session, developer, tested.webhook.id, sealer=SEALER)
    courier.deliver_due(NOW)
    with database.begin() as session:
        webhooks.send_again(session, developer, tested.webhook.id, kept(database).id)
    courier.deliver_due(NOW + webhooks.BOTH_SIGN)

    both, one = (len(each.fields["webhook-signature"].split()) for each in receiver.got)
    assert (both, one) == (2, 1)
    assert newer.secret != tested.secret


@pytest.mark.parametrize("status", [500, 418, 404, 302])
def test_every_answer_but_a_2xx_is_a_failure_and_no_redirect_is_followed(database, courier, tested, receiver, status):
    receiver.status = status

    assert courier.deliver_due(NOW) == 0

    row = kept(database)
    assert len(receiver.got) == 1
    assert (row.outcome, row.due_at, row.delivered_at) == (str(status), NOW + PAUSES[0], None)
    assert hook_in(database).failing_since == NOW


def test_it_is_tried_again_after_longer_and_longer_pauses_under_one_id_and_then_no_more(
    database, courier, tested, receiver
):
    receiver.status = 503
    moment = NOW
    for pause in PAUSES:
        courier.deliver_due(moment)
        assert kept(database).due_at == moment + pause
        assert courier.deliver_due(moment + pause - timedelta(seconds=1)) == 0
        moment += pause
    courier.deliver_due(moment)

    assert kept(database).due_at is None
    assert len(receiver.got) == len(PAUSES) + 1
    assert len(set(receiver.ids)) == 1


def test_a_success_ends_the_failing(database, courier, tested, receiver):
    receiver.status = 503
    courier.deliver_due(NOW)
    receiver.status = 200
    assert courier.deliver_due(NOW + PAUSES[0]) == 1

    assert hook_in(database).failing_since is None
    assert kept(database).attempts == 2


def test_after_days_of_failing_it_is_turned_off_and_its_people_are_told(database, courier, tested, receiver, quota):
    receiver.status = 503
    courier.deliver_due(NOW)
    with database.begin() as session:
        session.execute(update(WebhookMessage).values(due_at=NOW + FAILING))
    courier.deliver_due(NOW + FAILING)

    assert hook_in(database).disabled_at == NOW + FAILING
    assert kept(database).due_at is None
    (letter,) = outbox(database)
    assert (letter.recipient, letter.subject) == ("camille@example.org", "Ovens: a webhook is turned off")
    assert "503" in letter.body
    assert link_to("webhook", "en", tested.webhook.id) in letter.body
    assert "key=1" not in letter.body


def test_a_receiver_that_is_gone_is_turned_off_at_once(database, courier, tested, receiver):
    receiver.status = 410
    courier.deliver_due(NOW)

    assert hook_in(database).disabled_at == NOW


def test_nobody_there_is_a_failure_with_a_name(database, courier, tested):
    with database.begin() as session:
        session.execute(update(Webhook).values(url="http://127.0.0.1:1/"))
    assert courier.deliver_due(NOW) == 0

    assert kept(database).outcome == "upstream-unreachable"


def test_an_address_that_has_come_to_lead_inside_is_not_connected_to(database, tested, receiver):
    """As a name that resolved to a public address when it was set, and no longer does."""
    courier = Courier(database, SEALER, AddressPolicy(), link_to)

    assert courier.deliver_due(NOW) == 0
    assert receiver.got == []
    assert kept(database).attempts == 1


def test_certificates_are_verified(database, tested, tmp_path):
    server, client = tls_of_this_machine(tmp_path)

    def take(line):
        head = line.read_head()
        line.read(int(re.findall(rb"Content-Length: (\d+)", head)[0]))
        line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    for trust, arrived in (({}, 0), ({"tls": client}, 1)):
        with serving(over_tls(server, take)) as https:
            with database.begin() as session:
                session.execute(update(Webhook).values(url=f"https://127.0.0.1:{https.port}/"))
                session.execute(update(WebhookMessage).values(due_at=NOW))
            assert Courier(database, SEALER, HERE, link_to, **trust).deliver_due(NOW) == arrived


def test_of_two_workers_at_once_one_sends(database, courier, tested, receiver):
    together = Barrier(2)

    def work():
        together.wait()
        courier.deliver_due(NOW)

    threads = [Thread(target=work) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert len(receiver.got) == 1


def test_a_receiver_that_hangs_keeps_one_worker_and_no_other_receiver_waits(
    database, courier, tested, receiver, developer, application
):
    receiver.goes_on.clear()
    with database.begin() as session:
        webhooks.send_again(session, developer, tested.webhook.id, kept(database).id)
    held = Thread(target=courier.deliver_due, args=(NOW,))
    held.start()
    eventually(lambda: receiver.got)

    assert courier.deliver_due(NOW) == 0  # nobody else goes there meanwhile
    assert len(receiver.got) == 1
    receiver.goes_on.set()
    held.join()


def test_receivers_that_hang_keep_only_their_own_organisation_waiting(
    database, courier, developer, application, receiver, answering
):
    stranger = organisation(database, kind=OrganisationKind.CONSUMER, slug="mill")
    miller = person(Role.DEVELOPER, stranger)
    with database.begin() as session:
        mill = applications.register(session, miller, organisation_id=stranger.id, name="Wheels")
        slow = [(developer, application.id, receiver.url)] * 5
        for actor, owner, url in [*slow, (miller, mill.id, answering.url)]:
            webhooks.send_test(session, actor, webhooks.add(session, actor, owner, url=url, sealer=SEALER).webhook.id)
    receiver.goes_on.clear()
    held = Thread(target=courier.deliver_due, args=(NOW,))
    held.start()
    eventually(lambda: answering.got)
    arrived_meanwhile = len(receiver.got)
    receiver.goes_on.set()
    held.join()

    assert arrived_meanwhile <= 1


def test_somebody_who_asks_for_it_again_meanwhile_is_heard(database, courier, tested, receiver, developer):
    receiver.goes_on.clear()
    held = Thread(target=courier.deliver_due, args=(NOW,))
    held.start()
    eventually(lambda: receiver.got)
    with database.begin() as session:
        webhooks.send_again(session, developer, tested.webhook.id, kept(database).id)
    receiver.goes_on.set()
    held.join()

    courier.deliver_due(NOW)
    assert len(receiver.got) == 2
    assert len(set(receiver.ids)) == 1


def test_one_that_was_removed_while_it_was_sent_to_is_forgotten(database, courier, tested, receiver, developer):
    receiver.goes_on.clear()
    held = Thread(target=courier.deliver_due, args=(NOW,))
    held.start()
    eventually(lambda: receiver.got)
    with database.begin() as session:
        webhooks.remove(session, developer, tested.webhook.id)
    receiver.goes_on.set()
    held.join()

    with pytest.raises(DomainError), database.read() as session:
        webhooks.get(session, developer, tested.webhook.id)


def test_old_messages_are_forgotten(database, courier, tested, developer):
    courier.deliver_due(NOW)
    later = NOW + KEPT + timedelta(days=1)
    with database.begin() as session:
        hook = session.scalars(select(Webhook)).one()
        session.add(WebhookMessage(webhook_id=hook.id, type="t", body="{}", created_at=later, due_at=later))
    courier.deliver_due(later)

    assert kept(database).type == "t"


_DIES = """
import os, signal, sys
from datetime import datetime
from gateway.services.courier import Courier
from gateway.store.database import Database
from gateway.store.sealing import Sealer
from gateway.upstream.addresses import AddressPolicy

url, secret, at = sys.argv[1:]
policy = AddressPolicy.of(["127.0.0.0/8"])
courier = Courier(Database(url), Sealer(secret), policy, lambda *said: "/".join(said))
courier.deliver_due(datetime.fromisoformat(at))
"""


def test_a_worker_that_is_killed_while_it_sends_loses_no_message(database, courier, tested, receiver):
    receiver.goes_on.clear()
    url = database.engine.url.render_as_string(hide_password=False)
    secret = "for tests only, and long enough for it"
    with subprocess.Popen([sys.executable, "-c", _DIES, url, secret, NOW.isoformat()], cwd=ROOT) as dying:
        eventually(lambda: receiver.got or dying.poll() is not None)
        dying.send_signal(signal.SIGKILL)
    receiver.goes_on.set()

    assert courier.deliver_due(NOW + CLAIM - timedelta(seconds=1)) == 0
    assert courier.deliver_due(NOW + CLAIM) == 1
    assert len(receiver.got) == 2
    assert len(set(receiver.ids)) == 1

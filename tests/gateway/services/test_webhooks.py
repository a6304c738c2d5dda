from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.domain.errors import ALREADY_DONE, NOT_FOUND, TOO_MANY, WRONG_STATE, DomainError
from gateway.domain.roles import OrganisationKind, Role
from gateway.services import applications, webhooks
from gateway.store.webhooks import Webhook, WebhookMessage
from tests.fixtures.people import NOW, told
from tests.fixtures.publishing import SEALER, organisation, person

URL = "https://hooks.example.org/secret-path"


@pytest.fixture
def made(database, developer, application):
    with database.begin() as session:
        return webhooks.add(session, developer, application.id, url=URL, sealer=SEALER)


@pytest.fixture
def stranger(database):
    shop = organisation(
        database, kind=OrganisationKind.CONSUMER, slug="florist", name_en="Florist", name_fr="Fleuriste"
    )
    return person(Role.DEVELOPER, shop)


def asked(database):
    with database.read() as session:
        return session.scalars(select(WebhookMessage).order_by(WebhookMessage.created_at)).all()


def test_a_secret_is_shown_once_and_kept_sealed(database, made):
    with database.read() as session:
        kept = session.scalars(select(Webhook)).one()

    assert made.secret.startswith("whsec_")
    assert made.secret.encode() not in kept.sealed_secret
    assert SEALER.unseal(kept.sealed_secret).decode() == made.secret
    assert made.secret not in repr(made)


def test_the_trail_names_the_host_and_neither_the_path_nor_the_secret(database, made):
    event = told(database, "webhook.add")

    assert event.after["host"] == "hooks.example.org"
    assert "secret-path" not in str(event.after)
    assert made.secret not in str(event.after)


def test_a_new_secret_signs_beside_the_one_before_for_a_day(database, developer, made):
    with database.begin() as session:
        newer = webhooks.replace_secret(session, developer, made.webhook.id, sealer=SEALER)

    assert newer.secret != made.secret
    assert newer.webhook.sealed_before is not None
    assert SEALER.unseal(newer.webhook.sealed_before).decode() == made.secret
    assert newer.webhook.before_ends_at == NOW + timedelta(days=1)


def test_an_application_has_so_many_and_no_more(database, developer, application):
    with database.begin() as session:
        for number in range(webhooks.MOST):
            webhooks.add(session, developer, application.id, url=f"{URL}/{number}", sealer=SEALER)

    with pytest.raises(DomainError) as refused, database.begin() as session:
        webhooks.add(session, developer, application.id, url=URL, sealer=SEALER)
    assert refused.value.kind is TOO_MANY
    with database.read() as session:
        assert len(webhooks.of_application(session, developer, application.id)) == webhooks.MOST


def test_for_others_it_does_not_exist(database, stranger, made, application):
    deeds = (
        lambda session: webhooks.get(session, stranger, made.webhook.id),
        lambda session: webhooks.messages(session, stranger, made.webhook.id),
        lambda session: webhooks.of_application(session, stranger, application.id),
        lambda session: webhooks.add(session, stranger, application.id, url=URL, sealer=SEALER),
        lambda session: webhooks.replace_secret(session, stranger, made.webhook.id, sealer=SEALER),
        lambda session: webhooks.remove(session, stranger, made.webhook.id),
        lambda session: webhooks.enable(session, stranger, made.webhook.id),
        lambda session: webhooks.send_test(session, stranger, made.webhook.id),
        lambda session: webhooks.send_again(session, stranger, made.webhook.id, "msg_1"),
    )
    for deed in deeds:
        with pytest.raises(DomainError) as refused, database.begin() as session:
            deed(session)
        assert refused.value.kind is NOT_FOUND


def test_a_test_is_sent_once_however_often_it_is_clicked(database, developer, made):
    with database.begin() as session:
        webhooks.send_test(session, developer, made.webhook.id)
    with pytest.raises(DomainError) as refused, database.begin() as session:
        webhooks.send_test(session, developer, made.webhook.id)

    assert refused.value.kind is ALREADY_DONE
    assert [(each.type, each.due_at) for each in asked(database)] == [("webhook.test", NOW)]


def test_one_that_is_off_sends_nothing_until_it_is_turned_on(database, developer, made):
    with database.begin() as session:
        webhooks.send_test(session, developer, made.webhook.id)
        webhooks.turn_off(session, session.get_one(Webhook, made.webhook.id), developer)
    (message,) = asked(database)
    assert message.due_at is None

    for deed in (
        lambda session: webhooks.send_test(session, developer, made.webhook.id),
        lambda session: webhooks.send_again(session, developer, made.webhook.id, message.id),
    ):
        with pytest.raises(DomainError) as refused, database.begin() as session:
            deed(session)
        assert refused.value.kind is WRONG_STATE

    with database.begin() as session:
        assert webhooks.enable(session, developer, made.webhook.id).disabled_at is None
        webhooks.send_again(session, developer, made.webhook.id, message.id)
    assert asked(database)[0].due_at == NOW
    with pytest.raises(DomainError) as refused, database.begin() as session:
        webhooks.enable(session, developer, made.webhook.id)
    assert refused.value.kind is ALREADY_DONE


def test_a_message_of_another_webhook_is_not_sent_again(database, developer, application, made):
    with database.begin() as session:
        other = webhooks.add(session, developer, application.id, url=URL, sealer=SEALER).webhook
        webhooks.send_test(session, developer, other.id)
    (message,) = asked(database)

    with pytest.raises(DomainError) as refused, database.begin() as session:
        webhooks.send_again(session, developer, made.webhook.id, message.id)
    assert refused.value.kind is NOT_FOUND


def test_what_waits_for_one_that_is_removed_goes_with_it(database, developer, made):
    with database.begin() as session:
        webhooks.send_test(session, developer, made.webhook.id)
        webhooks.remove(session, developer, made.webhook.id)

    assert asked(database) == []
    with database.read() as session:
        assert session.scalars(select(Webhook)).all() == []


def test_a_closed_application_gets_no_webhook(database, developer, application):
    with database.begin() as session:
        applications.close(session, developer, application.id)

    with pytest.raises(DomainError) as refused, database.begin() as session:
        webhooks.add(session, developer, application.id, url=URL, sealer=SEALER)
    assert refused.value.kind is WRONG_STATE

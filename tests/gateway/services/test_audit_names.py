"""What the things of the audit trail are called."""

from gateway.domain.roles import Role
from gateway.services import applications, credentials, plans, subscriptions
from gateway.services.audit_names import names_of
from gateway.store.database import Database
from gateway.words import Words
from tests.fixtures.publishing import published_api


def test_each_kind_of_thing_has_its_name_in_both_languages(
    database: Database, publisher, department, developer, consumer
):
    with database.begin() as session:
        api = published_api(session, publisher, department)
        plan = plans.plans_of(session, publisher, api.id)[0]
        ovens = applications.register(session, developer, organisation_id=consumer.id, name="Ovens")
        secret = credentials.add_secret(session, developer, ovens.id, name="Night").credential
        subscription = subscriptions.subscribe(session, developer, ovens.id, api_id=api.id, plan_id=plan.id)
        ids = [each.id for each in (department, api, api.versions[0], plan, ovens, secret, subscription)]

        named = names_of(session, ids)

    assert [named[each] for each in ids] == [
        Words("Canadian Heritage", "Patrimoine canadien"),
        Words("Public holidays", "Jours fériés"),
        Words("Public holidays, v1", "Jours fériés, v1"),
        Words("Standard (Public holidays)", "Normal (Jours fériés)"),
        Words("Ovens", "Ovens"),
        Words("Night", "Night"),
        Words("Ovens → Public holidays", "Ovens → Jours fériés"),
    ]


def test_what_is_gone_or_no_id_of_ours_has_none(database: Database):
    with database.read() as session:
        assert names_of(session, ["", "active", "app_none", "org_", str(Role.OPERATOR)]) == {}

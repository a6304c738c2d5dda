from sqlalchemy.orm import Session

from gateway.store.inserting import insert_into, table_of
from gateway.store.notices import CalledSubscription
from tests.fixtures.people import NOW


def row(number: int) -> dict[str, object]:
    return {"subscription_id": f"sub_{number}", "batches": number, "due_at": NOW}


def test_what_is_there_already_is_passed_over_on_both_databases(database):
    def put(session: Session, number: int) -> bool:
        statement = insert_into(session, CalledSubscription).on_conflict_do_nothing()
        return session.execute(statement.returning(CalledSubscription.batches), row(number)).first() is not None

    with database.begin() as session:
        assert [put(session, number) for number in (1, 2, 1)] == [True, True, False]


def test_a_model_has_its_table():
    assert table_of(CalledSubscription).name == "called_subscriptions"

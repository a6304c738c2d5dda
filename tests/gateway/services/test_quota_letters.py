from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.plans import Window
from gateway.services import quota_letters
from gateway.services.quota_letters import Crossing
from tests.fixtures.people import NOW, link_to, outbox


@pytest.mark.parametrize(
    ("used", "subject"), [(99, "Ovens: 99% of a quota is used"), (100, "Ovens: a quota is used up")]
)
def test_what_is_left_decides_which_letter_is_written(quota, used, subject):
    ends = datetime(2026, 11, 23, tzinfo=UTC)
    crossing = Crossing(quota.subscription, Window("day", 100), used, ends - timedelta(days=1), ends)
    with quota.database.begin() as session:
        quota_letters.write(session, crossing, link_to, NOW)

    assert [mail.subject for mail in outbox(quota.database)] == [subject]


def test_members_of_other_organisations_are_not_written_to(quota):
    with quota.database.read() as session:
        assert quota_letters.members(session, "org_other") == []

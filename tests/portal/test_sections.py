"""Who may go where, and where somebody's own work is."""

import pytest

from gateway.domain.roles import Role
from gateway.services.actor import Actor, utc_now, visitor
from portal.sections import own_work, sections_of


@pytest.mark.parametrize(
    ("roles", "sections"),
    [
        ([], ["catalogue"]),
        ([Role.DEVELOPER], ["catalogue", "applications"]),
        ([Role.PUBLISHER], ["catalogue", "publish"]),
        ([Role.DEVELOPER, Role.PUBLISHER], ["catalogue", "applications", "publish"]),
        ([Role.OPERATOR], ["catalogue", "publish", "operate"]),
    ],
)
def test_each_role_opens_its_sections_and_work_begins_in_the_last(roles, sections):
    actor = Actor("acc_1", "Léa", utc_now(), roles={f"org_{number}": role for number, role in enumerate(roles)})

    assert sections_of(actor) == sections
    assert own_work(actor) == sections[-1]


def test_a_visitor_may_look_at_the_catalogue():
    assert sections_of(visitor()) == ["catalogue"]

import pytest

from gateway.pipeline.links import outward_links
from tests.builders import a_target

INSIDE = "http://inside.example:8080"
PREFIX = "/api/weather/v1"


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (f"<{INSIDE}/base/a>", f"<{PREFIX}/a>"),
        (f"<{INSIDE}/base/a?page=2>; rel=next", f"<{PREFIX}/a?page=2>; rel=next"),
        (
            f'<{INSIDE}/base/a?x=1,2;y>;rel="next last";title="a, <b>; c"',
            f'<{PREFIX}/a?x=1,2;y>;rel="next last";title="a, <b>; c"',
        ),
        (f"<{INSIDE}/base/a>; rel=prev,<{INSIDE}/base/b>; rel=next", f"<{PREFIX}/a>; rel=prev, <{PREFIX}/b>; rel=next"),
        (f'<{INSIDE}/base/a>; title="\\", <b>"; rel=next', f'<{PREFIX}/a>; title="\\", <b>"; rel=next'),
        ("<a>; rel=x, <https://other.example/>; rel=y", "<a>; rel=x, <https://other.example/>; rel=y"),
        (f", ,<a> ; rel=x , ,<{INSIDE}/base/b>,", f"<a>; rel=x, <{PREFIX}/b>"),
        ("<a>; rel=x; crossorigin; title*=UTF-8'en'%e2%82%ac", "<a>; rel=x; crossorigin; title*=UTF-8'en'%e2%82%ac"),
        ("<>; rel=self", "<>; rel=self"),
        ("<a>;", "<a>;"),
    ],
)
def test_every_link_leads_where_callers_can_go(field, expected):
    assert outward_links(field, (a_target(),), PREFIX) == expected


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (f"<{INSIDE}/elsewhere>; rel=prev, <a>; rel=next", "<a>; rel=next"),
        (f"<a>; rel=next, <{INSIDE}/elsewhere>; rel=prev", "<a>; rel=next"),
        (f"<{INSIDE}/elsewhere>; rel=prev", None),
        ("</elsewhere>", None),
        (f'<a>; anchor="{INSIDE}/elsewhere"; rel=x, <b>', "<b>"),
        (f"<a>; Anchor={INSIDE}/elsewhere", None),
        (f'<a>; anchor="{INSIDE}/base/c"; rel=x', f'<a>; anchor="{PREFIX}/c"; rel=x'),
        ('<a>; title="; anchor=/elsewhere"; rel=x', '<a>; title="; anchor=/elsewhere"; rel=x'),
        ('<a>; anchor="\\http://inside.example/"', None),
        ("", None),
    ],
)
def test_a_link_that_names_what_callers_must_not_see_is_left_out(field, expected):
    assert outward_links(field, (a_target(),), PREFIX) == expected


@pytest.mark.parametrize(
    "field",
    [
        INSIDE,
        f"<a>; rel=x {INSIDE}, {INSIDE}",
        f"<a>, <{INSIDE}",
        f'<a>; title="{INSIDE}',
        f"<a> {INSIDE}",
        f"<a>; rel=x <{INSIDE}>",
        f"<<{INSIDE}>",
    ],
)
def test_a_field_that_cannot_be_read_is_left_out_whole(field):
    assert outward_links(field, (a_target(),), PREFIX) is None


def test_a_long_field_that_is_never_closed_is_read_in_one_go():
    assert outward_links("<a>;" + 'x="y" ' * 10_000 + '"', (a_target(),), PREFIX) is None

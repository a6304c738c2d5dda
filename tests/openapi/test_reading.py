import pytest

from openapi import reading


def test_what_is_unreadable_carries_its_finding():
    error = reading.unreadable("too-deep", (3, 4), "/a", limit=reading.MAX_DEPTH)

    with pytest.raises(reading.Unreadable) as raised:
        raise error

    finding = raised.value.finding
    assert (finding.rule, finding.line, finding.column, finding.pointer) == ("too-deep", 3, 4, "/a")
    assert "100" in finding.words.fr

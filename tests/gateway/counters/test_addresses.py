import subprocess
import sys

import pytest

from gateway.counters.addresses import Address, parse
from tests.house.sources import ROOT


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("redis://:secret@host/3", Address("", (("host", 6379),), "", "redis://:secret@host/3")),
        ("rediss://[::1]:7000", Address("", (("::1", 7000),), "", "rediss://[::1]:7000")),
        (
            "redis+sentinel://u:p@one,two:26380/counts/2?a=b",
            Address("sentinel", (("one", 26379), ("two", 26380)), "counts", "redis://u:p@host/2?a=b"),
        ),
        ("rediss+cluster://one,two", Address("cluster", (("one", 6379), ("two", 6379)), "", "rediss://host/?")),
    ],
)
def test_an_address_says_what_is_there_and_on_which_hosts(url, meant):
    assert parse(url) == meant


@pytest.mark.parametrize(
    "url",
    [
        "",
        "redis",
        "http://host",
        "redis://",
        "redis://one,two",
        "redis://host:port",
        "redis+sentinel://host",
        "redis+sentinel://host/",
        "redis+cluster://one,,two",
        "redis+any://host",
    ],
)
def test_what_is_no_address_of_redis_is_refused(url):
    with pytest.raises(ValueError, match=r"Redis|Port"):
        parse(url)


def test_who_has_a_ledger_of_its_own_does_not_load_the_library_of_another():
    script = "import sys, gateway.app; sys.exit('redis' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0

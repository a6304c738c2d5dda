"""What every test may ask for, and the two laws that all tests live under.

Nothing leaves this machine (fixtures/network.py), and what could not run is said aloud (fixtures/availability.py).
"""

import os

from hypothesis import settings

# Plain Python, whatever somebody built; `GUICHET_COMPILED=on make test` runs everything compiled (make compiled first).
os.environ.setdefault("GUICHET_COMPILED", "off")

pytest_plugins = [
    "pytester",
    "tests.fixtures.availability",
    "tests.fixtures.network",
    "tests.fixtures.databases",
    "tests.fixtures.valkeys",
    "tests.fixtures.browser",
    "tests.fixtures.store",
    "tests.fixtures.publishing",
    "tests.fixtures.consuming",
    "tests.fixtures.quotas",
    "tests.fixtures.receiving",
    "tests.fixtures.demonstration",
    "tests.fixtures.lanes",
    "tests.fixtures.seeded",
]

# No deadline: a shared machine may take its time. In CI the examples are the same in every run.
settings.register_profile("guichet", deadline=None, print_blob=True, derandomize="CI" in os.environ)
settings.load_profile("guichet")

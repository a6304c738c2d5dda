"""The map leads somewhere: every file it names is there, and every part of the gateway is on it."""

import re

import pytest

from tests.house.sources import ROOT

MAP = ROOT / "gateway" / "README.md"
NAMED = re.compile(r"`([\w./-]+(?:\.\w+|/))`")


def named() -> list[str]:
    """The files and folders between backticks."""
    return sorted(set(NAMED.findall(MAP.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("path", named())
def test_a_file_named_on_the_map_exists(path):
    assert (MAP.parent / path).exists() or (ROOT / path).exists()


def test_every_part_of_the_gateway_is_on_the_map():
    parts = {
        f"{part.name}/" if part.is_dir() else part.name
        for part in MAP.parent.iterdir()
        if part.suffix in {"", ".py"} and not part.name.startswith("__")
    }

    assert parts - set(named()) == set()

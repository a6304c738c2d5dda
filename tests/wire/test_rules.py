"""Tests that the table of rules in README.md and the cases are of each other."""

import ast
import re

import pytest

from tests.house.sources import ROOT
from tests.wire.cases import FOLDER

ROWS = re.findall(
    r"^\| (\d+) \| .* \| `?([^`|]*?)`? *\|$", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE
)
CASES = sorted(path.relative_to(FOLDER) for path in FOLDER.rglob("*.http"))
OF_REQUESTS_AND_REPLIES = 31


def number(case):
    return int(case.name.partition("-")[0])


def test_every_rule_has_its_row_and_its_cases():
    rules = [int(rule) for rule, _ in ROWS]

    assert rules == [*range(1, OF_REQUESTS_AND_REPLIES + 1), 40]
    assert set(rules) == {number(case) for case in CASES}


@pytest.mark.parametrize("named", sorted({named for _, named in ROWS if named}))
def test_a_test_that_the_table_names_is_there(named):
    file, _, name = named.partition("::")
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))

    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}

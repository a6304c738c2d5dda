"""One thought per file, one decision per function: the hard limits. The aims are far below them."""

import ast
from collections.abc import Iterator

import pytest

from tests.house import sources

FILE_LINES = 400
FUNCTION_LINES = 40
WRITTEN_BY_HAND = (".py", ".html", ".txt.jinja", ".css", ".js", ".sh")
GENERATED = "gateway/store/migrations/versions/"

# File, or file:function → why it may be longer.
EXCEPTIONS: dict[str, str] = {}


def long_files() -> Iterator[str]:
    """Files over the limit."""
    for name in sources.files():
        if name.endswith(WRITTEN_BY_HAND):
            lines = len((sources.ROOT / name).read_text(encoding="utf-8").splitlines())
            if lines > FILE_LINES:
                yield name


def long_functions() -> Iterator[str]:
    """Functions over the limit, counted from `def` to their last line."""
    for name in sources.python_files():
        if not name.startswith(GENERATED):
            for node in ast.walk(sources.tree(name)):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _lines(node) > FUNCTION_LINES:
                    yield f"{name}:{node.name}"


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize(("found", "limit"), [(long_files, FILE_LINES), (long_functions, FUNCTION_LINES)])
def test_nothing_is_longer_than_its_limit(found, limit):
    too_long = set(found()) - set(EXCEPTIONS)

    assert not too_long, f"over {limit} lines: {sorted(too_long)}"


def test_each_exception_is_still_one():
    assert set(EXCEPTIONS) <= {*long_files(), *long_functions()}


def test_a_function_is_counted_from_its_def_to_its_last_line():
    function = ast.parse("@decorated\ndef f():\n    a = 1\n\n    return a\n").body[0]

    assert isinstance(function, ast.FunctionDef)
    assert _lines(function) == 4

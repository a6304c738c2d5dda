"""Whoever opens a source file knows where its tests are: at the same place under tests/."""

import ast
from pathlib import PurePosixPath

import pytest

from tests.house import sources

# Source file → why it has no test file of its own.
EXCEPTIONS = {
    "gateway/store/migrations/env.py": "run by Alembic; the tests of store/migrating.py go through it",
}
GENERATED = "gateway/store/migrations/versions/"


def test_file_of(source: str) -> str:
    """Where the tests of a source file belong."""
    path = PurePosixPath(source)
    return (PurePosixPath("tests") / path.with_name(f"test_{path.stem.strip('_')}.py")).as_posix()


test_file_of.__test__ = False  # type: ignore[attr-defined]


def has_code(source: str) -> bool:
    """Whether a file has a function that does something; tables, shapes and ports have none."""
    functions = (
        node for node in ast.walk(sources.tree(source)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return any(not _says_nothing(statement) for function in functions for statement in function.body)


def _says_nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


SOURCES = [name for name in sources.python_files(*sources.PRODUCT) if not name.startswith(GENERATED)]
EXISTING = set(sources.files())


@pytest.mark.parametrize("source", [name for name in SOURCES if name not in EXCEPTIONS and has_code(name)])
def test_a_source_file_has_its_test_file(source):
    assert test_file_of(source) in EXISTING


@pytest.mark.parametrize("source", EXCEPTIONS)
def test_an_exception_is_still_one(source):
    assert source in EXISTING
    assert has_code(source)
    assert test_file_of(source) not in EXISTING


@pytest.mark.parametrize(
    ("source", "tests"),
    [
        ("gateway/http/headers.py", "tests/gateway/http/test_headers.py"),
        ("openapi/__main__.py", "tests/openapi/test_main.py"),
    ],
)
def test_the_place_of_a_test_file_follows_from_its_source(source, tests):
    assert test_file_of(source) == tests

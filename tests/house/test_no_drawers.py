"""A file is named for what is in it, and an `__init__.py` is a table of contents."""

import ast
from pathlib import PurePosixPath

import pytest

from tests.house import sources

DRAWERS = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc", "base_service"}

# What an `__init__.py` may assign besides `__all__`, and why.
EXCEPTIONS = {("plugins/__init__.py", "BUILT_IN"): "the one list of the plugins is their table of contents"}

INITS = [name for name in sources.python_files() if name.endswith("/__init__.py")]


def words_of(path: str) -> set[str]:
    """The words of which the names in a path are made."""
    parts = PurePosixPath(path).with_suffix("").parts
    return {word for part in parts for word in (part, *part.split("_"))}


def definitions(module: ast.Module) -> set[str]:
    """What a module defines, rather than imports."""
    names: set[str] = set()
    for node in module.body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(node.name)
            case ast.Assign() | ast.AnnAssign():
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names.update(ast.unparse(target) for target in targets)
    return names - {"__all__"}


def test_no_file_or_folder_is_a_drawer():
    drawers = [name for name in sources.python_files() if words_of(name) & DRAWERS]

    assert drawers == []


@pytest.mark.parametrize("name", INITS)
def test_an_init_file_defines_nothing(name):
    defined = definitions(sources.tree(name))

    assert defined == {assigned for file, assigned in EXCEPTIONS if file == name}


def test_a_definition_is_seen():
    module = ast.parse("from a import b\n__all__ = ['b']\nx = 1\ny: int = 2\ndef f(): ...\nclass C: ...\n")

    assert definitions(module) == {"x", "y", "f", "C"}

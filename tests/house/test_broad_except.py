"""Who catches everything hides bugs: only the tops of the program may."""

import ast
from collections.abc import Iterator

import pytest

from tests.house import sources

# Where a bug must not stop everyone else's calls, or must become one clear sentence on a terminal.
TOPS = (
    "gateway/transport/",
    "gateway/pipeline/plugins.py",
    "gateway/plugin/installed.py",
    "gateway/store/recording.py",
    "gateway/counters/keeper.py",
    "gateway/cli.py",
    "demo/__main__.py",
)
BROAD = {"Exception", "BaseException"}


def swallowers(module: ast.Module) -> Iterator[int]:
    """The lines where everything is caught, or suppressed, and not raised again."""
    for node in ast.walk(module):
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type) and not _raises_again(node):
            yield node.lineno
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func).endswith("suppress")
            and any(map(_is_broad, node.args))
        ):
            yield node.lineno


def _is_broad(caught: ast.expr | None) -> bool:
    if isinstance(caught, ast.Tuple):
        return any(map(_is_broad, caught.elts))
    return caught is None or (isinstance(caught, ast.Name) and caught.id in BROAD)


def _raises_again(handler: ast.ExceptHandler) -> bool:
    # Tidying up before the exception goes on its way hides nothing.
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_only_the_tops_catch_everything():
    found = {
        f"{name}:{line}"
        for name in [*sources.python_files(*sources.PRODUCT), *sources.python_files("wsgi.py")]
        if not name.startswith(TOPS)
        for line in swallowers(sources.tree(name))
    }

    assert found == set()


@pytest.mark.parametrize(
    "caught",
    [
        "try: f()\nexcept Exception: pass",
        "try: f()\nexcept: pass",
        "try: f()\nexcept (ValueError, BaseException): pass",
        "try: f()\nexcept Exception as e: raise Other from e",
        "with contextlib.suppress(Exception): f()",
    ],
)
def test_catching_everything_is_seen(caught):
    assert list(swallowers(ast.parse(caught)))


@pytest.mark.parametrize("caught", ["try: f()\nexcept ValueError: pass", "try: f()\nexcept BaseException: g(); raise"])
def test_catching_what_one_expects_is_free(caught):
    assert not list(swallowers(ast.parse(caught)))

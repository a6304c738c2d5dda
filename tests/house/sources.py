"""The files of this repository, as the house rules see them."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PRODUCT = ("gateway", "openapi", "portal", "plugins", "demo")
NOT_OURS = {"var", "node_modules"}


def files() -> list[str]:
    """Every file that is, or would be, under version control; relative to the root, sorted."""
    if (ROOT / ".git").exists():
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
        return sorted(name for name in set(listed) if name and (ROOT / name).is_file())
    return sorted(_walk(ROOT))


def python_files(*tops: str) -> list[str]:
    """The Python files below these folders, or all of them."""
    chosen = [name for name in files() if name.endswith(".py")]
    return [name for name in chosen if not tops or name.split("/")[0] in tops]


def tree(name: str) -> ast.Module:
    """The syntax tree of one file."""
    return ast.parse((ROOT / name).read_text(encoding="utf-8"), name)


def _walk(folder: Path) -> Iterator[str]:
    # An exported tree has no list of its files; what a person makes there is in folders that git ignores.
    for path in folder.iterdir():
        if path.name.startswith(".") and path.name != ".ci" and path.is_dir():
            continue
        if path.is_dir() and path.name not in NOT_OURS | {"__pycache__"}:
            yield from _walk(path)
        elif path.is_file() and path.suffix not in {".mo", ".pyc"}:
            yield path.relative_to(ROOT).as_posix()

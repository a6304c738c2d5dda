"""The gateway's own code, compiled: used where somebody built it (`make compiled`) and it fits, else plain Python.

The law: what was built of other sources, by another Python or for another kind of machine is never loaded, nor is half
a build: its folder is named after all of that, and every file in it is compared with what was built.
"""

import hashlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parent.parent
BUILDS = Path("build", "compiled")
LISTED = "built.json"
"""What was built: the SHA-256 of each module's file."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The files of the compiled modules by name, none for plain Python; and what there is to tell of it."""

    files: Mapping[str, Path]
    told: str


class _Compiled(MetaPathFinder):
    """Finds compiled modules before their sources are looked for."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Where a module is; None when it was not compiled."""
        file = self._files.get(name)
        return spec_from_file_location(name, file) if file else None


def folder(root: Path) -> Path:
    """Where the build of these sources for this Python belongs."""
    seen = hashlib.sha256(f"{sys.version} {EXTENSION_SUFFIXES[0]}".encode())
    for path in (root / "requirements.txt", *sorted((root / "gateway").rglob("*.py"))):
        content = path.read_bytes()
        seen.update(f"\0{path.relative_to(root)}\0{len(content)}\0".encode() + content)
    return root / BUILDS / seen.hexdigest()[:32]


def choose(root: Path, wanted: str) -> Choice:
    """What this process runs; `wanted` is the setting GUICHET_COMPILED."""
    if wanted == "off":
        return Choice({}, "plain Python runs: GUICHET_COMPILED is off")
    if not (root / BUILDS).is_dir():
        return Choice({}, "")
    built = folder(root)
    try:
        listed: dict[str, str] = json.loads((built / LISTED).read_bytes())
        files = {name: built / f"{name}{EXTENSION_SUFFIXES[0]}" for name in listed}
        is_whole = all(_sha256(files[name]) == digest for name, digest in listed.items())
    except FileNotFoundError:
        return Choice({}, "plain Python runs: what was compiled is of other sources, or for another Python or machine")
    if not is_whole:
        return Choice({}, f"plain Python runs: {built} is damaged")
    return Choice(files, f"compiled code runs, from {built}")


def begin() -> None:
    """Choose, once for this process; to be called before any other module of the gateway is imported."""
    global CHOICE  # noqa: PLW0603 - what is imported is the process's own, and so is the choice
    CHOICE = choose(ROOT, os.environ.get("GUICHET_COMPILED", ""))
    if CHOICE.files:
        sys.meta_path.insert(0, _Compiled(CHOICE.files))


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


CHOICE = Choice({}, "")

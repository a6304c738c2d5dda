"""`make compiled`: what a call runs through, as C made by mypyc; compiled.py says when it is used.

mypyc compiles dataclasses, but of their `__init__` nothing, and it takes no other name for the decorator. So it is
handed a copy of the sources in which a value is a dataclass with its `__init__` written out; lines keep their numbers.
"""

import ast
import hashlib
import json
import os
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

from gateway.compiled import BUILDS, LISTED, ROOT, folder

MODULES = {
    "counters": "cells local rates rolling segments table",
    "credentials": "access_tokens api_keys",
    "domain": "away calendars ids lifecycle limits plans scopes",
    "http": "clients grammar headers languages messages outbox pipe problems reserved wire",
    "pipeline": "authentication authorization challenges decision drivers effects forwarding hops limits links "
    "locations plugins ports recording refusals routing service snapshot tracing upgrading",
    "store": "bell journal",
    "transport": "arrival connection consumers errands exchange judging lane parties progress requests runtime tunnel "
    "undecided",
    "upstream": "balancing breaker carriage conversation crowding evented failing replies retrying sending",
}
"""What a call runs through, but for what mypyc cannot compile, or what is too seldom run to be worth it."""

_GROUP = "guichet"


def main() -> None:
    """Build what fits the sources, unless it is there."""
    target = folder(ROOT)
    if target.exists():
        sys.stdout.write(f"{target} is there already\n")
    elif lacking := _lacking():
        sys.exit(f"make compiled needs {lacking}; Guichet runs without it, more slowly.")
    else:
        (ROOT / BUILDS).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=ROOT / BUILDS) as name:
            work = Path(name)
            _copy(work)
            _list(_compile(work), work / "whole")
            (work / "whole").rename(target)
        sys.stdout.write(f"compiled into {target}; what starts from now on uses it\n")


def _lacking() -> str:
    compiler = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    if not shutil.which(compiler.split()[0]):
        return f"a C compiler, and there is no {compiler.split()[0]} (on Debian: apt-get install gcc libc6-dev)"
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        return "the headers of Python (on Debian: apt-get install python3-dev)"
    return ""


def _sources() -> list[str]:
    return [f"gateway/{part}/{name}.py" for part, names in MODULES.items() for name in names.split()]


def _copy(work: Path) -> None:
    shutil.copytree(ROOT / "gateway", work / "gateway", ignore=shutil.ignore_patterns("__pycache__", "migrations"))
    shutil.copy(ROOT / "pyproject.toml", work)
    for source in _sources():
        (work / source).write_text(spelled_out((work / source).read_text(encoding="utf-8")), encoding="utf-8")


def _compile(work: Path) -> Path:
    # Development tools, which production does not have.
    import setuptools  # noqa: PLC0415
    from mypyc.build import mypycify  # noqa: PLC0415
    from setuptools.command.build_ext import build_ext  # noqa: PLC0415

    os.chdir(work)
    sources = _sources()
    extensions = mypycify(
        ["--config-file=pyproject.toml", *sources],
        only_compile_paths=sources,
        target_dir=str(work / "c"),
        group_name=_GROUP,
        debug_level="0",
    )
    command: Any = build_ext(setuptools.Distribution({"ext_modules": extensions}))
    command.build_lib, command.build_temp = str(work / "lib"), str(work / "objects")
    command.ensure_finalized()
    command.run()
    return work / "lib"


def _list(lib: Path, whole: Path) -> None:
    whole.mkdir()
    listed = {}
    for file in sorted(lib.rglob(f"*{EXTENSION_SUFFIXES[0]}")):
        name = ".".join(file.relative_to(lib).parts).removesuffix(EXTENSION_SUFFIXES[0])
        listed[name] = hashlib.sha256(file.read_bytes()).hexdigest()
        file.rename(whole / f"{name}{EXTENSION_SUFFIXES[0]}")
    (whole / LISTED).write_text(json.dumps(listed, indent=1), encoding="utf-8")


# --- values, as mypyc takes them


def spelled_out(text: str) -> str:
    """A module's source with its values spelled out; every line keeps its number."""
    lines = [*text.split("\n"), ""]
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and node.module in {"dataclasses", "gateway.value"}:
            also = ", replace" if any(alias.name == "replace" for alias in node.names) else ""
            also += ", field" if any(alias.name == "field" for alias in node.names) else ""
            lines[node.lineno - 1] = f"import builtins; from dataclasses import dataclass{also}"
        elif isinstance(node, ast.ClassDef):
            for decorator in node.decorator_list:
                _spell_out(node, ast.unparse(decorator), decorator.lineno - 1, lines)
    return "\n".join(lines)


def _spell_out(node: ast.ClassDef, decorator: str, at: int, lines: list[str]) -> None:
    if not decorator.startswith(("value", "dataclass")):
        return
    hashed = "unsafe_hash=True" if decorator == "value" or "frozen=True" in decorator else ""
    made = _init(node)
    lines[at] = f"@dataclass({', '.join(filter(None, (hashed, 'init=False' if made else '')))})"
    if made and node.end_lineno:
        lines[node.end_lineno] = f"    {made}"  # where the formatter left it empty
    for field in _fields(node):
        if isinstance(field.annotation, ast.Name) and field.annotation.id in {"BaseException", "memoryview"}:
            # mypyc looks for these names in the module.
            lines[field.lineno - 1] = lines[field.lineno - 1].replace(": ", ": builtins.")


def _fields(node: ast.ClassDef) -> Iterator[ast.AnnAssign]:
    return (each for each in node.body if isinstance(each, ast.AnnAssign))


def _init(node: ast.ClassDef) -> str:
    """The `__init__` of a dataclass in one line; empty when it keeps nothing, or does more than that."""
    if any(isinstance(each, ast.FunctionDef) and each.name == "__post_init__" for each in node.body):
        return ""
    taken, kept = ["self"], []
    for field in _fields(node):
        name, kind, default = ast.unparse(field.target), ast.unparse(field.annotation), field.value
        given = name
        if isinstance(default, ast.Call) and ast.unparse(default.func) == "field":
            told = {each.arg: ast.unparse(each.value) for each in default.keywords}
            if told.keys() != {"default_factory"}:
                return ""
            kind, default = f"{kind} | None", ast.Constant(None)
            given = f"({told['default_factory']})() if {name} is None else {name}"
        taken.append(f"{name}: {kind}" + (f" = {ast.unparse(default)}" if default else ""))
        kept.append(f"self.{name} = {given}")
    return f"def __init__({', '.join(taken)}) -> None: {'; '.join(kept)}" if kept else ""


if __name__ == "__main__":
    main()

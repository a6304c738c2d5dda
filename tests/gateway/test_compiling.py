"""A real build, by the machine's C compiler; and the sources as they are handed to it."""

import ast
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.compiled import choose
from gateway.compiling import MODULES, spelled_out
from tests.calling import WEATHER, a_request
from tests.fixtures.lanes import gunicorn
from tests.gunicorns import FAST
from tests.house.sources import ROOT
from tests.loopback import answering, serving

ITS_OWN = re.compile(rb"req_[0-9A-Z]{26}|(?<=\r\nDate: )[^\r]*|(?<=[;=])\d+|(?<=Reset: )\d+|traceparent: .*")
"""What no two calls have in common: id, time, and how long a window still lasts."""

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
CLOSE = "Connection: close"
REQUESTS = [
    a_request(f"{WEATHER}/a?b=c", CLOSE),
    a_request(f"{WEATHER}/a", CLOSE, "Accept-Language: fr", method="POST", body=b"x" * 5000),
    a_request(f"{WEATHER}/a", CLOSE, method="HEAD"),
    a_request("/api/nowhere/v1/a", CLOSE, "Accept-Language: fr"),
    a_request(f"{WEATHER}/a", CLOSE, "X-API-Key: another"),
    a_request("*", CLOSE, method="OPTIONS"),
    b"GET  / HTTP/1.1\r\n\r\n",
]

SOURCES = [f"gateway/{part}/{name}.py" for part, names in MODULES.items() for name in names.split()]


def build(root, **given):
    command = [sys.executable, "-m", "gateway.compiling"]
    return subprocess.run(command, cwd=root, env=os.environ | given, capture_output=True, text=True, check=False)


def told(port, request):
    """All the bytes of an answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(request)
        return ITS_OWN.sub(b"", b"".join(iter(lambda: client.recv(65536), b"")))


def exchanged(compiled, folder):
    """What callers and services were told, and whether it was compiled code that told them."""
    folder.mkdir()
    with serving(answering(ANSWER)) as service:
        with gunicorn(FAST, service.port, folder, GUICHET_COMPILED=compiled) as master:
            answers = [told(master.port, request) for request in REQUESTS]
            maps = Path(f"/proc/{master.worker()}/maps").read_text()
        asked = [ITS_OWN.sub(b"", head).replace(b"%d" % service.port, b"") for head in service.requests]
    ports = re.compile(rb"127\.0\.0\.1:\d+")
    return [ports.sub(b"", answer) for answer in answers], asked, "guichet__mypyc" in maps


@pytest.mark.timeout(1200)
def test_compiled_code_answers_with_the_same_bytes_as_plain_python(tmp_path):
    made = build(ROOT)
    if made.stderr.startswith("make compiled needs"):
        pytest.skip(made.stderr.strip())
    assert made.returncode == 0, made.stderr
    assert choose(ROOT, "on").files

    *plain, is_compiled = exchanged("off", tmp_path / "plain")
    assert not is_compiled
    *compiled, is_compiled = exchanged("on", tmp_path / "compiled")
    assert is_compiled
    assert compiled == plain
    assert [answer.split(b" ", 2)[1] for answer in plain[0]] == [b"200", b"200", b"200", b"404", b"400", b"204", b"400"]


def test_where_there_is_no_compiler_it_is_said_in_one_sentence(tmp_path):
    shutil.copytree(ROOT / "gateway", tmp_path / "gateway", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "requirements.txt", tmp_path)

    made = build(tmp_path, CC="no-such-compiler")

    assert made.returncode == 1
    assert made.stderr == (
        "make compiled needs a C compiler, and there is no no-such-compiler (on Debian: apt-get install gcc libc6-dev);"
        " Guichet runs without it, more slowly.\n"
    )
    assert not (tmp_path / "build").exists()


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_compiled_is_the_source_line_by_line(source):
    text = (ROOT / source).read_text(encoding="utf-8")

    def functions(tree):
        return {
            (node.name, node.lineno, ast.dump(node))
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }

    spelled = functions(ast.parse(spelled_out(text)))

    assert functions(ast.parse(text)) <= spelled
    assert {name for name, *_ in spelled - functions(ast.parse(text))} <= {"__init__"}


def test_a_value_is_spelled_out_as_a_dataclass():
    text = """
from dataclasses import field
from gateway.value import value


@value
class Point:
    x: int
    y: int = 2
    names: list[str] = field(default_factory=list)


@value
class Failed:
    error: BaseException
"""
    made: dict[str, Any] = {"__name__": __name__}
    exec(compile(spelled_out(text), "point.py", "exec"), made)  # noqa: S102 - as a compiler sees it
    point = made["Point"](1)

    assert (point.x, point.y, point.names) == (1, 2, [])
    assert point == made["Point"](x=1, y=2, names=[])
    assert point != made["Point"](2)
    assert hash(made["Failed"](None)) == hash(made["Failed"](None))

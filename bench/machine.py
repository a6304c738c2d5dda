"""The machine and the commit that figures belong to."""

import os
import platform
import re
import shutil
import subprocess
import time
from pathlib import Path

_ASKED = {"nginx": ["-v"], "haproxy": ["-v"], "wrk": ["-v"]}


def described() -> str:
    """One line: date, commit, cores, kernel, versions."""
    processor = re.search(r"^model name\s*: (.*)$", _read("/proc/cpuinfo"), re.MULTILINE)
    parts = [
        time.strftime("%Y-%m-%d", time.gmtime()),
        f"commit {_said(['git', 'describe', '--always', '--dirty']) or '?'}",
        f"{os.cpu_count()} × {processor[1] if processor else platform.machine()}",
        f"{platform.system()} {platform.release()}",
        f"Python {platform.python_version()}",
        *(f"{program} {version}" for program, version in _versions().items()),
    ]
    return " · ".join(parts)


def _versions() -> dict[str, str]:
    told = {program: _said([program, *arguments]) for program, arguments in _ASKED.items() if shutil.which(program)}
    found = {program: re.search(r"\d+(?:\.\d+)+", text) for program, text in told.items()}
    return {program: version[0] for program, version in found.items() if version}


def _said(command: list[str]) -> str:
    done = subprocess.run(["/usr/bin/env", *command], capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip().partition("\n")[0]


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8", errors="replace")

"""Every command that a guide shows is run, as it stands there, against the demonstration that the guides speak of."""

import re
import subprocess

import pytest

from tests.house.sources import ROOT

GUIDES = ["README.md", "LISEZMOI.md", *(path.relative_to(ROOT).as_posix() for path in sorted(ROOT.glob("docs/*/*.md")))]
FENCE = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands_of(guide: str) -> str:
    return "\n".join(FENCE.findall((ROOT / guide).read_text(encoding="utf-8")))


@pytest.mark.parametrize("guide", [guide for guide in GUIDES if commands_of(guide)])
def test_the_commands_of_the_guide_work_as_written(guide, demonstration, tmp_path):
    (tmp_path / "var").symlink_to(demonstration.data)
    for name in ("demo", ".venv", "Makefile"):
        (tmp_path / name).symlink_to(ROOT / name)
    # `make run`, `make test` and `make setup` are what brought us here; that they exist is all there is to see.
    script = re.sub(r"^make", f"make -n -C {ROOT}", commands_of(guide), flags=re.MULTILINE)
    script = script.replace("http://127.0.0.1:8000", demonstration.portal)
    script = re.sub(r"^(\.venv/bin/python -m openapi .*)", rf"(cd {ROOT} && \1)", script, flags=re.MULTILINE)

    ran = subprocess.run(
        ["/bin/bash", "-euc", script], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr

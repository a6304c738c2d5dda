import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import plugins
from gateway.plugin import Registry
from plugins import BUILT_IN

FOLDER = Path(plugins.__file__).parent
FILES = sorted(set(FOLDER.glob("*.py")) - {FOLDER / "__init__.py"})


def imports(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_the_list_can_be_a_registry_and_names_every_file():
    names = {plugin.name for plugin in Registry(BUILT_IN)}

    assert names == {file.stem.replace("_", "-") for file in FILES}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_plugin_imports_nothing_of_the_gateway_but_gateway_plugin(file):
    ours = {name for name in imports(file.read_text("utf-8")) if name.split(".")[0] in {"gateway", "portal", "openapi"}}

    assert ours == {"gateway.plugin"}


def test_the_plugin_in_the_readme_passes_the_test_in_the_readme(tmp_path):
    plugin, test = re.findall(r"```python\n(.*?)```", (FOLDER / "README.md").read_text("utf-8"), re.DOTALL)
    (tmp_path / "weekdays_only.py").write_text(plugin, "utf-8")
    (tmp_path / "test_weekdays_only.py").write_text(test, "utf-8")

    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", str(tmp_path)],
        cwd=FOLDER.parent,
        env=os.environ | {"PYTHONPATH": f"{FOLDER.parent}:{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "4 passed" in ran.stdout

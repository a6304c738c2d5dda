import ast
import re
from pathlib import Path
from typing import Any

import pytest

import plugins
from gateway.plugin import Registry
from plugins import BUILT_IN
from tests.builders import a_call

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


def test_the_plugin_in_the_readme_works():
    code = re.search(r"```python\n(.*?)```", (FOLDER / "README.md").read_text("utf-8"), re.DOTALL)
    assert code is not None
    namespace: dict[str, Any] = {}
    exec(compile(code[1], "README.md", "exec"), namespace)  # noqa: S102 - it is our own page
    plugin = namespace["WeekdaysOnly"]()
    config = Registry([plugin]).load("weekdays-only", {})
    saturday, monday = 1_795_262_400.0, 1_795_435_200.0  # 2026-11-21, 2026-11-23

    assert plugin.on_call(a_call(received_at=saturday), config).status == 403
    call = a_call(received_at=monday)
    assert plugin.on_call(call, config) is call

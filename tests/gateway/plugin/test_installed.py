"""Plugins of other packages: found by their entry point, in one order, or stopping the start with a sentence."""

import os
import re
import subprocess
import sys
import tomllib

import pytest

from gateway.plugin import Registry
from gateway.plugin.installed import GROUP, HOOKS, installed
from gateway.plugin.registry import PluginError
from plugins import BUILT_IN
from tests.builders import KeptRecords
from tests.calling import WEATHER, a_request, call
from tests.distributions import install
from tests.house.sources import ROOT
from tests.lane import make_lane
from tests.lanes_in_process import LANES, served
from tests.loopback import answering, serving

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
def site_packages(tmp_path, monkeypatch):
    """A folder that Python looks in."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    yield folder
    for name in [name for name in sys.modules if name.startswith(("guichet_", "weekdays_only"))]:
        del sys.modules[name]


@pytest.mark.parametrize("lane", LANES)
def test_an_installed_plugin_serves_calls(site_packages, tmp_path, lane):
    install(site_packages)
    bindings = Registry((*BUILT_IN, *installed())).bind({"lucky": {"unlucky": "7"}})
    with serving(answering(OK)) as service:
        app = make_lane(service.port, tmp_path, KeptRecords(), plugins=bindings)
        with served(lane, app) as port:
            refused = call(port, a_request(f"{WEATHER}/a", "X-Number: 7"))
            passed = call(port)

    assert (refused.status, b'"no-luck-today"' in refused.body) == (418, True)
    assert (passed.status, passed.body) == (200, b"ok")


def test_they_run_by_name_whatever_order_they_were_installed_in(site_packages):
    for name in ("zebra", "ant", "mole-2"):
        install(site_packages, name)

    assert [plugin.name for plugin in installed()] == ["ant", "mole-2", "zebra"]


def test_the_plugin_of_the_readme_is_a_package_as_the_readme_says(site_packages):
    readme = (ROOT / "plugins/README.md").read_text("utf-8")
    code, project = (re.findall(rf"```{kind}\n(.*?)```", readme, re.DOTALL)[0] for kind in ("python", "toml"))
    groups = tomllib.loads(project)["project"]["entry-points"]
    ((name, value),) = groups[GROUP].items()
    module, _, attribute = value.partition(":")
    install(site_packages, name, source=code, attribute=attribute, module=module)

    assert [plugin.name for plugin in installed()] == [name] == ["weekdays-only"]
    assert all(f"| `{hook}(" in readme for hook in HOOKS)


def test_without_any_there_are_none():
    assert installed() == ()


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"source": "raise RuntimeError('out of order')"}, "RuntimeError: out of order"),
        ({"source": "raise SystemExit(1)"}, "SystemExit: 1"),
        ({"source": "import a_package_that_nobody_has"}, "No module named"),
        ({"attribute": "Unlucky"}, "Unlucky"),
        ({"source": "class Lucky: pass"}, "it is no Plugin"),
        ({"source": "class Lucky:\n def __init__(self, x): pass"}, "missing 1 required"),
        ({"more": "name = 'Not A Name'"}, "its name"),
        ({"more": "name = None"}, "its name"),
        ({"more": "name = 7"}, "its name"),
        ({"more": "purpose = 'luck'"}, "its purpose"),
        ({"more": "Config = None\n    Setting = object"}, ""),
        ({"more": "needs_body = '1 MB'"}, "needs_body"),
        ({"more": "needs_body = True"}, "needs_body"),
        ({"more": "async def on_reply(self, call, reply, config): return reply"}, "async"),
    ],
)
def test_one_that_cannot_be_used_is_named_with_what_is_wrong(site_packages, given, why):
    install(site_packages, **given)
    if not why:
        module = site_packages / "guichet_lucky.py"
        module.write_text(module.read_text("utf-8").replace("class Config(Schema)", "class Config"), "utf-8")
        why = "marshmallow"

    with pytest.raises(PluginError, match=why) as stopped:
        installed()

    assert str(stopped.value).startswith("The plugin “lucky” of guichet-lucky cannot be used: ")
    assert " / Le module «\u00a0lucky\u00a0» de guichet-lucky est inutilisable\u00a0: " in str(stopped.value)


@pytest.mark.parametrize(
    ("name", "source", "told"),
    [
        ("lucky", "raise RuntimeError('out of order')", "The plugin “lucky” of guichet-lucky cannot be used: "),
        ("cors", None, "Two plugins share the name “cors”. / "),
    ],
)
def test_one_that_cannot_be_used_stops_the_start_with_a_sentence_and_no_traceback(
    site_packages, tmp_path, name, source, told
):
    install(site_packages, name, **({"source": source} if source else {}))
    environment = os.environ | {"GUICHET_DATA": str(tmp_path / "var"), "PYTHONPATH": str(site_packages)}

    done = subprocess.run(
        [sys.executable, "-c", "import wsgi"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 3
    assert done.stderr.startswith(told)
    assert "Traceback" not in done.stderr

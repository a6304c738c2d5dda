"""Four hundred clients that drip their heads or bodies in (slowhttptest), and ordinary ones beside them."""

import re
import shutil
import subprocess

import pytest

from tests.calling import WEATHER, a_request, call
from tests.fixtures.lanes import gunicorn
from tests.gunicorns import FAST
from tests.loopback import answering, serving

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SECONDS = 8
MODES = {"heads": ["-H", "-t", "GET"], "bodies": ["-B", "-t", "POST", "-s", "100000"]}
TARGETS = {"heads": f"{WEATHER}/a", "bodies": "/sink"}  # a call without a key is refused before its body comes


@pytest.fixture(scope="module")
def slowhttptest():
    found = shutil.which("slowhttptest")
    if not found:
        pytest.skip("slowhttptest is not installed (apt-get install slowhttptest)")
    return found


@pytest.mark.parametrize("mode", MODES)
def test_ordinary_calls_go_on_beside_400_clients_that_drip(slowhttptest, mode, tmp_path):
    command = [slowhttptest, *MODES[mode], "-c", "400", "-r", "400", "-i", "2", "-l", str(SECONDS), "-p", "5"]
    with (
        serving(answering(OK)) as service,
        gunicorn(FAST, service.port, tmp_path) as master,
        subprocess.Popen(
            [*command, "-u", f"http://127.0.0.1:{master.port}{TARGETS[mode]}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as attack,
    ):
        statuses = []
        while attack.poll() is None:
            statuses += [call(master.port).status, call(master.port, a_request("/")).status]
        assert attack.stdout
        said = attack.stdout.read()

    assert set(statuses) == {200}, said
    assert len(statuses) > 2 * SECONDS
    plain = re.sub(r"\x1b\[[0-9;]*m", "", said)
    assert max(map(int, re.findall(r"connected: +(\d+)", plain))) == 400
    assert set(re.findall(r"service available: +(\w+)", plain)) == {"YES"}

"""Someone's browser, without scripts: pages, forms as they stand, and nothing followed by itself."""

import re
from typing import Any

from flask.testing import FlaskClient

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_HIDDEN = re.compile(r'<input id="(\w+)" name="\1" type="hidden" value="([^"]*)">')


class Browser:
    """Someone's browser: reads pages, fills in their forms as they are, follows nothing by itself."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def post(self, path: str, data: dict[str, Any] | None = None, *, form_at: str | None = None) -> Any:
        """Send the form of a page: its hidden fields, then what the person typed."""
        page = self.client.get(form_at or path).text
        hidden = dict(_HIDDEN.findall(page))
        token = _TOKEN.search(page)
        assert token, f"no form at {form_at or path}"
        return self.client.post(path, data={**hidden, "csrf_token": token[1], **(data or {})})


def upstream_form(base_url: str, **typed: str) -> dict[str, str]:
    """What a person sends who gives an address and leaves the rest as it stands; `a__b` names the field `a.b`."""
    fields = {
        "targets.0.base_url": base_url, "targets.0.weight": "1",
        "waits.connect": "3", "waits.first_byte": "30", "waits.idle": "30", "waits.total": "", "retries": "1",
        "check.path": "", "check.every": "10", "check.timeout": "2",
        "tls.authorities": "", "tls.certificate": "", "tls.key": "", "most_in_flight": "256",
    }  # fmt: skip
    return fields | {name.replace("__", "."): value for name, value in typed.items()}


def title_of(answer: Any) -> str:
    """The title of a page."""
    return str(re.findall(r"<title>([^<]*)</title>", answer.text)[0])


def faults_of(page: str) -> tuple[list[str], list[str]]:
    """The fields at fault, as the summary lists them, and as the form has them."""
    return re.findall(r'<li><a href="#([^"]+)">', page), re.findall(r'id="([^"]+)-error"', page)

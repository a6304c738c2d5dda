import json

from demo import announcing
from demo.seed import Client


def test_the_file_has_exactly_the_members_that_the_readme_lists():
    told = announcing.demonstration("http://127.0.0.1:8000", Client("app_1", "gcs_1"))

    assert list(told) == ["portal", "api", "token_endpoint", "client_id", "client_secret", "scope", "curl"]
    assert told["api"] == "http://127.0.0.1:8000/api/air-quality/v1/stations?province=QC"
    assert told["token_endpoint"] == "http://127.0.0.1:8000/oauth/token"
    assert told["curl"].startswith("curl -s ")
    assert told["api"] in told["curl"]
    assert "app_1:gcs_1" in told["curl"]


def test_the_welcome_names_the_portal_the_accounts_and_the_line_to_paste(tmp_path, capsys):
    person = {"role": "operator", "email": "operator@example.org", "password": "the-password"}
    (tmp_path / "demo-accounts.json").write_text(json.dumps([person]), encoding="utf-8")
    told = announcing.demonstration("http://127.0.0.1:8000", Client("app_1", "gcs_1"))

    announcing.show(announcing.words(told, tmp_path), 1.25)

    printed = capsys.readouterr().out
    assert "http://127.0.0.1:8000/" in printed
    assert "operator@example.org" in printed
    assert "the-password" in printed
    assert f"\n{told['curl']}\n" in printed
    assert "(1.2 s)" in printed

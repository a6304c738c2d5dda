"""Style, script and pictures under names that change with their content."""

import gzip

import pytest
from flask import Flask

from portal.assets import JOINED, STATIC, assets_blueprint, read_assets


@pytest.fixture(scope="module")
def assets():
    return read_assets()


@pytest.fixture
def client(assets):
    app = Flask("assets", static_folder=None)
    app.register_blueprint(assets_blueprint(assets))
    return app.test_client()


def test_an_asset_is_served_for_ever_under_its_hashed_name(client, assets):
    answer = client.get(f"/static/{assets['guichet.css'].served_name}")

    assert answer.status_code == 200
    assert answer.content_type == "text/css; charset=utf-8"
    assert "immutable" in answer.headers["Cache-Control"]


def test_a_browser_that_has_it_is_told_so(client, assets):
    path = f"/static/{assets['guichet.js'].served_name}"
    etag = client.get(path).headers["ETag"]

    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("name", ["guichet.css", "guichet.000000000000.css", "..%2fassets.py", "tokens.css"])
def test_no_other_name_is_served(client, name):
    assert client.get(f"/static/{name}").status_code == 404


def test_changed_bytes_get_another_name(tmp_path):
    for part in (*JOINED["guichet.css"], "guichet.js"):
        (tmp_path / part).write_bytes((STATIC / part).read_bytes())
    before = read_assets(tmp_path)
    (tmp_path / "print.css").write_text("p { color: #000 }")

    after = read_assets(tmp_path)

    assert before["guichet.css"].served_name != after["guichet.css"].served_name
    assert before["guichet.js"].served_name == after["guichet.js"].served_name


def test_what_every_page_loads_stays_small(assets):
    css, script = assets["guichet.css"].content, assets["guichet.js"].content

    assert len(css) <= 45_000
    assert len(gzip.compress(css)) <= 10_000
    assert len(script) <= 6_000


def test_nothing_is_asked_of_another_site(assets):
    for asset in assets.values():
        assert b"@import" not in asset.content
        assert b"url(" not in asset.content

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.settings import SettingError, Settings
from tests.house.sources import ROOT


def read(tmp_path, **given: str) -> Settings:
    return Settings.from_environment({"GUICHET_DATA": str(tmp_path)} | given)


def test_everything_has_a_default_that_works(tmp_path):
    settings = read(tmp_path)

    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.database_url == f"sqlite:///{tmp_path}/guichet.db"
    assert settings.listens_on == ("127.0.0.1", 8000)
    assert settings.allowed_networks == ()
    assert not settings.is_https
    assert (settings.metrics, settings.access_log) == (None, "")


def test_given_values_are_taken(tmp_path):
    settings = read(
        tmp_path,
        GUICHET_PUBLIC_URL="https://guichet.example.ca/",
        GUICHET_ALLOWED_NETWORKS="10.0.0.0/8, fd00::/8",
        GUICHET_TRUSTED_PROXIES="2",
        GUICHET_MOST_CALLS="50",
        GUICHET_DATABASE_URL="postgresql://x/y",
        GUICHET_LEDGER_URL="rediss+sentinel://one.example.ca,two.example.ca/counts",
        GUICHET_SECRET="s" * 32,
        GUICHET_SITE_NAME_FR="Guichet du Canada",
    )

    assert settings.public_url == "https://guichet.example.ca"
    assert settings.is_https
    assert [str(network) for network in settings.allowed_networks] == ["10.0.0.0/8", "fd00::/8"]
    assert settings.trusted_proxies == 2
    assert settings.most_calls == 50
    assert settings.database_url == "postgresql://x/y"
    assert settings.ledger_url == "rediss+sentinel://one.example.ca,two.example.ca/counts"
    assert settings.site_name.fr == "Guichet du Canada"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GUICHET_PUBLIC_URL", "guichet.example.ca"),
        ("GUICHET_PUBLIC_URL", "https://guichet.example.ca/a/path"),
        ("GUICHET_PUBLIC_URL", "ftp://guichet.example.ca"),
        ("GUICHET_PUBLIC_URL", "https://user:word@guichet.example.ca"),
        ("GUICHET_PUBLIC_URL", "https://guichet.example.ca?a=b"),
        ("GUICHET_PUBLIC_URL", "https://guichet.example.ca#part"),
        ("GUICHET_PUBLIC_URL", "https://guichet.example.ca:port"),
        ("GUICHET_PUBLIC_URL", "https://guichet example.ca"),
        ("GUICHET_PUBLIC_URL", "https://"),
        ("GUICHET_PUBLIC_URL", "https://guichet.example.ca:99999"),
        ("PORT", "http"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("GUICHET_MAIL_URL", "ftp://user:hunter2@mail.example.ca"),
        ("GUICHET_MAIL_URL", "smtp://"),
        ("GUICHET_DATABASE_URL", "guichet.db"),
        ("GUICHET_DATABASE_URL", "unheard-of://user:hunter2@db.example.ca/guichet"),
        ("GUICHET_LEDGER_URL", "memcached://user:hunter2@cache.example.ca"),
        ("GUICHET_LEDGER_URL", "redis+sentinel://user:hunter2@sentinel.example.ca"),
        ("GUICHET_SECRET", "short"),
        ("GUICHET_ALLOWED_NETWORKS", "10.0.0.1/8"),
        ("GUICHET_ALLOWED_NETWORKS", "everywhere"),
        ("GUICHET_METRICS", "9464"),
        ("GUICHET_METRICS", "127.0.0.1"),
        ("GUICHET_METRICS", "127.0.0.1:0"),
        ("GUICHET_METRICS", "http://127.0.0.1:9464"),
        ("GUICHET_TRUSTED_PROXIES", "-1"),
        ("GUICHET_TRUSTED_PROXIES", "two"),
        ("GUICHET_MOST_CALLS", "0"),
        ("GUICHET_MOST_CALLS", "many"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(tmp_path, name, value):
    with pytest.raises(SettingError, match=name) as refused:
        read(tmp_path, **{name: value})

    en, fr = str(refused.value).split(" / ")
    assert name in en
    assert name in fr
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(("host", "meant"), [("0.0.0.0", "0.0.0.0"), ("[::]", "::"), ("localhost", "localhost")])  # noqa: S104 - read, not bound
def test_where_the_server_listens_is_known(tmp_path, host, meant):
    assert read(tmp_path, HOST=host, PORT="9000").listens_on == (meant, 9000)


def test_a_misspelt_setting_is_refused_and_not_overlooked(tmp_path):
    with pytest.raises(SettingError, match="GUICHET_DATABSE_URL"):
        read(tmp_path, GUICHET_DATABSE_URL="postgresql://x/y")


def test_the_kept_secret_is_made_once_and_only_its_owner_reads_it(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        made = {settings.secret for settings in pool.map(lambda _: read(tmp_path), range(16))}

    assert len(made) == 1
    assert len(made.pop()) >= 32
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_processes_that_start_at_once_have_one_secret_and_none_reads_half_of_it(tmp_path):
    script = (
        "import sys; from gateway.settings import Settings; sys.stdin.readline();"
        "print(Settings.from_environment({'GUICHET_DATA': sys.argv[1]}).secret)"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]

    for process in started:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    told = {process.communicate(timeout=30)[0].strip() for process in started}

    assert told == {(tmp_path / "secret").read_text(encoding="utf-8")}


def test_a_secret_that_was_cut_short_is_refused(tmp_path):
    (tmp_path / "secret").write_text("short", encoding="utf-8")

    with pytest.raises(SettingError, match="secret needs at least 32"):
        read(tmp_path)


def test_a_data_folder_that_cannot_be_written_is_refused_by_name(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(SettingError, match="GUICHET_DATA"):
        read(tmp_path / "file")


@pytest.mark.parametrize(("given", "meant"), [("localhost:9464", ("localhost", 9464)), ("[::1]:9464", ("::1", 9464))])
def test_where_the_measures_are_shown_is_a_host_and_a_port(tmp_path, given, meant):
    assert read(tmp_path, GUICHET_METRICS=given).metrics == meant


@pytest.mark.parametrize(("given", "meant"), [("-", "-"), ("/var/log/guichet", "/var/log/guichet")])
def test_the_access_log_is_standard_output_or_a_file(tmp_path, given, meant):
    assert read(tmp_path, GUICHET_ACCESS_LOG=given).access_log == meant
    assert Path(read(tmp_path, GUICHET_ACCESS_LOG="a.log").access_log).is_absolute()

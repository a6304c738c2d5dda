import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.settings import DESCRIBED, SettingError, Settings


def read(tmp_path, **given: str) -> Settings:
    return Settings.from_environment({"GUICHET_DATA": str(tmp_path)} | given)


def test_everything_has_a_default_that_works(tmp_path):
    settings = read(tmp_path)

    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.database_url == f"sqlite:///{tmp_path}/guichet.db"
    assert settings.allowed_networks == ()
    assert not settings.is_https


def test_given_values_are_taken(tmp_path):
    settings = read(
        tmp_path,
        GUICHET_PUBLIC_URL="https://guichet.example.ca/",
        GUICHET_ALLOWED_NETWORKS="10.0.0.0/8, fd00::/8",
        GUICHET_TRUSTED_PROXIES="2",
        GUICHET_DATABASE_URL="postgresql://x/y",
        GUICHET_SECRET="s" * 32,
        GUICHET_SITE_NAME_FR="Guichet du Canada",
    )

    assert settings.public_url == "https://guichet.example.ca"
    assert settings.is_https
    assert [str(network) for network in settings.allowed_networks] == ["10.0.0.0/8", "fd00::/8"]
    assert settings.trusted_proxies == 2
    assert settings.database_url == "postgresql://x/y"
    assert settings.site_name.fr == "Guichet du Canada"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GUICHET_PUBLIC_URL", "guichet.example.ca"),
        ("GUICHET_PUBLIC_URL", "https://guichet.example.ca/a/path"),
        ("GUICHET_PUBLIC_URL", "ftp://guichet.example.ca"),
        ("GUICHET_SECRET", "short"),
        ("GUICHET_ALLOWED_NETWORKS", "10.0.0.1/8"),
        ("GUICHET_ALLOWED_NETWORKS", "everywhere"),
        ("GUICHET_TRUSTED_PROXIES", "-1"),
        ("GUICHET_TRUSTED_PROXIES", "two"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(tmp_path, name, value):
    with pytest.raises(SettingError, match=name):
        read(tmp_path, **{name: value})


def test_a_misspelt_setting_is_refused_and_not_overlooked(tmp_path):
    with pytest.raises(SettingError, match="GUICHET_DATABSE_URL"):
        read(tmp_path, GUICHET_DATABSE_URL="postgresql://x/y")


def test_the_kept_secret_is_made_once_and_only_its_owner_reads_it(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        made = {settings.secret for settings in pool.map(lambda _: read(tmp_path), range(16))}

    assert len(made) == 1
    assert len(made.pop()) >= 32
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_every_setting_is_described_in_both_languages():
    assert all(each.meaning.en and each.meaning.fr for each in DESCRIBED)
    assert len({each.name for each in DESCRIBED}) == len(DESCRIBED)

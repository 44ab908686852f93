"""Where files lie is said once, in the environment, and a mistake there stops the start."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.storage import parse_scanner_url, parse_storage_url


def test_nothing_means_the_directory() -> None:
    assert parse_storage_url("") is None


def test_everything_about_a_bucket_stands_in_one_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hidden\n")
    monkeypatch.setenv("STORAGE_ACCESS_KEY", "ithaca")
    monkeypatch.setenv("STORAGE_SECRET_KEY_FILE", str(tmp_path / "secret"))
    url = "s3://trials/site-12/?endpoint=https://s3.example.org:9000&region=eu-central-1&style=path&encryption=AES256"
    assert parse_storage_url(url) == {
        "bucket": "trials",
        "prefix": "site-12/",
        "endpoint": "https://s3.example.org:9000",
        "region": "eu-central-1",
        "style": "path",
        "encryption": "AES256",
        "access_key": "ithaca",
        "secret_key": "hidden",
    }


def test_a_bucket_alone_is_enough() -> None:
    assert parse_storage_url("s3://trials") == {"bucket": "trials", "prefix": ""}


@pytest.mark.parametrize(
    "url",
    [
        "https://trials",
        "s3://",
        "s3://key:secret@trials",
        "s3://trials?end-point=https://s3.example.org",
        "s3://trials?style=paths",
        "s3://trials?encryption=rot13",
        "s3://trials?endpoint=s3.example.org",
    ],
)
def test_what_cannot_be_meant_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        parse_storage_url(url)


def test_half_a_pair_of_keys_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_ACCESS_KEY", "ithaca")
    with pytest.raises(ImproperlyConfigured):
        parse_storage_url("s3://trials")


@pytest.mark.parametrize("url", ["", "unix:///run/clamav/clamd.ctl", "tcp://127.0.0.1:3310", "tcp://[::1]:3310"])
def test_a_scanner_is_on_this_machine(url: str) -> None:
    assert parse_scanner_url(url) == url


@pytest.mark.parametrize("url", ["/run/clamd.ctl", "unix://run/clamd.ctl", "tcp://127.0.0.1", "tcp://10.0.0.8:3310"])
def test_a_scanner_elsewhere_is_refused_since_nothing_encrypts_the_way_there(url: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        parse_scanner_url(url)

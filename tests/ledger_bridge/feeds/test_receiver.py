from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from ledger_bridge.feeds.receiver import Receiver, configured_receiver
from tests.check_deployment import check


def configure(settings: Any, **values: str) -> None:
    defaults = {"URL": "syslog+tls://siem.example:6514", "CA": "", "CERTIFICATE": "", "KEY": "", "FORMAT": "dicom"}
    for name, value in {**defaults, **values}.items():
        setattr(settings, f"AUDIT_FEED_{name}", value)


def test_without_an_address_there_is_no_feed(settings: Any) -> None:
    configure(settings, URL="")
    assert configured_receiver() is None


def test_the_port_may_be_left_out(settings: Any) -> None:
    configure(settings, URL="syslog+tls://siem.example")
    assert configured_receiver() == Receiver("siem.example", 6514)


@pytest.mark.parametrize(
    "url",
    [
        "siem.example:6514",
        "syslog://siem.example:514",
        "syslog+tls://",
        "syslog+tls://siem.example:0",
        "syslog+tls://siem.example:port",
        "syslog+tls://siem.example:99999",
        "syslog+tls://siem.example/path",
        "syslog+tls://name:word@siem.example",
        "https://siem.example",
    ],
)
def test_an_address_of_another_form_is_refused(settings: Any, url: str) -> None:
    configure(settings, URL=url)
    with pytest.raises(ImproperlyConfigured, match="AUDIT_FEED_URL must look like"):
        configured_receiver()


def test_an_unknown_format_is_refused(settings: Any) -> None:
    configure(settings, FORMAT="cef")
    with pytest.raises(ImproperlyConfigured, match="dicom or fhir"):
        configured_receiver()


def test_a_missing_file_is_refused(settings: Any, tmp_path: Path) -> None:
    configure(settings, CA=str(tmp_path / "ca.pem"))
    with pytest.raises(ImproperlyConfigured, match=r"AUDIT_FEED_CA: .* cannot be read"):
        configured_receiver()


def test_a_certificate_without_its_key_is_refused(settings: Any) -> None:
    configure(settings, CERTIFICATE=__file__)
    with pytest.raises(ImproperlyConfigured, match="set both or neither"):
        configured_receiver()


def test_another_format_is_another_position() -> None:
    assert Receiver("siem.example", 6514).name != Receiver("siem.example", 6514, "fhir").name


def test_an_installation_with_a_feed_that_cannot_work_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    done = check(AUDIT_FEED_URL="https://siem.example")
    assert done.returncode != 0
    assert "AUDIT_FEED_URL must look like syslog+tls://host:6514" in done.stderr

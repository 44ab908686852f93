"""A receiver with certificates, and a log to send to it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger_bridge.feeds.client import SyslogClient
from ledger_bridge.feeds.receiver import Receiver
from tests.fakes.certificates import Authority
from tests.fakes.syslog import SyslogReceiver

Connect = Callable[[Receiver], SyslogClient]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def receiver(authority: Authority) -> Iterator[SyslogReceiver]:
    with SyslogReceiver(authority.issue()) as running:
        yield running


@pytest.fixture
def feed_settings(receiver: SyslogReceiver, authority: Authority, settings: object) -> SyslogReceiver:
    """Point the installation's feed at the receiver."""
    point_at(settings, receiver.port, authority.certificate)
    return receiver


def point_at(settings: object, port: int, ca: Path) -> None:
    values = {"URL": f"syslog+tls://localhost:{port}", "CA": str(ca), "CERTIFICATE": "", "KEY": "", "FORMAT": "dicom"}
    for name, value in values.items():
        setattr(settings, f"AUDIT_FEED_{name}", value)


def impatient(receiver: Receiver) -> SyslogClient:
    return SyslogClient(receiver, timeout=0.5, deadline=2)

"""The feed against rsyslog, with certificates on both sides, as a hospital would run it."""

import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger_bridge.feeds.client import NotTaken, SyslogClient
from ledger_bridge.feeds.messages import context_for, frame
from ledger_bridge.feeds.receiver import DICOM, FHIR, Receiver
from tests.fakes.certificates import Authority, Pair
from tests.fakes.ledger import ORIGIN, FakeLedger
from tests.needs import find, needs

pytestmark = needs("rsyslog")

CONFIGURATION = """
global(workDirectory="{home}" maxMessageSize="64k" defaultNetstreamDriver="gtls"
    defaultNetstreamDriverCAFile="{ca}"
    defaultNetstreamDriverCertFile="{server.certificate}" defaultNetstreamDriverKeyFile="{server.key}")
module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1"
    streamDriver.authMode="x509/name" permittedPeer=["feed.example"])
input(type="imtcp" port="{port}" address="127.0.0.1")
template(name="parts" type="string" string="%pri% %hostname% %app-name% %msgid% %msg%\\n")
action(type="omfile" file="{home}/received" template="parts")
"""


class Rsyslog:
    """One rsyslogd with a directory of its own."""

    def __init__(self, home: Path, authority: Authority) -> None:
        self.home = home
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._configuration = home / "rsyslog.conf"
        text = CONFIGURATION.format(home=home, ca=authority.certificate, server=authority.issue(), port=self.port)
        self._configuration.write_text(text)
        self.start()

    def start(self) -> None:
        program = find("rsyslog")
        assert program
        command = [program, "-n", "-f", str(self._configuration), "-i", str(self.home / "pid")]
        with (self.home / "errors").open("w") as errors:
            self._process = subprocess.Popen(command, stderr=errors)
        self._wait_for(self._listens)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)

    def lines(self, count: int) -> list[str]:
        received = self.home / "received"
        self._wait_for(lambda: received.exists() and len(received.read_text().splitlines()) >= count)
        return received.read_text().splitlines()

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _wait_for(self, ready: object) -> None:
        give_up = time.monotonic() + 10
        while not ready():  # type: ignore[operator]
            assert time.monotonic() < give_up, (self.home / "errors").read_text()
            time.sleep(0.05)


@pytest.fixture
def rsyslog(tmp_path: Path, authority: Authority) -> Iterator[Rsyslog]:
    running = Rsyslog(tmp_path, authority)
    yield running
    running.stop()


def client(rsyslog: Rsyslog, authority: Authority, pair: Pair) -> SyslogClient:
    to = Receiver("localhost", rsyslog.port, DICOM, authority.certificate, pair.certificate, pair.key)
    return SyslogClient(to, timeout=5)


def frames(count: int, format_: str = DICOM) -> list[bytes]:
    ledger = FakeLedger()
    made = [ledger.record(workspace="w1", item=f"file{number}") for number in range(count)]
    events = [{"index": one.index, "tags": {}, "fields": one.fields, "hidden": {}} for one in made]
    return [frame(event, context_for(ORIGIN), format_) for event in events]


@pytest.mark.parametrize(("format_", "message_id"), [(DICOM, "DICOM+RFC3881"), (FHIR, "FHIR+AuditEvent")])
def test_rsyslog_takes_every_message_in_order(
    rsyslog: Rsyslog, authority: Authority, format_: str, message_id: str
) -> None:
    sent = frames(300, format_)
    client(rsyslog, authority, authority.issue("feed.example")).send(sent)
    lines = rsyslog.lines(300)
    assert [line.partition("\ufeff")[2] for line in lines] == [one.decode().partition("\ufeff")[2] for one in sent]
    assert lines[0].split()[:4] == ["85", "ledger.example", "ithaca", message_id]


def test_rsyslog_takes_nothing_from_a_client_under_another_name(rsyslog: Rsyslog, authority: Authority) -> None:
    with pytest.raises(NotTaken):
        client(rsyslog, authority, authority.issue("stranger.example")).send(frames(3))


def test_what_rsyslog_missed_while_it_was_down_it_takes_later(rsyslog: Rsyslog, authority: Authority) -> None:
    sender = client(rsyslog, authority, authority.issue("feed.example"))
    rsyslog.stop()
    with pytest.raises(NotTaken):
        sender.send(frames(2))
    rsyslog.start()
    sender.send(frames(2))
    assert len(rsyslog.lines(2)) == 2

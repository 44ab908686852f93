import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from ledger_bridge.feeds.client import NotTaken, SyslogClient
from ledger_bridge.feeds.receiver import Receiver
from tests.fakes import syslog
from tests.fakes.certificates import Authority
from tests.fakes.syslog import Behaviour, SyslogReceiver
from tests.ledger_bridge.feeds.conftest import impatient

FRAMES = [b"5 first", b"6 second"]
LARGE = [b"1000000 " + b"x" * 1_000_000] * 20


def send(to: SyslogReceiver, authority: Authority, frames: Iterable[bytes] = FRAMES) -> None:
    impatient(to.as_receiver(ca=authority.certificate)).send(frames)


@pytest.mark.parametrize("behave", [syslog.read_to_the_end, syslog.read_and_close])
def test_what_a_receiver_read_to_the_end_is_taken(
    receiver: SyslogReceiver, authority: Authority, behave: Behaviour
) -> None:
    receiver.behave = behave
    send(receiver, authority)
    assert receiver.frames == [b"first", b"second"]


@pytest.mark.parametrize(
    "behave",
    [
        syslog.hang_up_at_once,
        syslog.read_nothing,
        syslog.reset_after_some,
        syslog.close_with_unread,
    ],
)
@pytest.mark.parametrize("frames", [FRAMES, LARGE], ids=["small", "large"])
def test_what_a_receiver_may_not_have_read_is_not_taken(
    receiver: SyslogReceiver, authority: Authority, behave: Behaviour, frames: list[bytes]
) -> None:
    receiver.behave = behave
    with pytest.raises(NotTaken):
        send(receiver, authority, frames)


def test_a_receiver_that_ended_its_half_early_has_not_taken_anything(
    receiver: SyslogReceiver, authority: Authority
) -> None:
    receiver.behave = syslog.half_close
    with pytest.raises(NotTaken, match="ConnectionAborted"):
        send(receiver, authority, slowly(FRAMES))


def slowly(frames: list[bytes]) -> Iterator[bytes]:
    for frame in frames:
        time.sleep(0.2)
        yield frame


def test_a_receiver_that_is_down_has_not_taken_anything(authority: Authority) -> None:
    with SyslogReceiver(authority.issue()) as gone:
        pass
    with pytest.raises(NotTaken, match="Connection refused"):
        send(gone, authority)


def test_a_host_without_an_address_is_a_receiver_that_is_down() -> None:
    with pytest.raises(NotTaken):
        impatient(Receiver("no-such-host.invalid", 6514)).send(FRAMES)


def test_a_certificate_of_another_authority_is_refused(receiver: SyslogReceiver, tmp_path: Path) -> None:
    with pytest.raises(NotTaken, match="certificate was refused"):
        send(receiver, Authority(tmp_path))


def test_a_certificate_for_another_host_is_refused(authority: Authority) -> None:
    with (
        SyslogReceiver(authority.issue("elsewhere.example")) as elsewhere,
        pytest.raises(NotTaken, match="certificate was refused"),
    ):
        send(elsewhere, authority)


def test_without_a_ca_of_its_own_the_machines_cas_decide(receiver: SyslogReceiver) -> None:
    with pytest.raises(NotTaken, match="certificate was refused"):
        impatient(receiver.as_receiver()).send(FRAMES)


@pytest.fixture
def strict(authority: Authority) -> SyslogReceiver:
    return SyslogReceiver(authority.issue(), clients=authority.certificate)


def test_a_receiver_that_wants_our_certificate_gets_it(strict: SyslogReceiver, authority: Authority) -> None:
    pair = authority.issue("feed.example")
    with strict:
        options = {"ca": authority.certificate, "certificate": pair.certificate, "key": pair.key}
        impatient(strict.as_receiver(**options)).send(FRAMES)
    assert strict.frames == [b"first", b"second"]


def test_a_receiver_that_misses_our_certificate_has_not_taken_anything(
    strict: SyslogReceiver, authority: Authority
) -> None:
    with strict, pytest.raises(NotTaken):
        send(strict, authority)


def test_a_batch_that_takes_too_long_is_given_up(receiver: SyslogReceiver, authority: Authority) -> None:
    client = SyslogClient(receiver.as_receiver(ca=authority.certificate), timeout=5, deadline=-1)
    with pytest.raises(NotTaken, match="too slow"):
        client.send(FRAMES)


def test_the_deadlines_of_a_batch_fit_into_the_time_for_which_a_position_is_taken() -> None:
    from ledger_bridge.feeds.services import LEASE

    client = SyslogClient(Receiver("localhost", 1))
    # Connecting, shaking hands, the last write, the good-bye and its acknowledgement each may take one timeout.
    assert client._deadline + 5 * client._timeout < LEASE.total_seconds()

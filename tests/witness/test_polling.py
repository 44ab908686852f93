"""A witness without a port: it asks the log, and hands over what it cosigned."""

import pytest

from ledger_bridge.tlog.cosignature import CosignatureVerifier
from ledger_bridge.tlog.note import open_note
from tests.witness.conftest import ORIGIN, SIGNER, FakeLog, LogServer
from witness.cosigning import Witness
from witness.errors import DeclinedError, UnreachableError
from witness.fetching import RemoteLog
from witness.polling import Poller


@pytest.fixture
def poller(witness: Witness, log_server: LogServer) -> Poller:
    return Poller(witness, witness.logs[ORIGIN], RemoteLog(log_server.url, seconds=5), behind_for=0)


def test_what_the_log_shows_is_cosigned_and_handed_over(
    poller: Poller, witness: Witness, log_server: LogServer
) -> None:
    poller.poll()
    (pushed,) = log_server.pushed
    open_note(pushed, [CosignatureVerifier(witness.cosigners[0].key)])


@pytest.mark.parametrize("sizes", [(7, 9), (7, 256), (255, 257), (256, 600), (300, 70000)])
def test_the_proof_is_built_from_tiles(poller: Poller, witness: Witness, log: FakeLog, sizes: tuple[int, int]) -> None:
    for size in sizes:
        log.grow(size - len(log.hashes))
        poller.poll()
    assert witness.state.head(ORIGIN).root == log.root()


def test_the_same_checkpoint_is_handed_over_once(poller: Poller, log_server: LogServer) -> None:
    poller.poll()
    poller.poll()
    assert len(log_server.pushed) == 1


@pytest.mark.parametrize("count", [4, 9])
def test_a_fork_is_not_cosigned_but_kept(
    poller: Poller, witness: Witness, log: FakeLog, log_server: LogServer, count: int
) -> None:
    poller.poll()
    log_server.log = log.forked(3, count)
    with pytest.raises((DeclinedError, UnreachableError)):
        poller.poll()
    assert witness.state.head(ORIGIN).root == log.root()
    assert len(witness.state.evidence()) == 1
    assert len(log_server.pushed) == 1


def test_a_log_that_keeps_showing_less_was_rolled_back(
    poller: Poller, witness: Witness, log: FakeLog, log_server: LogServer
) -> None:
    poller.poll()
    log_server.log = FakeLog(log.hashes[:3])
    with pytest.raises(DeclinedError):
        poller.poll()
    (kept,) = witness.state.evidence()
    assert (kept.kind, kept.shown) == ("rollback", log.note(3))


def test_a_log_that_shows_less_for_a_moment_is_not_accused(
    witness: Witness, log: FakeLog, log_server: LogServer
) -> None:
    patient = Poller(witness, witness.logs[ORIGIN], RemoteLog(log_server.url), behind_for=60)
    patient.poll()
    log_server.log = FakeLog(log.hashes[:3])
    with pytest.raises(UnreachableError):
        patient.poll()
    log_server.log = log
    patient.poll()
    assert witness.state.evidence() == []


def test_tiles_that_are_not_the_log_s_convict_it(
    poller: Poller, witness: Witness, log: FakeLog, log_server: LogServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    poller.poll()
    log.grow(3)
    true_tile = FakeLog.tile
    monkeypatch.setattr(FakeLog, "tile", lambda self, path: bytes(32) + true_tile(self, path)[32:])
    with pytest.raises(DeclinedError):
        poller.poll()
    assert witness.state.head(ORIGIN).size == 7


def test_a_log_that_does_not_answer_is_named(witness: Witness) -> None:
    poller = Poller(witness, witness.logs[ORIGIN], RemoteLog("http://127.0.0.1:9/ledger", seconds=2))
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:9/ledger/checkpoint"):
        poller.poll()


def test_the_key_of_the_log_is_what_counts_not_its_address(poller: Poller, witness: Witness, log: FakeLog) -> None:
    log.signer = type(SIGNER).from_seed(ORIGIN, b"\x09" * 32)
    with pytest.raises(DeclinedError) as refusal:
        poller.poll()
    assert refusal.value.status == 403

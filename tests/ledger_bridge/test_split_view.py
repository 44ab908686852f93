"""Two histories of one log, each shown to another auditor: the policy lets at most one of them pass.

The witnesses are processes of their own, spoken to over real sockets, and the forked log holds the true keys.
"""

from pathlib import Path

import pytest

from ledger_bridge.tlog.errors import PolicyError
from ledger_bridge.tlog.policy import Policy
from ledger_bridge.witnessing.client import Cosigned, Declined, HttpWitness, StandsAt
from tests.witness.conftest import ORIGIN, SIGNER, FakeLog, make_witness, open_witness, witness_process
from witness.state import State


def test_two_auditors_cannot_be_shown_two_histories(tmp_path: Path) -> None:
    directories = [make_witness(tmp_path / name, f"{name}.example/w") for name in ("a", "b")]
    true = FakeLog()
    true.grow(10)
    false = true.forked(6, 7)
    keys = [open_witness(directory).cosigners[0].key for directory in directories]
    lines = [f"log {SIGNER.vkey}", f"witness a {keys[0]}", f"witness b {keys[1]}", "group both all a b", "quorum both"]
    policy = Policy.parse("\n".join(lines) + "\n")
    with witness_process(directories[0]) as first, witness_process(directories[1]) as second:
        witnesses = [f"http://127.0.0.1:{process.port}" for process in (first, second)]
        shown_to_one = true.note() + b"".join(cosign(url, true, 0) for url in witnesses)
        answers = [HttpWitness(url).add_checkpoint(10, list(false.proof(10)), false.note()) for url in witnesses]
    assert policy.check(shown_to_one).checkpoint.root == true.root()
    assert [answer.status for answer in answers if isinstance(answer, Declined)] == [422, 422]
    with pytest.raises(PolicyError, match="quorum"):
        policy.check(false.note())
    for directory in directories:
        (kept,) = State(directory).evidence()
        assert (kept.held.startswith(true.note()), kept.shown) == (True, false.note())


def test_a_log_that_splits_its_witnesses_meets_the_quorum_for_neither(tmp_path: Path) -> None:
    directories = [make_witness(tmp_path / name, f"{name}.example/w") for name in ("a", "b")]
    true = FakeLog()
    true.grow(10)
    false = true.forked(6, 4)
    keys = [open_witness(directory).cosigners[0].key for directory in directories]
    lines = [f"log {SIGNER.vkey}", f"witness a {keys[0]}", f"witness b {keys[1]}", "group both all a b", "quorum both"]
    policy = Policy.parse("\n".join(lines) + "\n")
    with witness_process(directories[0]) as first, witness_process(directories[1]) as second:
        one = true.note() + cosign(f"http://127.0.0.1:{first.port}", true, 0)
        other = false.note() + cosign(f"http://127.0.0.1:{second.port}", false, 0)
        for url, log in ((first.port, false), (second.port, true)):
            answer = HttpWitness(f"http://127.0.0.1:{url}").add_checkpoint(0, [], log.note())
            assert answer == StandsAt(10)
    for note in (one, other):
        with pytest.raises(PolicyError, match="quorum"):
            policy.check(note)
    assert [State(directory).evidence()[0].kind for directory in directories] == ["fork", "fork"]


def test_what_a_witness_shows_to_everybody_exposes_a_fork(tmp_path: Path) -> None:
    directory = make_witness(tmp_path / "a")
    log = FakeLog()
    log.grow(10)
    with witness_process(directory) as process:
        url = f"http://127.0.0.1:{process.port}"
        cosign(url, log, 0)
        shown = HttpWitness(url).latest(ORIGIN)
    assert shown is not None
    assert shown.startswith(log.note())
    assert not shown.startswith(log.forked(6, 4).note())


def cosign(url: str, log: FakeLog, old: int) -> bytes:
    answer = HttpWitness(url).add_checkpoint(old, list(log.proof(old)), log.note())
    assert isinstance(answer, Cosigned)
    return answer.lines

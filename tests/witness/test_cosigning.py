"""What a witness cosigns, and with which status it declines (C2SP tlog-witness)."""

import itertools
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ledger_bridge.tlog import merkle
from ledger_bridge.tlog.cosignature import CosignatureVerifier, timestamp
from ledger_bridge.tlog.encoding import to_base64
from ledger_bridge.tlog.mldsa import MldsaSigner, MldsaVerifier
from ledger_bridge.tlog.note import Signer, open_note, parse
from tests.witness.conftest import ORIGIN, SIGNER, FakeLog, make_witness, open_witness
from witness.cosigning import Witness
from witness.errors import ConflictError, DeclinedError


def declined(witness: Witness, body: bytes) -> tuple[int, str]:
    before = witness.state.heads()
    with pytest.raises(DeclinedError) as refusal:
        witness.add_checkpoint(body)
    assert witness.state.heads() == before
    return refusal.value.status, str(refusal.value)


def evidence(witness: Witness) -> list[str]:
    return [one.kind for one in witness.state.evidence()]


def test_the_first_checkpoint_of_a_known_log_is_cosigned(witness: Witness, log: FakeLog) -> None:
    lines = witness.add_checkpoint(log.request(0))
    ed25519, mldsa = (cosigner.key for cosigner in witness.cosigners)
    for verifier in (CosignatureVerifier(ed25519), MldsaVerifier(mldsa)):
        opened = open_note(log.note() + lines, [verifier])
        assert timestamp(opened.signatures[0].blob) > 0


def test_a_continuation_is_cosigned(witness: Witness, log: FakeLog) -> None:
    witness.add_checkpoint(log.request(0, 3))
    witness.add_checkpoint(log.request(3))
    assert witness.state.head(ORIGIN).size == 7


def test_the_same_checkpoint_is_cosigned_again_with_a_fresh_time(directory: Path, log: FakeLog) -> None:
    times = iter([1000.0, 2000.0])
    witness = open_witness(directory, lambda: next(times))
    for old in (0, 7):
        witness.add_checkpoint(log.request(old))
    assert witness.state.head(ORIGIN).time == 2000


def test_an_empty_log_is_cosigned(witness: Witness) -> None:
    witness.add_checkpoint(FakeLog().request(0))
    assert witness.state.heads()[ORIGIN].size == 0


def test_what_is_kept_holds_the_log_s_and_the_witness_s_signature_alone(witness: Witness, log: FakeLog) -> None:
    stranger = Signer.from_seed("stranger", b"\x05" * 32).signature_line(parse(log.note()).text)
    witness.add_checkpoint(log.request(0) + stranger)
    names = [one.name for one in parse(witness.state.head(ORIGIN).note).signatures]
    assert names == [ORIGIN, "witness.example/a", "witness.example/a"]


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (lambda _: b"", "body"),
        (lambda _: b"old 0\n", "body"),
        (lambda log: b"new 0\n\n" + log.note(), "old"),
        (lambda log: b"old 00\n\n" + log.note(), "old"),
        (lambda log: b"old -1\n\n" + log.note(), "old"),
        (lambda log: b"old 9223372036854775808\n\n" + log.note(), "old"),
        (lambda log: b"old 8\n\n" + log.note(), "old"),
        (lambda log: b"old 3\nAAAA\n\n" + log.note(), "proof"),
        (lambda log: b"old 3\n" + b"=" * 44 + b"\n\n" + log.note(), "proof"),
        (lambda log: b"old 3\n\xff\n\n" + log.note(), "proof"),
        (lambda log: b"old 3\n" + (to_base64(bytes(32)) + "\n").encode() * 64 + b"\n" + log.note(), "proof"),
        (lambda log: b"old 0\n\n" + log.note()[:-1], "checkpoint"),
        (lambda _: b"old 0\n\n" + SIGNER.sign(f"{ORIGIN}\n07\n{to_base64(bytes(32))}\n".encode()), "checkpoint"),
        (lambda _: b"old 0\n\n" + SIGNER.sign(f"{ORIGIN}\n7\n{to_base64(bytes(31))}\n".encode()), "checkpoint"),
        (lambda _: b"old 0\n\n" + SIGNER.sign(f"{ORIGIN}\n7\n{to_base64(bytes(32))}\nmore\n".encode()), "checkpoint"),
    ],
    ids=itertools.count(),
)
def test_what_is_no_request_is_400_and_names_the_part(
    witness: Witness, log: FakeLog, body: Callable[[FakeLog], bytes], part: str
) -> None:
    status, sentence = declined(witness, body(log))
    assert (status, sentence.partition(":")[0]) == (400, part)


def test_an_unknown_origin_is_404(witness: Witness) -> None:
    other = Signer.from_seed("other.example/log", b"\x01" * 32)
    note = other.sign(f"other.example/log\n7\n{to_base64(bytes(32))}\n".encode())
    assert declined(witness, b"old 0\n\n" + note)[0] == 404


def test_a_signature_by_a_stranger_is_403(witness: Witness, log: FakeLog) -> None:
    log.signer = Signer.from_seed(ORIGIN, b"\x09" * 32)
    assert declined(witness, log.request(0))[0] == 403


def test_a_known_key_whose_signature_fails_is_403(witness: Witness, log: FakeLog) -> None:
    forged = log.request(0, 6).replace(b"\n6\n", b"\n5\n")
    assert declined(witness, forged)[0] == 403


def test_a_log_with_keys_of_two_types_has_to_sign_with_both(tmp_path: Path, log: FakeLog) -> None:
    mldsa = MldsaSigner.from_seed(ORIGIN, b"\x04" * 32)
    witness = open_witness(make_witness(tmp_path / "both", keys=[SIGNER.vkey, mldsa.vkey]))
    assert declined(witness, log.request(0)) == (403, "checkpoint: the log's ML-DSA-44 signature is missing")
    assert witness.add_checkpoint(log.request(0) + mldsa.signature_line(parse(log.note()).text, 1))


def test_many_foreign_signatures_do_not_hurt(witness: Witness, log: FakeLog) -> None:
    text = parse(log.note()).text
    foreign = [Signer.from_seed(f"n{n}", bytes([n]) * 32).signature_line(text) for n in range(20)]
    assert witness.add_checkpoint(log.request(0) + b"".join(foreign))


def test_another_old_size_is_409_and_says_where_the_witness_stands(witness: Witness, log: FakeLog) -> None:
    witness.add_checkpoint(log.request(0, 5))
    with pytest.raises(ConflictError) as conflict:
        witness.add_checkpoint(log.request(3))
    assert conflict.value.size == 5


def test_signatures_are_checked_before_the_size(witness: Witness, log: FakeLog) -> None:
    witness.add_checkpoint(log.request(0))
    log.signer = Signer.from_seed(ORIGIN, b"\x09" * 32)
    assert declined(witness, log.request(3))[0] == 403


def test_an_empty_tree_with_a_root_is_422(witness: Witness) -> None:
    note = SIGNER.sign(f"{ORIGIN}\n0\n{to_base64(bytes(32))}\n".encode())
    assert declined(witness, b"old 0\n\n" + note)[0] == 422


def test_a_proof_from_nothing_is_422(witness: Witness, log: FakeLog) -> None:
    body = b"old 0\n" + to_base64(bytes(32)).encode() + b"\n\n" + log.note()
    assert declined(witness, body)[0] == 422


def test_a_fork_of_one_size_is_422_and_kept(witness: Witness, log: FakeLog) -> None:
    witness.add_checkpoint(log.request(0))
    fork = log.forked(3, 4)
    assert declined(witness, b"old 7\n\n" + fork.note())[0] == 422
    (kept,) = witness.state.evidence()
    assert (kept.kind, kept.shown) == ("fork", fork.note())
    assert kept.held.startswith(log.note())


def test_a_fork_is_kept_even_when_it_comes_with_a_wrong_old_size(witness: Witness, log: FakeLog) -> None:
    witness.add_checkpoint(log.request(0))
    assert declined(witness, b"old 0\n\n" + log.forked(3, 4).note())[0] == 409
    assert evidence(witness) == ["fork"]


@pytest.mark.parametrize("at", [1, 4, 6])
def test_a_longer_fork_is_422_and_kept(witness: Witness, log: FakeLog, at: int) -> None:
    witness.add_checkpoint(log.request(0))
    assert declined(witness, log.forked(at, 9).request(7))[0] == 422
    assert evidence(witness) == ["unproven"]


def test_a_fork_is_kept_once(witness: Witness, log: FakeLog) -> None:
    witness.add_checkpoint(log.request(0))
    fork = log.forked(3, 4)
    for _ in range(3):
        declined(witness, b"old 7\n\n" + fork.note())
    assert evidence(witness) == ["fork"]


def test_evidence_does_not_fill_the_disk(witness: Witness, log: FakeLog) -> None:
    witness.add_checkpoint(log.request(0))
    for n in range(120):
        other = FakeLog([merkle.leaf_hash(b"%d" % n)] * 7)
        declined(witness, b"old 7\n\n" + other.note())
    assert len(evidence(witness)) == 100


def test_an_older_checkpoint_is_refused_and_convicts_nobody(witness: Witness, log: FakeLog) -> None:
    witness.add_checkpoint(log.request(0))
    assert declined(witness, log.request(0, 3))[0] == 409
    assert declined(witness, b"old 7\n\n" + log.note(3))[0] == 400
    assert evidence(witness) == []


def test_a_clock_that_goes_back_does_not_take_the_time_with_it(directory: Path, log: FakeLog) -> None:
    times = iter([5000.0, 20.0])
    witness = open_witness(directory, lambda: next(times))
    witness.add_checkpoint(log.request(0, 3))
    witness.add_checkpoint(log.request(3))
    assert witness.state.head(ORIGIN).time == 5000


def test_a_clock_before_the_epoch_still_gives_a_time(directory: Path, log: FakeLog) -> None:
    witness = open_witness(directory, lambda: -3.0)
    witness.add_checkpoint(log.request(0))
    assert witness.state.head(ORIGIN).time == 1


def test_the_file_itself_refuses_to_go_back(directory: Path, witness: Witness, log: FakeLog) -> None:
    witness.add_checkpoint(log.request(0))
    with (
        closing(sqlite3.connect(directory / "witness.sqlite")) as connection,
        pytest.raises(sqlite3.IntegrityError, match="never goes back"),
    ):
        connection.execute("UPDATE head SET size = 3")


def test_two_processes_on_one_file_do_not_both_advance(directory: Path, witness: Witness, log: FakeLog) -> None:
    witness.add_checkpoint(log.request(0, 3))
    open_witness(directory).add_checkpoint(log.request(3, 7))
    assert declined(witness, log.forked(3, 5).request(3))[0] == 409

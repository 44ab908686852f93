"""Logs that sign with two types of key, and keys that are replaced."""

import pytest

from ledger_bridge.tlog.checkpoint import Checkpoint
from ledger_bridge.tlog.errors import FormatError, PolicyError, SignatureError
from ledger_bridge.tlog.mldsa import MldsaSigner
from ledger_bridge.tlog.note import Signer, join
from ledger_bridge.tlog.policy import Policy, validity_line
from tests.fakes.ledger import secret

ORIGIN = "ledger.example/clinic"
OLD = Signer.from_seed(ORIGIN, secret("old"))
NEW = Signer.from_seed(ORIGIN, secret("new"))
QUANTUM = MldsaSigner.from_seed(ORIGIN, secret("quantum"))
WITNESS = MldsaSigner.from_seed("witness.example/q", secret("witness"))
BOTH = f"log {OLD.vkey}\nlog {QUANTUM.vkey}\n"


def note(*signers: Signer | MldsaSigner, size: int = 10) -> bytes:
    text = Checkpoint(ORIGIN, size, secret("root", size)).marshal()
    lines = [one.signature_line(text) if isinstance(one, Signer) else one.signature_line(text, 5) for one in signers]
    return join(text, lines)


def policy(lines: str) -> Policy:
    return Policy.parse(f"{lines}quorum none\n")


def test_both_types_count_when_both_signed() -> None:
    assert policy(BOTH).check(note(OLD, QUANTUM)).log_keys == (OLD.key, QUANTUM.key)


@pytest.mark.parametrize(("signer", "missing"), [(OLD, "ML-DSA-44"), (QUANTUM, "Ed25519")])
def test_one_type_alone_is_refused_when_both_are_known(signer: Signer | MldsaSigner, missing: str) -> None:
    with pytest.raises(SignatureError, match=missing):
        policy(BOTH).check(note(signer))


def test_a_policy_of_one_type_ignores_the_other() -> None:
    assert policy(f"log {OLD.vkey}\n").check(note(OLD, QUANTUM)).log_keys == (OLD.key,)


def test_a_policy_may_know_the_new_type_alone() -> None:
    assert policy(f"log {QUANTUM.vkey}\n").check(note(OLD, QUANTUM)).log_keys == (QUANTUM.key,)


def test_checkpoints_from_before_the_second_key_need_only_the_first() -> None:
    known = policy(BOTH + validity_line(QUANTUM.key, 11, None))
    assert known.check(note(OLD, size=10)).log_keys == (OLD.key,)
    with pytest.raises(SignatureError):
        known.check(note(OLD, size=11))


def test_a_retired_key_signs_for_old_sizes_only() -> None:
    lines = f"log {OLD.vkey}\n{validity_line(OLD.key, 0, 10)}log {NEW.vkey}\n{validity_line(NEW.key, 8, None)}"
    known = policy(lines)
    assert known.check(note(OLD, size=7)).log_keys == (OLD.key,)
    assert known.check(note(OLD, NEW, size=9)).log_keys == (OLD.key, NEW.key)
    assert known.check(note(NEW, size=11)).log_keys == (NEW.key,)
    with pytest.raises(SignatureError):
        known.check(note(OLD, size=11))


def test_a_size_for_which_no_key_is_valid_is_refused() -> None:
    with pytest.raises(PolicyError):
        policy(f"log {OLD.vkey}\n{validity_line(OLD.key, 5, 9)}").check(note(OLD))


def test_a_retired_key_must_still_verify() -> None:
    text = Checkpoint(ORIGIN, 11, secret("root", 11)).marshal()
    forged = join(text, [NEW.signature_line(text), OLD.signature_line(b"another text\n")])
    with pytest.raises(SignatureError):
        policy(f"log {OLD.vkey}\n{validity_line(OLD.key, 0, 10)}log {NEW.vkey}\n").check(forged)


def test_a_witness_may_use_the_new_type() -> None:
    lines = f"log {OLD.vkey}\nwitness q {WITNESS.vkey}\nquorum q\n"
    assert [one.witness for one in Policy.parse(lines).check(note(OLD, WITNESS)).cosigned] == ["q"]
    with pytest.raises(PolicyError):
        Policy.parse(lines).check(note(OLD))


def test_other_notes_are_signed_with_ed25519() -> None:
    assert policy(BOTH).open_log_note(OLD.sign(b"a manifest\n")) == (b"a manifest\n", OLD.key)


def test_a_note_by_two_keys_is_named_after_the_one_that_stays() -> None:
    lines = f"log {OLD.vkey}\n{validity_line(OLD.key, 0, 10)}log {NEW.vkey}\n"
    text = b"a manifest\n"
    both = join(text, [OLD.signature_line(text), NEW.signature_line(text)])
    assert policy(lines).open_log_note(both)[1] == NEW.key


@pytest.mark.parametrize(
    "lines",
    [
        f"#valid {ORIGIN}+{OLD.key.key_id.hex()} 1\nlog {OLD.vkey}\n",
        f"log {OLD.vkey}\n{validity_line(OLD.key, 0, None) * 2}",
        f"log {OLD.vkey}\n{validity_line(OLD.key, 5, 4)}",
        f"log {OLD.vkey}\n{validity_line(NEW.key, 5, None)}",
        f"log {OLD.vkey}\n#valid {ORIGIN}+{OLD.key.key_id.hex()}\n",
        f"log {OLD.vkey}\n#valid {ORIGIN}+{OLD.key.key_id.hex()} 01\n",
        f"log {OLD.vkey}\n#valid {ORIGIN}+{OLD.key.key_id.hex()} 1 2 3\n",
        f"log {WITNESS.vkey}\nlog {WITNESS.vkey}\n",
    ],
)
def test_it_refuses_a_validity_that_makes_no_sense(lines: str) -> None:
    with pytest.raises(FormatError, match="policy line"):
        policy(lines)


def test_a_very_long_chain_of_groups_is_refused_not_followed() -> None:
    chain = "".join(f"group g{n + 1} any g{n}\n" for n in range(5000))
    with pytest.raises(FormatError, match="256"):
        policy(f"log {OLD.vkey}\nwitness g0 {WITNESS.vkey}\n{chain}")


def test_the_longest_chain_of_groups_is_counted() -> None:
    chain = "".join(f"group g{n + 1} any g{n}\n" for n in range(256))
    known = Policy.parse(f"log {OLD.vkey}\nwitness g0 {WITNESS.vkey}\n{chain}quorum g256\n")
    assert known.check(note(OLD, WITNESS)).cosigned

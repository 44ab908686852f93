"""Exports of a log that signs with two types of key, and of one whose key was replaced."""

from pathlib import Path

import pytest

from ledger_bridge.tlog.mldsa import MldsaSigner
from ledger_bridge.tlog.note import Signer, join
from ledger_bridge.tlog.policy import Policy, validity_line
from tests.fakes.archives import forge, members
from tests.fakes.ledger import ORIGIN, FakeLedger, secret, small_ledger
from verifier.receipt import verify_receipt
from verifier.report import MismatchError, Report
from verifier.trail import Brought, verify_trail

QUANTUM = MldsaSigner.from_seed(ORIGIN, secret("quantum"))
NEXT = Signer.from_seed(ORIGIN, secret("next"))
SUBJECT = ("workspace", "w1")


class HybridLedger(FakeLedger):
    """Signs its checkpoints with ML-DSA-44 too."""

    def checkpoint_note(self, size: int | None = None) -> bytes:
        text = self.checkpoint(size).marshal()
        return join(text, [self.signer.signature_line(text), QUANTUM.signature_line(text, 1_790_000_000)])


def hybrid() -> HybridLedger:
    small = small_ledger()
    return HybridLedger(entries=small.entries, leaves=small.leaves, streams=small.streams)


def policy(*lines: str) -> Policy:
    return Policy.parse("".join(lines) + "quorum none\n")


ED25519 = f"log {FakeLedger().signer.vkey}\n"
BOTH = f"{ED25519}log {QUANTUM.vkey}\n"


def verified(archive: bytes, tmp_path: Path, asked: Policy) -> str:
    (tmp_path / "trail.zip").write_bytes(archive)
    report = Report("trail.zip")
    verify_trail(tmp_path / "trail.zip", report, Brought(asked))
    return report.as_text()


def test_both_signatures_are_checked_and_named(tmp_path: Path) -> None:
    ledger = hybrid()
    text = verified(ledger.archive(ledger.trail(SUBJECT)), tmp_path, policy(BOTH))
    assert f"Ed25519 (key {ledger.signer.key.key_id.hex()}) and ML-DSA-44 (key {QUANTUM.key.key_id.hex()})" in text
    assert "second type" not in text


def test_one_signature_is_not_enough_where_both_are_known(tmp_path: Path) -> None:
    ledger = small_ledger()
    with pytest.raises(MismatchError, match="no ML-DSA-44 key"):
        verified(ledger.archive(ledger.trail(SUBJECT)), tmp_path, policy(BOTH))


def test_an_export_from_before_the_second_key_still_holds(tmp_path: Path) -> None:
    ledger = small_ledger()
    asked = policy(BOTH, validity_line(QUANTUM.key, 12, None))
    text = verified(ledger.archive(ledger.trail(SUBJECT)), tmp_path, asked)
    assert "Everything that was checked holds" in text
    assert "a key of a second type" in text


def test_a_flipped_bit_in_the_second_signature_is_found(tmp_path: Path) -> None:
    ledger = hybrid()
    archive = ledger.archive(ledger.trail(SUBJECT))
    note = members(archive)["checkpoint"]
    at = note.rindex(b" ") + 2000
    other = b"B" if note[at : at + 1] == b"A" else b"A"
    forged = forge(archive, ledger.signer, checkpoint=note[:at] + other + note[at + 1 :])
    with pytest.raises(MismatchError, match="ML-DSA-44 signature"):
        verified(forged, tmp_path, policy(BOTH))


def test_a_receipt_names_both_too() -> None:
    report = Report("receipt")
    verify_receipt(hybrid().receipt(3).marshal(), report, policy=policy(BOTH), known=None)
    assert "ML-DSA-44" in report.as_text()


def after_rotation(signer: Signer, tmp_path: Path) -> str:
    """An export whose checkpoint the new key signed, with a manifest by this one."""
    ledger = small_ledger()
    archive = ledger.archive(ledger.trail(SUBJECT))
    signed = forge(archive, signer, checkpoint=NEXT.sign(ledger.checkpoint().marshal()))
    asked = policy(ED25519, validity_line(ledger.signer.key, 0, 10), f"log {NEXT.vkey}\n")
    return verified(signed, tmp_path, asked)


def test_an_export_after_a_rotation_holds(tmp_path: Path) -> None:
    assert "Everything that was checked holds" in after_rotation(NEXT, tmp_path)


def test_a_manifest_by_a_retired_key_is_refused(tmp_path: Path) -> None:
    """Whoever kept a retired key could otherwise exchange the renderings of a genuine export."""
    with pytest.raises(MismatchError, match="not valid for 11 leaves"):
        after_rotation(small_ledger().signer, tmp_path)

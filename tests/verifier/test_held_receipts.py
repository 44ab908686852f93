"""`--receipt`: an export must tell what the receipts of others tell."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger_bridge.tlog.entry import canonical
from ledger_bridge.tlog.proof import TlogProof
from tests.fakes.ledger import FakeLedger, FakeStream, small_ledger
from verifier.__main__ import main

WORKSPACE = ("workspace", "w1")


class Compare:
    """Runs the verifier over an export and a receipt."""

    def __init__(self, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._directory = directory
        self._capsys = capsys

    def __call__(self, archive: bytes, receipt: TlogProof | bytes, policy: str | None) -> tuple[int, str]:
        held = receipt if isinstance(receipt, bytes) else receipt.marshal()
        for name, content in {"trail.zip": archive, "mine.tlog-proof": held, "policy": (policy or "").encode()}.items():
            (self._directory / name).write_bytes(content)
        trusted = ["--policy", str(self._directory / "policy")] if policy else []
        receipt_file = str(self._directory / "mine.tlog-proof")
        status = main([str(self._directory / "trail.zip"), "--receipt", receipt_file, *trusted])
        shown = self._capsys.readouterr()
        return status, shown.out + shown.err


@pytest.fixture
def compare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Compare:
    return Compare(tmp_path, capsys)


def without_tags(receipt: TlogProof) -> TlogProof:
    event: dict[str, Any] = json.loads(receipt.extra or b"")
    return replace(receipt, extra=canonical(event | {"tags": {}}))


def test_a_receipt_from_the_same_log_agrees(compare: Compare, ledger: FakeLedger, archive: bytes) -> None:
    status, shown = compare(archive, ledger.receipt(5), ledger.policy)
    assert status == 0
    assert "The receipt mine.tlog-proof agrees: this export begins with the 11 leaves of its checkpoint" in shown


def test_a_receipt_without_numbers_agrees_too(compare: Compare, ledger: FakeLedger, archive: bytes) -> None:
    assert compare(archive, without_tags(ledger.receipt(5)), ledger.policy)[0] == 0


def test_an_older_receipt_agrees(compare: Compare, ledger: FakeLedger) -> None:
    receipt = ledger.receipt(5)
    ledger.record(workspace="w1", item="file1", actor="bo")
    assert compare(ledger.archive(ledger.trail(WORKSPACE)), receipt, ledger.policy)[0] == 0


def test_a_receipt_about_something_else_agrees(compare: Compare, ledger: FakeLedger, archive: bytes) -> None:
    status, shown = compare(archive, ledger.receipt(4), ledger.policy)
    assert (status, "event 4 is not in this export" in shown) == (0, True)


def test_a_history_that_was_changed_since_is_found(compare: Compare, ledger: FakeLedger) -> None:
    receipt = ledger.receipt(5)
    ledger.leaves[6] = ledger.leaves[7]
    ledger.record(workspace="w1", item="file1", actor="bo")
    status, shown = compare(ledger.archive(ledger.trail(WORKSPACE)), receipt, ledger.policy)
    assert (status, "history was changed" in shown, "receipt mine.tlog-proof" in shown) == (1, True, True)


def test_an_export_from_before_the_receipt_is_refused(compare: Compare, ledger: FakeLedger, archive: bytes) -> None:
    ledger.record(workspace="w1", item="file1", actor="bo")
    status, shown = compare(archive, ledger.receipt(11), ledger.policy)
    assert (status, "older than the receipt, or the log was rolled back" in shown) == (1, True)


def keep_back(ledger: FakeLedger, stream: FakeStream) -> TlogProof:
    """Record one more entry in this stream, hand out its receipt, and leave it out of exports."""
    honest = ledger.streams[WORKSPACE]
    ledger.streams[WORKSPACE] = stream
    entry = ledger.record(workspace="w1", item="file1", actor="bo")
    receipt = ledger.receipt(entry.index)
    ledger.entries.pop()
    ledger.streams[WORKSPACE] = honest
    return receipt


def test_a_second_stream_about_the_same_thing_is_found(compare: Compare, ledger: FakeLedger) -> None:
    receipt = keep_back(ledger, FakeStream(*WORKSPACE, key=bytes(32)))
    status, shown = compare(ledger.archive(ledger.trail(WORKSPACE)), receipt, ledger.policy)
    assert (status, "it commits to another stream of workspace w1: there is a second one" in shown) == (1, True)


def test_an_entry_kept_back_behind_a_gap_is_found(compare: Compare, ledger: FakeLedger) -> None:
    honest = ledger.streams[WORKSPACE]
    receipt = keep_back(ledger, replace(honest, length=honest.length + 100))
    status, shown = compare(ledger.archive(ledger.trail(WORKSPACE)), receipt, ledger.policy)
    assert (status, "but the export leaves it out" in shown) == (1, True)


def test_a_receipt_with_a_wrong_number_is_found(compare: Compare, ledger: FakeLedger, archive: bytes) -> None:
    honest = ledger.receipt(5)
    event: dict[str, Any] = json.loads(honest.extra or b"")
    event["tags"]["workspace"] += 1
    status, shown = compare(archive, replace(honest, extra=canonical(event)), ledger.policy)
    assert (status, "it is not number 6 of the stream of workspace w1" in shown) == (1, True)


def test_a_damaged_receipt_is_named(compare: Compare, ledger: FakeLedger, archive: bytes) -> None:
    half = ledger.receipt(5).marshal()[:300]
    status, shown = compare(archive, half, ledger.policy)
    assert (status, "receipt mine.tlog-proof" in shown) == (1, True)


def test_a_receipt_from_another_log_is_refused(compare: Compare, ledger: FakeLedger, archive: bytes) -> None:
    assert compare(archive, small_ledger(origin="other.example").receipt(5), ledger.policy)[0] == 1


def test_a_receipt_is_not_compared_without_a_policy(compare: Compare, ledger: FakeLedger, archive: bytes) -> None:
    assert compare(archive, ledger.receipt(5), None)[0] == 2

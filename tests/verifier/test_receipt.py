import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ledger_bridge.tlog.entry import canonical
from tests.fakes.archives import flip
from tests.fakes.ledger import FakeLedger, identifier, small_ledger
from tests.verifier.conftest import Verify

Refused = Callable[..., str]


@pytest.mark.parametrize("index", range(11))
def test_it_accepts_an_honest_receipt(verify: Verify, ledger: FakeLedger, index: int) -> None:
    outcome = verify(ledger.receipt(index).marshal(), policy=ledger.policy)
    assert (outcome.status, len(outcome.report["checks"])) == (0, 3)


def test_it_accepts_hidden_fields(verify: Verify, ledger: FakeLedger) -> None:
    assert verify(ledger.receipt(5, hide={"person", "kind", "id"}).marshal(), policy=ledger.policy).status == 0


def test_it_says_who_can_check_the_numbers(verify: Verify, ledger: FakeLedger) -> None:
    limits = verify(ledger.receipt(5).marshal(), policy=ledger.policy).report["limits"]
    assert "workspace 5" in str(limits)


def test_it_needs_a_policy(verify: Verify, ledger: FakeLedger) -> None:
    outcome = verify(ledger.receipt(5).marshal())
    assert (outcome.status, "--policy" in outcome.error) == (2, True)


def change(**changes: Any) -> Callable[[dict[str, Any]], object]:
    return lambda event: event.update(changes)


FRAUDS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "changes a field": (lambda e: e["fields"].update(outcome="deny"), "part extra, event 5, field commitment"),
    "invents a value": (lambda e: e["fields"].update(outcome="maybe"), "part extra, event 5, field outcome"),
    "drops a field": (lambda e: e["fields"].pop("outcome"), "part extra, event 5, field outcome"),
    "names another index": (change(index=4), "part extra, field index: it is about event 4, the proof about 5"),
    "shows another leaf": (change(leaf="01" + "00" * 96), "part inclusion proof: the inclusion proof leads to another"),
    "shows no leaf": (lambda e: e.pop("leaf"), "part extra: it does not hold an event"),
    "breaks the leaf": (change(leaf="xyz"), "part extra: it does not hold an event"),
    "breaks the form": (change(fields=[]), "part extra: it does not hold an event"),
}


@pytest.mark.parametrize("fraud", FRAUDS)
def test_it_finds_fraud_in_the_event(ledger: FakeLedger, refused: Refused, fraud: str) -> None:
    edit, expected = FRAUDS[fraud]
    honest = ledger.receipt(5)
    event = json.loads(honest.extra or b"")
    edit(event)
    assert expected in refused(replace(honest, extra=canonical(event)).marshal())


def test_it_refuses_another_spelling_of_the_event(ledger: FakeLedger, refused: Refused) -> None:
    honest = ledger.receipt(5)
    assert "canonical form" in refused(replace(honest, extra=b" " + (honest.extra or b"")).marshal())


def test_it_refuses_a_receipt_without_event(ledger: FakeLedger, refused: Refused) -> None:
    assert "part extra" in refused(replace(ledger.receipt(5), extra=None).marshal())


def test_it_refuses_a_changed_proof(ledger: FakeLedger, refused: Refused) -> None:
    honest = ledger.receipt(5)
    changed = replace(honest, hashes=(flip(honest.hashes[0], 3), *honest.hashes[1:]))
    assert "part inclusion proof" in refused(changed.marshal())


def test_it_refuses_a_checkpoint_by_another_log(refused: Refused) -> None:
    assert "part checkpoint" in refused(small_ledger(origin="other.example").receipt(5).marshal())


def test_it_refuses_a_receipt_that_was_cut(ledger: FakeLedger, refused: Refused) -> None:
    data = ledger.receipt(5).marshal()
    assert refused(data[: len(data) // 2]).startswith("the receipt is cut or damaged")


def test_it_finds_every_changed_byte(ledger: FakeLedger, verify: Verify) -> None:
    data = ledger.receipt(5).marshal()
    undetected = [at for at in range(0, len(data), 7) if verify(flip(data, at), policy=ledger.policy).status == 0]
    assert undetected == []


def test_it_recognises_a_known_checkpoint(verify: Verify, ledger: FakeLedger) -> None:
    outcome = verify(ledger.receipt(5).marshal(), policy=ledger.policy, known=ledger.checkpoint_note())
    assert "The checkpoint is the one you know." in outcome.report["checks"]


def test_it_says_that_a_receipt_is_too_short_to_show_history(verify: Verify, ledger: FakeLedger) -> None:
    outcome = verify(ledger.receipt(5).marshal(), policy=ledger.policy, known=ledger.checkpoint_note(6))
    assert "a receipt is too short" in str(outcome.report["limits"])


def test_it_finds_two_checkpoints_of_one_size(ledger: FakeLedger, refused: Refused) -> None:
    known = ledger.checkpoint_note()
    ledger.leaves[0] = ledger.leaves[1]
    assert "two different checkpoints" in refused(ledger.receipt(5).marshal(), known=known)


def test_it_says_by_which_token_a_program_acted(verify: Verify, ledger: FakeLedger) -> None:
    one = ledger.record(actor="ana", **{"detail.by_token": identifier("nightly")})
    checks = verify(ledger.receipt(one.index).marshal(), policy=ledger.policy).report["checks"]
    assert f", by token {identifier('nightly')}." in checks[-1]

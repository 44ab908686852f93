"""Anchors in an export: what they show, and every way in which they may not hold."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ledger_bridge.tlog.anchors.chain import ChainEvidence
from tests.fakes.chain import block_hash, make_evidence
from tests.fakes.ledger import FakeLedger
from tests.verifier.conftest import WORKSPACE, Verify

Refused = Callable[..., str]


def export(ledger: FakeLedger, *anchors: dict[str, Any]) -> bytes:
    content = {"version": 1, "anchors": list(anchors)}
    return ledger.archive(replace(ledger.trail(WORKSPACE), anchors=content))


def anchored(ledger: FakeLedger, size: int = 7) -> dict[str, Any]:
    evidence = make_evidence(ledger.origin, size, ledger.checkpoint(size).root)
    return {"kind": "chain", **evidence.as_json()}


def test_an_anchor_that_holds_is_told_with_block_and_hash(verify: Verify, ledger: FakeLedger) -> None:
    one = anchored(ledger)
    outcome = verify(export(ledger, one), policy=ledger.policy)
    assert outcome.status == 0
    said = next(check for check in outcome.report["checks"] if "anchored" in check)
    assert "The first 7 leaves are anchored in block 77 of chain 1337" in said
    assert block_hash(ChainEvidence.from_json(one)).hex() in said
    assert any("compare it with a block explorer" in limit for limit in outcome.report["limits"])


def test_the_hash_that_an_auditor_brings_is_compared(verify: Verify, ledger: FakeLedger) -> None:
    one = anchored(ledger)
    known = block_hash(ChainEvidence.from_json(one)).hex()
    outcome = verify(export(ledger, one), policy=ledger.policy, block_hash="0x" + known)
    assert outcome.status == 0
    assert any("is the one you gave" in check for check in outcome.report["checks"])
    assert verify(export(ledger, one), policy=ledger.policy, block_hash="11" * 32).status == 1
    assert verify(export(ledger), policy=ledger.policy, block_hash="1" * 63).status == 2


def test_a_hash_for_an_export_without_anchors_does_not_hold(verify: Verify, ledger: FakeLedger, archive: bytes) -> None:
    assert verify(archive, policy=ledger.policy, block_hash="11" * 32).status == 1


def test_several_anchors_are_all_compared_with_the_leaves(verify: Verify, ledger: FakeLedger) -> None:
    sizes = (1, 7, 11)
    outcome = verify(export(ledger, *(anchored(ledger, size) for size in sizes)), policy=ledger.policy)
    assert [check for check in outcome.report["checks"] if "anchored" in check][2].startswith("The first 11 leaves")


def test_a_log_that_was_rewritten_after_the_anchor_is_found(refused: Refused, ledger: FakeLedger) -> None:
    one = anchored(ledger)
    ledger.leaves[3] = ledger.leaves[3][:-1] + b"\0"
    ledger.entries[3].fields["detail.name"] = "another.csv"
    honest = FakeLedger(ledger.origin, ledger.witnesses)
    for _ in range(12):
        honest.record(workspace="w1", actor="ana")
    assert "block 77 of chain 1337 holds another root for the first 7 leaves" in refused(export(honest, one))


def test_a_log_that_was_rolled_back_behind_its_anchor_is_found(refused: Refused, ledger: FakeLedger) -> None:
    one = {"kind": "chain", **make_evidence(ledger.origin, 12, b"\x01" * 32).as_json()}
    assert "covers 12 leaves, the checkpoint only 11" in refused(export(ledger, one))


def test_an_anchor_of_another_log_is_refused(refused: Refused, ledger: FakeLedger) -> None:
    one = {"kind": "chain", **make_evidence("another.example/log", 7, ledger.checkpoint(7).root).as_json()}
    assert "holds nothing under this key" in refused(export(ledger, one))


def test_an_anchor_in_another_contract_is_refused(refused: Refused, ledger: FakeLedger) -> None:
    evidence = make_evidence(ledger.origin, 7, ledger.checkpoint(7).root, code_hash=b"\x55" * 32)
    assert "not that of the anchor contract" in refused(export(ledger, {"kind": "chain", **evidence.as_json()}))


@pytest.mark.parametrize(
    "field", ["chain_id", "contract", "founder", "transaction", "header", "account_proof", "size_proof", "root_proof"]
)
@pytest.mark.parametrize("value", [None, "", "0x", "0xzz", [], ["0x00"], -1, {}, "0x" + "00" * 70_000])
def test_a_field_of_the_wrong_form_is_refused(refused: Refused, ledger: FakeLedger, field: str, value: object) -> None:
    assert "anchors.json, anchor 1" in refused(export(ledger, anchored(ledger) | {field: value}))


@pytest.mark.parametrize("field", ["header", "account_proof", "size_proof", "root_proof"])
def test_no_changed_byte_of_the_evidence_is_accepted_under_the_known_hash(
    verify: Verify, ledger: FakeLedger, field: str
) -> None:
    one = anchored(ledger)
    known = block_hash(ChainEvidence.from_json(one)).hex()
    text = json.dumps(one[field])
    for at in range(4, len(text) - 3, 97):
        if text[at] in "0123456789abcdef" and text[at - 1] != "0":
            changed = text[:at] + ("1" if text[at] != "1" else "2") + text[at + 1 :]
            data = export(ledger, {**one, field: json.loads(changed)})
            assert verify(data, policy=ledger.policy, block_hash=known).status == 1


@pytest.mark.parametrize("content", ["[]", "{}", '{"version":2,"anchors":[]}', '{"version":1,"anchors":[1]}', "x"])
def test_a_member_of_the_wrong_form_is_refused(refused: Refused, ledger: FakeLedger, content: str) -> None:
    trail = ledger.trail(WORKSPACE)
    value = json.loads(content) if content != "x" else {"version": 1.5}
    assert refused(ledger.archive(replace(trail, anchors=value))).startswith("member anchors.json")

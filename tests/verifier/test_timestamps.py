"""Timestamps in an export: what is checked here, what is said not to be, and every way in which they may not hold."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from ledger_bridge.tlog.anchors.timestamp import TimestampEvidence
from ledger_bridge.tlog.checkpoint import Checkpoint
from tests.fakes.chain import make_evidence
from tests.fakes.ledger import FakeLedger
from tests.fakes.timestamps import Authority
from tests.fakes.token_cases import FAILING, HOLDING
from tests.fakes.tokens import imprint_of
from tests.needs import needs
from tests.verifier.conftest import WORKSPACE, Verify
from tests.verifier.in_browser import verifier_page, verify_all
from tests.verifier.mutations import Case
from tests.verifier.test_agreement import comparable, in_python

pytestmark = needs("openssl")
Refused = Callable[..., str]


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa"))


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with verifier_page() as opened:
        yield opened


@pytest.fixture
def stamped(tsa: Authority, ledger: FakeLedger) -> dict[str, Any]:
    return stamp(tsa, Checkpoint(ledger.origin, 7, ledger.checkpoint(7).root))


def stamp(tsa: Authority, head: Checkpoint) -> dict[str, Any]:
    evidence = TimestampEvidence(size=head.size, root=head.root, token=tsa.token(head.marshal()))
    return {"kind": "timestamp", **evidence.as_json()}


def export(ledger: FakeLedger, *anchors: dict[str, Any]) -> bytes:
    content = {"version": 1, "anchors": list(anchors)}
    return ledger.archive(replace(ledger.trail(WORKSPACE), anchors=content))


def test_a_timestamp_is_compared_with_the_leaves_and_its_signature_said_to_be_unchecked(
    verify: Verify, ledger: FakeLedger, stamped: dict[str, Any]
) -> None:
    outcome = verify(export(ledger, stamped), policy=ledger.policy)
    assert outcome.status == 0
    assert any("about the checkpoint with the first 7 leaves" in check for check in outcome.report["checks"])
    said = next(limit for limit in outcome.report["limits"] if "signature was not checked" in limit)
    assert "openssl ts -verify -digest" in said


def test_a_timestamp_of_another_root_is_refused(refused: Refused, ledger: FakeLedger, stamped: dict[str, Any]) -> None:
    other = stamped | {"root": "0x" + "11" * 32}
    assert "not one of this log's checkpoint" in refused(export(ledger, other))


def test_a_timestamp_of_another_log_is_refused(refused: Refused, ledger: FakeLedger, tsa: Authority) -> None:
    other = stamp(tsa, Checkpoint("another.example/log", 7, ledger.checkpoint(7).root))
    assert "not one of this log's checkpoint" in refused(export(ledger, other))


def test_a_log_that_was_rewritten_after_the_timestamp_is_found(
    refused: Refused, ledger: FakeLedger, tsa: Authority
) -> None:
    other = stamp(tsa, Checkpoint(ledger.origin, 7, b"\x01" * 32))
    assert "holds another root for the first 7 leaves: history was changed" in refused(export(ledger, other))


def test_a_log_that_was_rolled_back_behind_its_timestamp_is_found(
    refused: Refused, ledger: FakeLedger, tsa: Authority
) -> None:
    later = stamp(tsa, Checkpoint(ledger.origin, 12, b"\x01" * 32))
    assert "covers 12 leaves, the checkpoint only 11" in refused(export(ledger, later))


def test_a_block_hash_is_not_found_in_a_timestamp(verify: Verify, ledger: FakeLedger, stamped: dict[str, Any]) -> None:
    assert verify(export(ledger, stamped), policy=ledger.policy, block_hash="11" * 32).status == 1


@pytest.mark.parametrize("field", ["size", "root", "token"])
@pytest.mark.parametrize("value", [None, "", "0x", "0xzz", [], -1, {}, True, "AAAA", "A" * 100_000])
def test_a_field_of_the_wrong_form_is_refused(
    refused: Refused, ledger: FakeLedger, stamped: dict[str, Any], field: str, value: object
) -> None:
    assert "anchors.json, anchor 1" in refused(export(ledger, stamped | {field: value}))


@pytest.mark.parametrize("kind", [None, [], {}, 1, "letter"])
def test_another_kind_is_refused(refused: Refused, ledger: FakeLedger, stamped: dict[str, Any], kind: object) -> None:
    assert "no known kind" in refused(export(ledger, stamped | {"kind": kind}))


def test_a_token_of_any_other_bytes_is_refused_or_about_the_same_checkpoint(
    verify: Verify, ledger: FakeLedger, stamped: dict[str, Any]
) -> None:
    token = base64.b64decode(stamped["token"])
    for at in range(0, len(token), 37):
        changed = token[:at] + bytes([token[at] ^ 0x41]) + token[at + 1 :]
        one = stamped | {"token": base64.b64encode(changed).decode()}
        # Where only the signature covers a byte, it is openssl's to refuse: status 0 or 1, and never an error.
        assert verify(export(ledger, one), policy=ledger.policy).status in {0, 1}


def test_with_the_authority_s_root_its_signature_is_checked_and_named(
    verify: Verify, ledger: FakeLedger, stamped: dict[str, Any], tsa: Authority
) -> None:
    outcome = verify(export(ledger, stamped), policy=ledger.policy, timestamp_ca=tsa.ca.read_text())
    assert outcome.status == 0
    assert any("is signed by “Test TSA” (SHA-256" in check for check in outcome.report["checks"])
    assert not any("was not checked" in limit for limit in outcome.report["limits"])
    assert any("whether a certificate was revoked" in limit for limit in outcome.report["limits"])


def test_another_authority_s_root_refuses_it(
    verify: Verify, ledger: FakeLedger, stamped: dict[str, Any], tmp_path: Path
) -> None:
    other = Authority(tmp_path / "other", name="Other TSA")
    outcome = verify(export(ledger, stamped), policy=ledger.policy, timestamp_ca=other.ca.read_text())
    assert (outcome.status, outcome.failure) == (
        1,
        "member anchors.json, anchor 1: the signer's certificate does not lead to a root that you gave",
    )


def test_an_export_without_timestamps_says_that_there_was_nothing_to_check(
    verify: Verify, archive: bytes, ledger: FakeLedger, tsa: Authority
) -> None:
    outcome = verify(archive, policy=ledger.policy, timestamp_ca=tsa.ca.read_text())
    assert outcome.status == 0
    assert any("holds no timestamp" in limit for limit in outcome.report["limits"])


def test_a_file_without_certificates_is_unusable(verify: Verify, archive: bytes, ledger: FakeLedger) -> None:
    outcome = verify(archive, policy=ledger.policy, timestamp_ca="no certificate")
    assert outcome.status == 2
    assert "holds no certificates of authorities" in outcome.error


@needs("chromium")
def test_the_page_says_the_same_of_every_timestamp(
    page: Page, ledger: FakeLedger, stamped: dict[str, Any], tsa: Authority, tmp_path: Path
) -> None:
    roots, policy = tsa.ca.read_bytes(), ledger.policy.encode()
    chain = {"kind": "chain", **make_evidence(ledger.origin, 7, ledger.checkpoint(7).root).as_json()}
    spoilt = chain | {"founder": "0x" + "11" * 20}
    lists = [[stamped], [stamped, chain], [stamped, spoilt], [chain], [stamped | {"kind": "letter"}]]
    lists += [[stamped | {"token": value}] for value in ("", "AAAA", None, "A" * 100_000)]
    cases = [Case("anchors", export(ledger, *one), policy, timestamp_ca=ca) for one in lists for ca in (None, roots)]
    cases += [Case("no roots", export(ledger, stamped), policy, timestamp_ca=b"no certificate")]
    token = base64.b64decode(stamped["token"])
    for at in range(0, len(token), 23):
        changed = token[:at] + bytes([token[at] ^ 0x41]) + token[at + 1 :]
        one = stamped | {"token": base64.b64encode(changed).decode()}
        cases.append(Case(f"byte {at}", export(ledger, one), policy, timestamp_ca=roots))
    for case, there in zip(cases, verify_all(page, cases), strict=True):
        assert (case.name, comparable(there)) == (case.name, comparable(in_python(case, tmp_path)))


@needs("chromium")
@pytest.mark.parametrize("number", [0, 1])
def test_the_page_says_the_same_of_timestamps_made_by_hand(
    page: Page, ledger: FakeLedger, tmp_path: Path, number: int
) -> None:
    head = Checkpoint(ledger.origin, 7, ledger.checkpoint(7).root)
    expected, cases = (HOLDING, FAILING)[number], []
    for one in expected:
        token, roots = one.make(imprint_of(head.marshal()))
        anchor = {"kind": "timestamp", **TimestampEvidence(size=7, root=head.root, token=token).as_json()}
        cases.append(Case(one.name, export(ledger, anchor), ledger.policy.encode(), timestamp_ca=roots.encode()))
    for one, case, there in zip(expected, cases, verify_all(page, cases), strict=True):
        here = in_python(case, tmp_path)
        assert (one.name, here["status"]) == (one.name, number), here
        assert one.refusal in str(here["report"]["failure"])
        assert (one.name, comparable(there)) == (one.name, comparable(here))

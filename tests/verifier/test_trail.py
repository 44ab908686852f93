"""What an auditor gets from an honest log."""

from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.archives import forge, members
from tests.fakes.ledger import FakeLedger, identifier, leaves_at_once, small_ledger, with_events
from tests.verifier.conftest import WORKSPACE, Verify, in_short


def test_it_accepts_an_honest_trail(verify: Verify, ledger: FakeLedger, archive: bytes) -> None:
    outcome = verify(archive, policy=ledger.policy)
    assert (outcome.status, outcome.report["holds"], len(outcome.report["checks"])) == (0, True, 6)


def test_it_says_that_nothing_is_missing(verify: Verify, ledger: FakeLedger, archive: bytes) -> None:
    assert "Nothing is missing" in str(verify(archive, policy=ledger.policy).report["checks"])


def test_it_names_the_witnesses(verify: Verify, ledger: FakeLedger, archive: bytes) -> None:
    checks = str(verify(archive, policy=ledger.policy).report["checks"])
    assert "witness.example/a" in checks
    assert "witness.example/b" in checks


def test_it_warns_when_the_policy_came_with_the_export(verify: Verify, archive: bytes) -> None:
    assert "The policy came from the export itself" in str(verify(archive).report["limits"])


def test_it_warns_when_nobody_but_the_operator_vouches(verify: Verify) -> None:
    alone = small_ledger()
    limits = str(verify(alone.archive(alone.trail(WORKSPACE)), policy=alone.policy).report["limits"])
    assert "the operator alone vouches" in limits


def test_it_always_says_that_unlogged_events_do_not_show(verify: Verify, ledger: FakeLedger, archive: bytes) -> None:
    assert "Events that never reached the log" in str(verify(archive, policy=ledger.policy).report["limits"])


@pytest.mark.parametrize("subject", [("item", "file0"), ("person", "ana"), ("person", "bo"), ("workspace", "w2")])
def test_it_follows_every_kind_of_stream(verify: Verify, ledger: FakeLedger, subject: tuple[str, str]) -> None:
    assert verify(ledger.archive(ledger.trail(subject)), policy=ledger.policy).status == 0


def test_it_follows_several_streams_at_once(verify: Verify, ledger: FakeLedger) -> None:
    trail = ledger.trail(WORKSPACE, ("person", "ana"), ("item", "other"))
    assert verify(ledger.archive(trail), policy=ledger.policy).status == 0


@pytest.mark.parametrize("size", [64, 4096])
def test_it_reads_lines_whole_wherever_a_batch_of_them_ends(
    verify: Verify, ledger: FakeLedger, archive: bytes, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr("verifier.reading._BATCH_SIZE", size)
    assert verify(archive, policy=ledger.policy).status == 0


@pytest.mark.parametrize("size", [64, 4096, 1 << 20])
def test_it_names_the_line_that_has_no_end(
    verify: Verify, ledger: FakeLedger, archive: bytes, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr("verifier.reading._BATCH_SIZE", size)
    lines = members(archive)["events.jsonl"]
    cut = forge(archive, ledger.signer, events_jsonl=lines[:-1])
    assert f"line {lines.count(10)}: it has no end" in verify(cut, policy=ledger.policy).failure


def test_it_refuses_a_line_that_is_longer_than_any(verify: Verify, ledger: FakeLedger, archive: bytes) -> None:
    lines = members(archive)["events.jsonl"]
    endless = forge(archive, ledger.signer, events_jsonl=lines + b" " * (1 << 20) + b"\n")
    assert f"line {lines.count(10) + 1}: it has no end" in verify(endless, policy=ledger.policy).failure


def test_it_accepts_hidden_fields(verify: Verify, ledger: FakeLedger) -> None:
    trail = ledger.trail(WORKSPACE, hide={"purpose", "actor", "detail.name", "recorded_at"})
    assert verify(ledger.archive(trail), policy=ledger.policy).status == 0


def test_it_accepts_events_disclosed_by_their_seed(verify: Verify, ledger: FakeLedger) -> None:
    assert verify(ledger.archive(in_short(ledger, "seed")), policy=ledger.policy).status == 0


def test_it_accepts_entries_that_were_erased_and_says_so(verify: Verify, ledger: FakeLedger) -> None:
    outcome = verify(ledger.archive(in_short(ledger, "erased", keep_last=True)), policy=ledger.policy)
    assert outcome.status == 0
    assert "6 of these events were erased" in str(outcome.report["limits"])


def test_it_does_not_follow_a_stream_that_was_erased_altogether(verify: Verify, ledger: FakeLedger) -> None:
    outcome = verify(ledger.archive(in_short(ledger, "erased")), policy=ledger.policy)
    assert outcome.status == 1
    assert "no event ties the stream" in outcome.failure


def test_it_says_how_many_entries_a_filter_left_out(verify: Verify, ledger: FakeLedger) -> None:
    streams = [ledger.stream(*WORKSPACE)]
    events = ledger.events(streams)[::2]
    scope = ledger.scope(streams, len(events), complete=False)
    trail = with_events(ledger.trail(WORKSPACE), events, scope=scope)
    outcome = verify(ledger.archive(trail), policy=ledger.policy)
    assert outcome.status == 0
    assert "leaves 3 of them out" in str(outcome.report["checks"])


def test_it_says_that_it_cannot_tell_without_streams(verify: Verify, ledger: FakeLedger) -> None:
    trail = with_events(ledger.trail(WORKSPACE), [], scope=ledger.scope([], 0, complete=False))
    outcome = verify(ledger.archive(trail), policy=ledger.policy)
    assert outcome.status == 0
    assert "whether events are missing" in str(outcome.report["limits"])


@pytest.mark.parametrize("size", [0, 1, 5, 8, 11])
def test_it_shows_that_nothing_changed_since_a_known_checkpoint(
    verify: Verify, ledger: FakeLedger, archive: bytes, size: int
) -> None:
    outcome = verify(archive, policy=ledger.policy, known=ledger.checkpoint_note(size))
    assert outcome.status == 0
    assert f"begins with the {size} leaves" in str(outcome.report["checks"])


def test_it_refuses_a_stream_of_an_empty_log(verify: Verify) -> None:
    empty = FakeLedger()
    outcome = verify(empty.archive(empty.trail(WORKSPACE)), policy=empty.policy)
    assert (outcome.status, outcome.report["where"]["member"]) == (1, "scope.json")


def test_it_accepts_a_trail_that_was_packed_again(verify: Verify, ledger: FakeLedger, archive: bytes) -> None:
    assert verify(forge(archive, ledger.signer), policy=ledger.policy).status == 0


def test_it_reads_large_trails_in_several_processes(verify: Verify, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verifier.reading._WORTH_SHARING", 100)
    monkeypatch.setattr("verifier.streams._BATCH", 150)
    large = FakeLedger()
    for number in range(5000):
        large.record(workspace=f"w{number % 3}", item=f"file{number % 7}", actor="ana")
    trail = replace(large.trail(("workspace", "w1"), ("person", "ana")), leaves=leaves_at_once(large))
    assert verify(large.archive(trail), policy=large.policy, known=large.checkpoint_note(2049)).status == 0


def test_it_names_the_tokens_by_which_programs_acted(verify: Verify, ledger: FakeLedger) -> None:
    for actor, name in (("ana", "nightly"), ("ana", "nightly"), ("bo", "other")):
        ledger.record(workspace="w1", actor=actor, **{"detail.by_token": identifier(name)})
    checks = str(verify(ledger.archive(ledger.trail(WORKSPACE)), policy=ledger.policy).report["checks"])
    assert "3 of these events were made by programs" in checks
    assert f"{identifier('nightly')} (2)" in checks
    assert f"{identifier('other')} (1)" in checks


def test_it_says_nothing_of_programs_where_only_people_acted(
    verify: Verify, ledger: FakeLedger, archive: bytes
) -> None:
    assert "programs" not in str(verify(archive, policy=ledger.policy).report["checks"])


@pytest.mark.parametrize("token", [None, 7, "", "nightly", ["a"], "0" * 36])
def test_it_refuses_a_token_that_is_no_id(verify: Verify, ledger: FakeLedger, token: Any) -> None:
    ledger.record(workspace="w1", actor="ana", **{"detail.by_token": token})
    outcome = verify(ledger.archive(ledger.trail(WORKSPACE)), policy=ledger.policy)
    assert (outcome.status, "field detail.by_token" in outcome.failure) == (1, True)


def test_a_token_that_was_left_out_is_listed_with_what_was(verify: Verify, ledger: FakeLedger) -> None:
    ledger.record(workspace="w1", actor="ana", **{"detail.by_token": identifier("nightly")})
    archive = ledger.archive(ledger.trail(WORKSPACE, hide={"detail.by_token"}))
    outcome = verify(archive, policy=ledger.policy)
    assert (outcome.status, "detail.by_token" in str(outcome.report["limits"])) == (0, True)
    assert identifier("nightly") not in str(outcome.report)

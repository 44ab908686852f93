"""A trail that carries some leaves and sorted tags in place of the whole log."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger_bridge.tlog import entry, merkle
from ledger_bridge.tlog.consistency import Consistency
from ledger_bridge.tlog.tags import Span
from tests.fakes.archives import edit_events, forge, members, pack
from tests.fakes.ledger import FakeEntry, FakeLedger, events_in, small_ledger, with_events, witness
from tests.fakes.tags import in_short_form, short_form, sort_tags
from tests.verifier.conftest import WORKSPACE, Verify
from verifier import recompute
from verifier.__main__ import main

SMALL = 4096
SPANS = [Span(0, SMALL), Span(SMALL, SMALL)]
Refused = Callable[..., str]


@pytest.fixture(scope="module")
def ledger() -> FakeLedger:
    """Two full spans and a tail; the workspace has entries in each of the three."""
    ledger = small_ledger(witnesses=(witness("a"), witness("b")))
    ledger.fill(SMALL)
    ledger.record(workspace="w1", item="file2", actor="ana")
    ledger.fill(SMALL)
    for span in SPANS:
        sort_tags(ledger, span)
    ledger.fill(30)
    ledger.record(workspace="w1", item="file3", actor="bo")
    ledger.fill(5)
    return ledger


@pytest.fixture(scope="module")
def archive(ledger: FakeLedger) -> bytes:
    trail = ledger.trail(WORKSPACE)
    return ledger.archive(in_short_form(trail, short_form(ledger, SPANS, WORKSPACE, sizes=[5, 4000])))


def test_a_complete_trail_holds(ledger: FakeLedger, archive: bytes, verify: Verify) -> None:
    outcome = verify(archive, policy=ledger.policy, known=ledger.checkpoint_note(5))
    assert outcome.status == 0, outcome
    checks = outcome.report["checks"]
    size = len(ledger.leaves)
    shown = "The 58 leaves that are shown stand, each at its place"
    assert f"{shown}, in the log of {size} leaves that was signed." in checks
    assert any("2 tag files cover the first 8192 leaves" in one for one in checks)
    assert "The log still begins with the 5 leaves of the checkpoint you know." in checks
    assert any("1 stream with 9 entries followed from first to last. Nothing is missing" in one for one in checks)
    assert any("as far as the tag files are right" in one for one in outcome.report["meaning"])
    assert any("Whether the tag files are right" in one for one in outcome.report["limits"])


def test_it_is_far_smaller_than_the_log(ledger: FakeLedger, archive: bytes) -> None:
    names = ("some-leaves.bin", "log-hashes.bin", "span-tags.bin", "spans.jsonl")
    assert sum(len(members(archive)[name]) for name in names) < len(ledger.leaves) * 97 // 5
    assert "leaves.bin" not in members(archive)


def test_a_filtered_trail_and_one_without_streams_hold(ledger: FakeLedger, verify: Verify) -> None:
    streams = [ledger.stream(*WORKSPACE)]
    events = ledger.events(streams, hide={"purpose"})[::2]
    trail = with_events(ledger.trail(WORKSPACE), events, scope=ledger.scope(streams, len(events), complete=False))
    form = replace(short_form(ledger, SPANS, WORKSPACE), indexes=[event["index"] for event in events])
    outcome = verify(ledger.archive(in_short_form(trail, form)), policy=ledger.policy)
    assert outcome.status == 0, outcome
    assert any("leaves 4 of them out" in one for one in outcome.report["checks"])
    bare = [{**event, "tags": {}} for event in events]
    alone = with_events(ledger.trail(), bare, scope=ledger.scope([], len(bare), complete=False))
    form = short_form(ledger, [], sizes=[])
    form = replace(form, indexes=[event["index"] for event in bare])
    outcome = verify(ledger.archive(in_short_form(alone, form)), policy=ledger.policy)
    assert outcome.status == 0, outcome
    assert any("No stream was disclosed" in one for one in outcome.report["limits"])


def test_a_log_whose_tags_are_not_sorted_yet_shows_everything(ledger: FakeLedger, verify: Verify) -> None:
    form = short_form(ledger, [], WORKSPACE)
    assert verify(ledger.archive(in_short_form(ledger.trail(WORKSPACE), form)), policy=ledger.policy).status == 0


@pytest.mark.parametrize("known", [5, 4000, 6000])
def test_a_known_checkpoint_is_compared(ledger: FakeLedger, archive: bytes, verify: Verify, known: int) -> None:
    outcome = verify(archive, policy=ledger.policy, known=ledger.checkpoint_note(known))
    assert outcome.status == (2 if known == 6000 else 0)
    if known == 6000:
        assert f"/ledger/consistency/6000-{len(ledger.leaves)}" in outcome.error


def test_a_proof_of_consistency_can_be_brought(ledger: FakeLedger, archive: bytes, tmp_path: Path) -> None:
    size = len(ledger.leaves)
    proof = Consistency(6000, size, tuple(merkle.consistency_proof(6000, size, ledger.node)))
    other = Consistency(6000, size, (*proof.hashes[:-1], b"!" * 32))
    for name, data in {
        "trail": archive,
        "policy": ledger.policy.encode(),
        "known": ledger.checkpoint_note(6000),
        "proof": proof.marshal(),
        "other": other.marshal(),
        "nonsense": b"x",
    }.items():
        (tmp_path / name).write_bytes(data)
    arguments = [str(tmp_path / "trail"), "--policy", str(tmp_path / "policy"), "--known", str(tmp_path / "known")]
    assert main([*arguments, "--proof", str(tmp_path / "proof")]) == 0
    assert main([*arguments, "--proof", str(tmp_path / "other")]) == 1
    assert main([*arguments, "--proof", str(tmp_path / "nonsense")]) == 2
    (tmp_path / "receipt").write_bytes(ledger.receipt(3).marshal())
    assert main([*arguments, "--proof", str(tmp_path / "proof"), "--receipt", str(tmp_path / "receipt")]) == 0


def test_a_rewritten_history_is_noticed(ledger: FakeLedger, archive: bytes, refused: Refused) -> None:
    other = small_ledger(witnesses=ledger.witnesses)
    other.leaves[2] = other.leaves[1]
    assert "history was changed" in refused(archive, known=other.checkpoint_note(5))


def test_an_event_that_is_left_out_is_noticed(ledger: FakeLedger, archive: bytes, refused: Refused) -> None:
    """Whether its leaf goes with it or stays."""
    found = refused(forge(archive, ledger.signer, **edit_events(lambda events: events.pop(2))(archive)))
    assert "nothing in this export needs leaf 2" in found
    trail = ledger.trail(WORKSPACE)
    shortened = short_form(ledger, SPANS, WORKSPACE)
    events = [event for event in events_in(trail) if event["index"] != 2]
    without = with_events(trail, events, scope={**trail.scope, "events": len(events)})
    form = replace(shortened, indexes=[event["index"] for event in events])
    assert "number 3 of the stream of workspace w1 is in the log, but the export leaves it out" in refused(
        ledger.archive(in_short_form(without, form))
    )


def test_recompute_accepts_true_tag_files_and_finds_false_ones(
    ledger: FakeLedger, archive: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "short").write_bytes(archive)
    (tmp_path / "whole").write_bytes(ledger.archive(ledger.trail(WORKSPACE)))
    (tmp_path / "leaves").write_bytes(b"".join(ledger.leaves))
    for source in ("whole", "leaves"):
        assert recompute.main([str(tmp_path / "short"), "--leaves", str(tmp_path / source)]) == 0
    assert "The 2 tag files that this trail rests on are right." in capsys.readouterr().out
    (tmp_path / "other").write_bytes(b"".join([*ledger.leaves[:9], ledger.leaves[8], *ledger.leaves[10:]]))
    assert recompute.main([str(tmp_path / "short"), "--leaves", str(tmp_path / "other")]) == 1
    assert recompute.main([str(tmp_path / "whole"), "--leaves", str(tmp_path / "leaves")]) == 2
    assert recompute.main([str(tmp_path / "short"), "--leaves", str(tmp_path / "nowhere")]) == 2
    lying = lying_ledger()
    (tmp_path / "lie").write_bytes(lying_trail(lying))
    (tmp_path / "its").write_bytes(b"".join(lying.leaves))
    assert main([str(tmp_path / "lie"), "--json"]) == 0  # what a wrong tag file can hide: the newest entry
    assert recompute.main([str(tmp_path / "lie"), "--leaves", str(tmp_path / "its")]) == 1
    assert "another root than the log names" in capsys.readouterr().out


def sorted_once(**options: Any) -> FakeLedger:
    """A full span whose root an entry names, and one entry of the workspace after it."""
    ledger = FakeLedger(**options)
    ledger.fill(SMALL)
    sort_tags(ledger, SPANS[0])
    ledger.record(workspace="w1", actor=None)
    return ledger


def name_another_root(ledger: FakeLedger) -> FakeEntry:
    true = ledger.leaves[7]
    ledger.leaves[7] = true[:1] + bytes(range(16)) + true[17:]
    lie = sort_tags(ledger, SPANS[0])
    ledger.leaves[7] = true
    return lie


def disclosed(one: FakeEntry) -> dict[str, Any]:
    return entry.disclose_whole(index=one.index, tags={}, fields=one.fields, seed=one.seed)


def with_more(ledger: FakeLedger, *more: FakeEntry, short: bool) -> bytes:
    """The trail of the workspace with some entries more, that stand in none of its streams."""
    trail = ledger.trail(WORKSPACE)
    events = [*events_in(trail), *map(disclosed, more)]
    events.sort(key=lambda event: event["index"])
    trail = with_events(trail, events, scope={**trail.scope, "events": len(events), "complete": False})
    if short:
        form = short_form(ledger, SPANS[:1], WORKSPACE)
        trail = in_short_form(trail, replace(form, indexes=[event["index"] for event in events]))
    return ledger.archive(trail)


@pytest.mark.parametrize("short", [False, True])
def test_entries_that_name_different_roots_for_a_span_are_noticed(verify: Verify, *, short: bool) -> None:
    ledger = sorted_once()
    first, again = ledger.entries[0], sort_tags(ledger, SPANS[0])
    assert verify(with_more(ledger, first, again, short=short), policy=ledger.policy).status == 0
    lie = name_another_root(ledger)
    outcome = verify(with_more(ledger, first, lie, short=short), policy=ledger.policy)
    assert outcome.status == 1
    assert "it names another root for the sorted tags of leaves 0 to 4095 than entry 4096" in outcome.failure
    assert f"event {lie.index}" in outcome.failure


def test_an_odd_entry_before_them_hides_no_contradiction(verify: Verify) -> None:
    """The verifier learns what lines look like; of entries about sorted tags it learns nothing."""
    ledger = sorted_once()
    about = {name: value for name, value in ledger.entries[0].fields.items() if name.startswith("detail.")}
    odd: dict[str, Any] = {"schema": 2, **about}
    more = [ledger.record("ledger.tags_sorted", actor=None, actor_kind="service", **odd) for _ in range(3)]
    more += [sort_tags(ledger, SPANS[0]), name_another_root(ledger)]
    outcome = verify(with_more(ledger, *more, short=False), policy=ledger.policy)
    assert (outcome.status, "it names another root" in outcome.failure) == (1, True)


def test_the_root_that_a_short_trail_rests_on_is_held_against_its_events(verify: Verify) -> None:
    ledger = sorted_once()
    first = ledger.entries.pop(0)
    lie = name_another_root(ledger)
    ledger.entries = [first, *(one for one in ledger.entries if one is not lie)]
    outcome = verify(with_more(ledger, lie, short=True), policy=ledger.policy)
    assert (outcome.status, "member spans.jsonl, event 4096" in outcome.failure) == (1, True)


def test_what_was_said_of_another_log_is_no_contradiction(verify: Verify) -> None:
    ledger = sorted_once()
    other = {**ledger.entries[0].fields, "detail.log": "before.example/ledger", "detail.root": "00" * 32}
    about = {name: value for name, value in other.items() if name.startswith("detail.")}
    before = ledger.record("ledger.tags_sorted", actor=None, actor_kind="service", **about)
    assert verify(with_more(ledger, ledger.entries[0], before, short=False), policy=ledger.policy).status == 0


def test_trails_that_rest_on_different_roots_are_found_without_leaves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = sorted_once()
    (tmp_path / "one").write_bytes(with_more(ledger, short=True))
    name_another_root(ledger)  # what `short_form` takes is the newest
    (tmp_path / "other").write_bytes(with_more(ledger, short=True))
    (tmp_path / "foreign").write_bytes(with_more(sorted_once(origin="other.example/ledger"), short=True))
    one, other, foreign = (str(tmp_path / name) for name in ("one", "other", "foreign"))
    assert recompute.main([one, one]) == 0
    assert recompute.main([one, other]) == 1
    assert "it names another root for the sorted tags of leaves 0 to 4095" in capsys.readouterr().out
    assert recompute.main([one, foreign]) == 2
    with pytest.raises(SystemExit):
        recompute.main([one])


def lying_ledger() -> FakeLedger:
    """Its operator left the newest entry of the workspace out of the sorted tags."""
    ledger = FakeLedger()
    ledger.fill(SMALL - 2)
    ledger.record(workspace="w1", actor=None)
    ledger.record(workspace="w1", actor=None)
    true = ledger.leaves[-1]
    ledger.leaves[-1] = true[:1] + bytes(range(16)) + true[17:]
    sort_tags(ledger, SPANS[0])
    ledger.leaves[SMALL - 1] = true
    return ledger


def lying_trail(ledger: FakeLedger) -> bytes:
    ledger.stream(*WORKSPACE).length = 1
    trail = ledger.trail(WORKSPACE)
    events = events_in(trail)[:1]
    without = with_events(trail, events, scope={**trail.scope, "events": 1})
    true = ledger.leaves[SMALL - 1]
    ledger.leaves[SMALL - 1] = true[:1] + bytes(range(16)) + true[17:]
    form = short_form(ledger, SPANS[:1], WORKSPACE)
    ledger.leaves[SMALL - 1] = true
    return ledger.archive(in_short_form(without, replace(form, indexes=[events[0]["index"]])))


def test_every_member_is_needed_and_of_one_version(ledger: FakeLedger, archive: bytes, refused: Refused) -> None:
    contents = members(archive)
    for name in ("some-leaves.bin", "log-hashes.bin", "span-tags.bin", "spans.jsonl"):
        assert "it is missing" in refused(pack({one: data for one, data in contents.items() if one != name}))
    both = pack({**contents, "leaves.bin": b"".join(ledger.leaves)})
    assert "it belongs to another version" in refused(both)


def scope_changes() -> list[dict[str, Any]]:
    size = 8192 + 39
    return [{"tail": size}, {"tail": 0}, {"tail": -1}, {"tail": None}, {"sizes": [5]}, {"sizes": [5, 5]},
            {"sizes": [0, 5]}, {"sizes": [5, size]}, {"sizes": [4000, 5]}, {"sizes": {}}, {"version": 1}]  # fmt: skip


@pytest.mark.parametrize("change", scope_changes())
def test_a_scope_that_says_something_else_is_refused(
    ledger: FakeLedger, archive: bytes, refused: Refused, change: dict[str, Any]
) -> None:
    scope = json.loads(members(archive)["scope.json"])
    assert len(ledger.leaves) == 8192 + 11 + 1 + 2 + 30 + 1 + 5
    refused(forge(archive, ledger.signer, scope_json=json.dumps(scope | change).encode()))

"""An attacker with the log's key: he can sign any manifest and any checkpoint, but not make them fit together."""

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ledger_bridge.tlog import entry
from ledger_bridge.tlog.note import join
from tests.fakes.archives import Event, edit_events, edit_scope, event_lines, events_of, forge
from tests.fakes.ledger import FakeLedger, FakeStream, secret, small_ledger, with_events, witness
from tests.verifier.conftest import WORKSPACE, Verify, in_short

Refused = Callable[..., str]


def set_field(name: str, value: Any) -> Callable[[list[Event]], object]:
    return lambda events: events[2]["fields"].update({name: value})


def change_salt(events: list[Event]) -> None:
    salts = bytearray(base64.b64decode(events[1]["salts"]))
    salts[40] ^= 1
    events[1]["salts"] = base64.b64encode(salts).decode()


def hide_field(name: str, digest: str) -> Callable[[list[Event]], object]:
    def edit(events: list[Event]) -> None:
        event = events[0]
        at = 32 * sorted(event["fields"]).index(name)
        salts = base64.b64decode(event["salts"])
        del event["fields"][name]
        event["salts"] = base64.b64encode(salts[:at] + salts[at + 32 :]).decode()
        if digest:
            event["hidden"][name] = digest

    return edit


def add_foreign_event(events: list[Event]) -> None:
    ledger = small_ledger()
    one = ledger.entries[4]
    events.insert(4, entry.disclose(index=4, tags={}, fields=one.fields, seed=one.seed))


def add_foreign_event_with_number(events: list[Event]) -> None:
    add_foreign_event(events)
    events[4]["tags"] = {"workspace": 1}


def rename_field(events: list[Event]) -> None:
    events[2]["fields"]["Actor"] = events[2]["fields"].pop("detail.name")


def same_id(events: list[Event]) -> None:
    events[1]["fields"]["id"] = events[0]["fields"]["id"]


# what the operator does to events.jsonl → what the verifier must say
EVENT_FRAUDS: dict[str, tuple[Callable[[list[Event]], object], str]] = {
    "leaves an event out": (lambda e: e.pop(2), "event 2: number 3 of the stream of workspace w1 is in the log, but"),
    "leaves the first out": (lambda e: e.pop(0), "event 0: number 1 of"),
    "leaves the last out": (lambda e: e.pop(), "event 10: number 7 of"),
    "shows an event twice": (lambda e: e.insert(3, e[2]), "line 4, event 2: it follows event 2"),
    "reorders": (lambda e: e.reverse(), "line 2, event 8: it follows event 10"),
    "moves an event": (lambda e: e[1].update(index=4), "line 2, event 4, field commitment"),
    "claims another leaf": (lambda e: e[6].update(index=9), "line 7, event 9, field commitment"),
    "points outside the log": (lambda e: e[6].update(index=11), "line 7, event 11: it follows event 8 in a log of 11"),
    "points before the log": (lambda e: e[0].update(index=-1), "line 1, event -1: it follows"),
    "adds an event of others": (add_foreign_event, "line 5, event 4, field tags: it belongs to none"),
    "adds an event with a number": (add_foreign_event_with_number, "line 5, event 4, field tags: it numbers itself"),
    "changes who": (set_field("actor", "bo"), "line 3, event 2, field commitment"),
    "changes the outcome": (set_field("outcome", "deny"), "line 3, event 2, field commitment"),
    "changes when": (set_field("occurred_at", "2020-01-01T00:00:00.000000Z"), "event 2, field commitment"),
    "changes a detail": (set_field("detail.size", 1), "event 2, field commitment"),
    "changes a type": (set_field("detail.size", "1026"), "event 2, field commitment"),
    "changes the id": (same_id, "line 2, event 1, field commitment"),
    "adds a field": (lambda e: e[2]["fields"].update({"detail.more": 1}), "line 3, event 2: there is not one salt"),
    "changes a salt": (change_salt, "line 2, event 1, field commitment"),
    "drops a field": (hide_field("detail.name", ""), "line 1, event 0, field commitment"),
    "drops a common field": (hide_field("purpose", ""), "event 0, field purpose: it is neither in clear nor hidden"),
    "hides another value": (hide_field("actor", "00" * 32), "line 1, event 0, field commitment"),
    "hides with half a hash": (hide_field("actor", "00" * 16), "line 1, event 0: the hash of a field has 32 bytes"),
    "hides the stream": (hide_field("workspace_stream", "00" * 32), "line 1, event 0, field commitment"),
    "names another stream": (set_field("workspace_stream", "00" * 32), "field workspace_stream: it commits to another"),
    "gives a wrong number": (lambda e: e[2]["tags"].update(workspace=4), "event 2, field tags: its number does not"),
    "numbers a closed stream": (lambda e: e[2]["tags"].update(item=1), "field tags: it numbers itself in a item"),
    "forgets the number": (lambda e: e[2].update(tags={}), "event 2, field tags: it does not give its number"),
    "invents an outcome": (set_field("outcome", "maybe"), "line 3, event 2, field outcome: its value"),
    "invents a time": (set_field("recorded_at", "yesterday"), "event 2, field recorded_at: its value"),
    "breaks an id": (set_field("id", "1"), "event 2, field id: its value"),
    "breaks a name": (rename_field, "line 3, event 2: 'Actor' is not the name of a field"),
    "shows and hides": (lambda e: e[2]["hidden"].update(actor="00" * 32), "line 3: it cannot be read: a field is"),
    "numbers nonsense": (lambda e: e[2]["tags"].update(workspace=True), "line 3: it cannot be read: its `tags`"),
    "numbers no slot": (lambda e: e[2]["tags"].update(folder=1), "line 3: it cannot be read: its `tags`"),
    "adds a key": (lambda e: e[2].update(note="x"), "line 3: it cannot be read: it does not have the form"),
    "writes a float": (set_field("detail.size", 1.5), "line 3: it cannot be read: 1.5 is not an integer"),
    "writes a list": (lambda e: e.__setitem__(2, []), "line 3: it cannot be read: it does not have the form"),  # type: ignore[call-overload]
}  # fmt: skip


@pytest.mark.parametrize("fraud", EVENT_FRAUDS)
def test_it_finds_fraud_among_the_events(archive: bytes, ledger: FakeLedger, refused: Refused, fraud: str) -> None:
    edit, expected = EVENT_FRAUDS[fraud]
    failure = refused(forge(archive, ledger.signer, **edit_events(edit)(archive)))
    assert failure.startswith("member events.jsonl")
    assert expected in failure


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"{}", "it does not have the form"),
        (b"not json", "it cannot be read"),
        (b"\xff\xfe", "it cannot be read"),
        (b'{"index":0,"index":1}', "a key occurs twice"),
        (b'{"index":NaN}', "NaN is not an integer"),
        (b"[" * 100_000, "it cannot be read"),
        (b"9" * 5000, "it cannot be read"),
        (b" " * (1 << 20), "it has no end"),
    ],
)
def test_it_finds_a_line_that_is_no_event(
    archive: bytes, ledger: FakeLedger, refused: Refused, line: bytes, expected: str
) -> None:
    lines = event_lines(events_of(archive)[:1]) + line + b"\n"
    failure = refused(forge(archive, ledger.signer, events_jsonl=lines))
    assert failure.startswith("member events.jsonl, line 2")
    assert expected in failure


def test_it_finds_a_last_line_without_end(archive: bytes, ledger: FakeLedger, refused: Refused) -> None:
    failure = refused(forge(archive, ledger.signer, events_jsonl=event_lines(events_of(archive))[:-1]))
    assert failure == "member events.jsonl, line 7: it has no end"


# what the operator does to scope.json → what the verifier must say
SCOPE_FRAUDS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "understates the stream": (
        lambda s: s["streams"][0].update(length=s["streams"][0]["length"] - 1),
        "goes on with number 7, but the export says",
    ),
    "overstates the stream": (
        lambda s: s["streams"][0].update(length=s["streams"][0]["length"] + 1),
        "number 8 of the stream of workspace w1 is in no",
    ),
    "gives another key": (
        lambda s: s["streams"][0].update(key="00" * 32),
        "field workspace_stream: it commits to another",
    ),
    "gives another id": (lambda s: s["streams"][0].update(id="w2"), "field tags: it numbers itself in a workspace"),
    "gives another kind": (
        lambda s: s["streams"][0].update(kind="item"),
        "field tags: it numbers itself in a workspace",
    ),
    "invents a kind": (lambda s: s["streams"][0].update(kind="folder"), "a stream does not have kind, id, key"),
    "breaks the key": (lambda s: s["streams"][0].update(key="00"), "a stream does not have kind, id, key"),
    "gives an endless stream": (
        lambda s: s["streams"][0].update(length=10**15),
        "a stream does not have kind, id, key",
    ),
    "counts other events": (lambda s: s.update(events=6), "it holds 7 events, but the scope says 6"),
    "counts impossible events": (lambda s: s.update(events=-1), "has no possible value"),
    "drops the streams": (lambda s: s.update(streams=[]), "an export without streams cannot be complete"),
    "repeats a stream": (
        lambda s: s["streams"].append(s["streams"][0]),
        "two streams have the same id or the same key",
    ),
    "says perhaps": (lambda s: s.update(complete="yes"), "has no possible value"),
    "is of version 2": (lambda s: s.update(version=2), "it does not have the fields of version 1"),
    "drops a key": (lambda s: s.pop("filters"), "it does not have the fields of version 1"),
}


@pytest.mark.parametrize("fraud", SCOPE_FRAUDS)
def test_it_finds_fraud_in_the_scope(archive: bytes, ledger: FakeLedger, refused: Refused, fraud: str) -> None:
    edit, expected = SCOPE_FRAUDS[fraud]
    assert expected in refused(forge(archive, ledger.signer, **edit_scope(edit)(archive)))


def test_it_refuses_an_empty_stream_in_the_place_of_the_real_one(ledger: FakeLedger, refused: Refused) -> None:
    honest = ledger.trail(WORKSPACE)
    made_up = FakeStream("workspace", WORKSPACE[1], secret("made up"))
    trail = with_events(honest, [], scope=ledger.scope([made_up], 0))
    assert "the stream of workspace w1 has no entries" in refused(ledger.archive(trail))


def test_it_refuses_the_stream_of_something_else_under_this_id(ledger: FakeLedger, refused: Refused) -> None:
    """The events hide what they are about, so only the scope says whose stream it is."""
    other = ledger.stream("workspace", "w2")
    events = ledger.events([other], hide={"workspace"})
    scope = ledger.scope([replace(other, id="w1")], len(events))
    trail = with_events(ledger.trail(WORKSPACE), events, scope=scope)
    assert "no event ties the stream of workspace w1 to its key" in refused(ledger.archive(trail))


def test_it_refuses_a_scope_that_is_not_json(archive: bytes, ledger: FakeLedger, refused: Refused) -> None:
    assert refused(forge(archive, ledger.signer, scope_json=b"{")).startswith("member scope.json: it is not JSON")


def forge_log(ledger: FakeLedger, archive: bytes) -> bytes:
    """Sign the log as it now stands, next to the events of an honest export."""
    return forge(archive, ledger.signer, leaves_bin=b"".join(ledger.leaves), checkpoint=ledger.checkpoint_note())


def test_it_finds_swapped_leaves(archive: bytes, ledger: FakeLedger, refused: Refused) -> None:
    ledger.leaves[1], ledger.leaves[3] = ledger.leaves[3], ledger.leaves[1]
    assert "line 2, event 1, field commitment" in refused(forge_log(ledger, archive))


def test_it_finds_swapped_leaves_of_others(archive: bytes, ledger: FakeLedger, refused: Refused) -> None:
    honest = ledger.checkpoint_note(7)
    ledger.leaves[4], ledger.leaves[6] = ledger.leaves[6], ledger.leaves[4]
    assert "history was changed" in refused(forge_log(ledger, archive), known=honest)


def test_it_finds_leaves_that_are_not_those_of_the_checkpoint(
    archive: bytes, ledger: FakeLedger, refused: Refused
) -> None:
    ledger.leaves[4], ledger.leaves[6] = ledger.leaves[6], ledger.leaves[4]
    failure = refused(forge(archive, ledger.signer, leaves_bin=b"".join(ledger.leaves)))
    assert failure == "member leaves.bin: the leaves do not give the root in the checkpoint"


@pytest.mark.parametrize("count", [0, 10, 12])
def test_it_finds_too_few_or_too_many_leaves(archive: bytes, ledger: FakeLedger, refused: Refused, count: int) -> None:
    leaves = b"".join([*ledger.leaves, ledger.leaves[0]][:count])
    failure = refused(forge(archive, ledger.signer, leaves_bin=leaves))
    assert failure == f"member leaves.bin: it holds {count} leaves, but the checkpoint covers 11"


def test_it_finds_a_leaf_of_another_length(archive: bytes, ledger: FakeLedger, refused: Refused) -> None:
    failure = refused(forge(archive, ledger.signer, leaves_bin=b"".join(ledger.leaves) + b"\x01"))
    assert failure == "member leaves.bin: it holds 11 leaves and a rest, but the checkpoint covers 11"


def test_it_finds_a_leaf_of_another_version(archive: bytes, ledger: FakeLedger, refused: Refused) -> None:
    ledger.leaves[4] = b"\x02" + ledger.leaves[4][1:]
    assert refused(forge_log(ledger, archive)) == "member leaves.bin: a leaf is not of version 1"


def test_it_finds_a_tag_beyond_the_end(ledger: FakeLedger, refused: Refused) -> None:
    honest = ledger.trail(WORKSPACE)
    ledger.record(workspace="w1", actor="cy")
    late = replace(honest, checkpoint_note=ledger.checkpoint_note())
    assert "leaf 11: the stream of workspace w1 goes on with number 8" in refused(ledger.archive(late))


def test_it_finds_a_tag_far_beyond_the_end(ledger: FakeLedger, refused: Refused) -> None:
    honest = ledger.trail(WORKSPACE)
    ledger.stream(*WORKSPACE).length += 60
    ledger.record(workspace="w1", actor="cy")
    late = replace(honest, checkpoint_note=ledger.checkpoint_note())
    assert "goes on with number 68" in refused(ledger.archive(late))


def put_tag(ledger: FakeLedger, index: int, slot: int, tag: bytes) -> None:
    opened = entry.parse_leaf(ledger.leaves[index])
    tags = [*opened.tags[:slot], tag, *opened.tags[slot + 1 :]]
    ledger.leaves[index] = entry.leaf(tags, opened.commitment)


def test_it_finds_a_tag_that_was_given_twice(ledger: FakeLedger, refused: Refused) -> None:
    put_tag(ledger, 4, 0, entry.tag(ledger.stream(*WORKSPACE).key, 3))
    assert "leaf 4: number 3 of the stream of workspace w1 stands here a second time" in refused(
        ledger.archive(ledger.trail(WORKSPACE))
    )


def test_it_finds_a_tag_in_a_wrong_slot(ledger: FakeLedger, refused: Refused) -> None:
    put_tag(ledger, 4, 3, entry.tag(ledger.stream(*WORKSPACE).key, 3))
    assert "leaf 4: a tag of the stream of workspace w1 stands in the person slot" in refused(
        ledger.archive(ledger.trail(WORKSPACE))
    )


def test_it_finds_a_hole_in_the_numbers(ledger: FakeLedger, refused: Refused) -> None:
    ledger.stream(*WORKSPACE).length += 1
    ledger.record(workspace="w1", actor="cy")
    assert "number 8 of the stream of workspace w1 is in no leaf" in refused(ledger.archive(ledger.trail(WORKSPACE)))


def without(index: int) -> FakeLedger:
    """A log that was rebuilt as if one entry had never been: leaves, indexes and checkpoint agree."""
    ledger = small_ledger(witnesses=(witness("a"), witness("b")))
    del ledger.leaves[index], ledger.entries[index]
    for number, one in enumerate(ledger.entries):
        one.index = number
    return ledger


def test_it_finds_an_entry_that_was_cut_out_of_the_log(refused: Refused) -> None:
    rebuilt = without(2)
    assert "number 3 of the stream of workspace w1 is in no leaf" in refused(rebuilt.archive(rebuilt.trail(WORKSPACE)))


def test_a_log_that_was_wholly_rewritten_shows_against_a_known_checkpoint(
    verify: Verify, ledger: FakeLedger, refused: Refused
) -> None:
    rewritten = FakeLedger(witnesses=ledger.witnesses)
    for one in (*ledger.entries[:2], *ledger.entries[3:]):
        values = {name: value for name, value in one.fields.items() if not name.endswith("_stream")}
        rewritten.record(**values)
    forged = rewritten.archive(rewritten.trail(WORKSPACE))
    assert verify(forged, policy=ledger.policy).status == 0
    assert "history was changed" in refused(forged, known=ledger.checkpoint_note(5))


def test_it_finds_a_second_stream_about_the_same_workspace(ledger: FakeLedger, refused: Refused) -> None:
    public = ledger.streams.pop(WORKSPACE)
    ledger.stream(*WORKSPACE).key = secret("the stream that nobody shall see")
    hidden = ledger.record(workspace="w1", actor="cy")
    ledger.streams[WORKSPACE] = public
    honest = ledger.trail(WORKSPACE)
    event = entry.disclose(index=hidden.index, tags={}, fields=hidden.fields, seed=hidden.seed)
    events = [*ledger.events([public])[:-1], event]
    trail = with_events(honest, events, scope=ledger.scope([public], len(events), complete=False))
    assert "event 11, field workspace_stream: it commits to another stream" in refused(ledger.archive(trail))


SHORT_FRAUDS: dict[str, tuple[str, Callable[[list[Event]], object], str]] = {
    "changes a value": ("seed", set_field("detail.name", "x"), "event 2, field commitment: its fields"),
    "cuts the seed": ("seed", lambda e: e[2].update(seed="AAAA"), "line 3: it cannot be read: a seed has 32 bytes"),
    "numbers the seed": ("seed", lambda e: e[2].update(seed=1), "line 3: it cannot be read"),
    "drops a field": ("seed", lambda e: e[2]["fields"].pop("purpose"), "field purpose: it is neither in clear nor"),
    "hides beside a seed": ("seed", lambda e: e[2].update(hidden={}), "line 3: it cannot be read: it does not have"),
    "erases another": ("erased", lambda e: e[2].update(commitment="00" * 32), "the commitment it gives is not the one"),
    "half a commitment": ("erased", lambda e: e[2].update(commitment="00" * 16), "line 3: it cannot be read: an era"),
    "erases untruly": ("erased", lambda e: e[2].update(erased=1), "line 3: it cannot be read: an era"),
    "numbers wrongly": ("erased", lambda e: e[2]["tags"].update(workspace=4), "field tags: its number does not give"),
    "no number": ("erased", lambda e: e[2].update(tags={}), "field tags: it belongs to none of the disclosed streams"),
    "erases and tells": ("erased", lambda e: e[2].update(fields={}), "line 3: it cannot be read: it does not have"),
}  # fmt: skip


@pytest.mark.parametrize("fraud", SHORT_FRAUDS)
def test_it_finds_fraud_in_the_shorter_forms(ledger: FakeLedger, refused: Refused, fraud: str) -> None:
    form, edit, expected = SHORT_FRAUDS[fraud]
    honest = ledger.archive(in_short(ledger, form, keep_last=True))
    assert expected in refused(forge(honest, ledger.signer, **edit_events(edit)(honest)))


def test_it_finds_two_events_with_one_id(refused: Refused) -> None:
    ledger = small_ledger(witnesses=(witness("a"), witness("b")))
    ledger.record(workspace="w1", actor="cy", id=ledger.entries[3].fields["id"])
    assert "event 11, field id: events 3 and 11 have the same id" in refused(ledger.archive(ledger.trail(WORKSPACE)))


def test_it_refuses_an_older_checkpoint(archive: bytes, ledger: FakeLedger, refused: Refused) -> None:
    failure = refused(forge(archive, ledger.signer, checkpoint=ledger.checkpoint_note(9)))
    assert "9" in failure


def test_it_refuses_the_checkpoint_of_another_log(archive: bytes, ledger: FakeLedger, refused: Refused) -> None:
    foreign = small_ledger(origin="other.example").checkpoint_note()
    failure = refused(forge(archive, ledger.signer, checkpoint=foreign))
    assert failure == "member checkpoint: the policy knows no log with the origin other.example"


def test_it_refuses_the_manifest_of_another_log_of_the_policy(
    archive: bytes, ledger: FakeLedger, verify: Verify
) -> None:
    other = FakeLedger("other.example")
    both = f"log {other.signer.vkey}\n{ledger.policy}"
    outcome = verify(forge(archive, other.signer), policy=both)
    assert (outcome.status, outcome.failure[:29]) == (1, "member manifest: it is signed")


def test_it_refuses_a_checkpoint_without_the_quorum(archive: bytes, ledger: FakeLedger, refused: Refused) -> None:
    first_only = small_ledger(witnesses=ledger.witnesses[:1]).checkpoint_note()
    failure = refused(forge(archive, ledger.signer, checkpoint=first_only))
    assert failure.startswith("member checkpoint: the quorum witnesses is not met")


def test_it_refuses_a_cosignature_for_another_checkpoint(archive: bytes, ledger: FakeLedger, refused: Refused) -> None:
    text = ledger.checkpoint().marshal()
    elsewhere = [w.signature_line(ledger.checkpoint(9).marshal(), 5) for w in ledger.witnesses]
    borrowed = join(text, [ledger.signer.signature_line(text), *elsewhere])
    assert "does not verify" in refused(forge(archive, ledger.signer, checkpoint=borrowed))


def test_it_says_that_a_known_checkpoint_is_newer(archive: bytes, ledger: FakeLedger, refused: Refused) -> None:
    ledger.record(workspace="w2", actor="ana")
    failure = refused(archive, known=ledger.checkpoint_note())
    assert failure.startswith("you know a checkpoint of 12 leaves, but this export ends at 11")


def test_it_refuses_a_known_checkpoint_that_the_log_did_not_sign(archive: bytes, refused: Refused) -> None:
    foreign = small_ledger(origin="other.example").checkpoint_note()
    assert refused(archive, known=foreign).startswith("the known checkpoint: ")


def test_it_refuses_a_known_checkpoint_that_is_none(archive: bytes, refused: Refused) -> None:
    assert refused(archive, known=b"hello").startswith("the known checkpoint: the note has no text")

"""The operator of the log, who signs what he likes."""

import base64
import json
from random import Random
from typing import Any

from ledger_bridge.tlog import entry
from ledger_bridge.tlog.anchors.chain import ChainEvidence
from ledger_bridge.tlog.note import join
from tests.fakes.archives import Event, edit_events, edit_scope, event_lines, events_of, forge, members
from tests.fakes.chain import make_evidence
from tests.fakes.ledger import small_ledger
from tests.verifier.mutations.edits import EVENT_EDITS, SCOPE_EDITS
from tests.verifier.mutations.honest import (
    MOMENT,
    Case,
    Honest,
    Mutation,
    anchored_export,
    by_field,
    flipped,
    flipped_hex,
    honest_ledger,
)
from tests.verifier.test_dishonest_operator import EVENT_FRAUDS, SCOPE_FRAUDS


def named_event_fraud(random: Random, honest: Honest) -> Case:
    edit, _ = EVENT_FRAUDS[random.choice(sorted(EVENT_FRAUDS))]
    export = by_field()
    return export.handed(forge(export.archive, export.ledger.signer, **edit_events(edit)(export.archive)))


def named_scope_fraud(random: Random, honest: Honest) -> Case:
    edit, _ = SCOPE_FRAUDS[random.choice(sorted(SCOPE_FRAUDS))]
    export = by_field()
    return export.handed(forge(export.archive, export.ledger.signer, **edit_scope(edit)(export.archive)))


def edit_one_event(random: Random, honest: Honest) -> Case:
    events = events_of(honest.archive)
    before = json.dumps(events)
    while json.dumps(events) == before:
        random.choice(EVENT_EDITS)(random, events[random.randrange(len(events))])
    return _resigned(honest, events)


def remove_events(random: Random, honest: Honest) -> Case:
    complete = by_field() if honest.case.name == "filtered" else honest
    events = events_of(complete.archive)
    for _ in range(random.randint(1, len(events) - 1)):
        del events[random.randrange(len(events))]
    return _resigned(complete, events)


def reorder_events(random: Random, honest: Honest) -> Case:
    events = events_of(honest.archive)
    first, second = random.sample(range(len(events)), 2)
    events[first], events[second] = events[second], events[first]
    return _resigned(honest, events)


def repeat_event(random: Random, honest: Honest) -> Case:
    events = events_of(honest.archive)
    events.insert(random.randrange(len(events) + 1), random.choice(events))
    return _resigned(honest, events)


def swap_contents(random: Random, honest: Honest) -> Case:
    """Two events keep their places and change their contents."""
    events = events_of(honest.archive)
    first, second = random.sample(range(len(events)), 2)
    events[first]["index"], events[second]["index"] = events[second]["index"], events[first]["index"]
    events[first], events[second] = events[second], events[first]
    return _resigned(honest, events)


def add_strange_event(random: Random, honest: Honest) -> Case:
    """An event that is in the log, but in none of the disclosed streams, or one that was invented."""
    events = events_of(honest.archive)
    shown = {event["index"] for event in events}
    if random.random() < 0.5:
        one = random.choice(honest.ledger.entries)
        tags = {"workspace": random.randint(1, 9)} if random.random() < 0.5 else {}
        fields = {**one.fields, "id": str(one.fields["id"])[:-1] + "0", "outcome": "deny"}
        events.append(entry.disclose(index=one.index, tags=tags, fields=fields, seed=one.seed))
    else:
        one = random.choice([each for each in honest.ledger.entries if each.index not in shown])
        slot = random.choice(entry.SLOTS)
        events.append(entry.disclose(index=one.index, tags={slot: 1}, fields=one.fields, seed=random.randbytes(32)))
    events.sort(key=lambda event: int(event["index"]))
    return _resigned(honest, events)


def break_a_line(random: Random, honest: Honest) -> Case:
    lines = event_lines(events_of(honest.archive)).splitlines(keepends=True)
    at = random.randrange(len(lines))
    line = lines[at]
    changed = [
        b"\xff" + line,
        line[:-2] + b"\n",
        line.replace(b'"index"', b'"index": 0, "index"', 1),
        line.replace(b'"schema": 1', b'"schema": 1.0').replace(b'"erased": true', b'"erased": 1'),
        line.replace(b'"detail.size": ', b'"detail.size": 9007199254740993', 1).replace(b"true", b"false"),
        line.replace(b'"index": ', b'"index": 0', 1).replace(b'"index": 00', b'"index": -0.5', 1),
        b"[" * 2000 + line,
        line[:-1],
        b"\xef\xbb\xbf" + line,
        line.replace(b'"tags"', b'"__proto__": {}, "tags"', 1),
        line.replace(b"}", b',"x":NaN}', 1),
        line.replace(b"file", b"\\ud800", 1).replace(b'"erased": true', b'"erased": "\\ud800"'),
    ]
    lines[at] = random.choice([one for one in changed if one != line])
    return honest.handed(forge(honest.archive, honest.ledger.signer, events_jsonl=b"".join(lines)))


def edit_the_scope(random: Random, honest: Honest) -> Case:
    edit = random.choice(SCOPE_EDITS)
    change = edit_scope(lambda scope: edit(random, scope))
    return honest.handed(forge(honest.archive, honest.ledger.signer, **change(honest.archive)))


def change_leaves(random: Random, honest: Honest) -> Case:
    leaves = bytearray(members(honest.archive)["leaves.bin"])
    leaves[random.randrange(len(leaves))] ^= 1 << random.randrange(8)
    return honest.handed(forge(honest.archive, honest.ledger.signer, leaves_bin=bytes(leaves)))


def move_leaves(random: Random, honest: Honest) -> Case:
    leaves = list(honest.ledger.leaves)
    first, second = random.sample(range(len(leaves)), 2)
    moved = random.choice(["swap", "drop", "repeat", "cut"])
    if moved == "swap":
        leaves[first], leaves[second] = leaves[second], leaves[first]
    elif moved == "drop":
        del leaves[first]
    elif moved == "repeat":
        leaves.insert(first, leaves[second])
    data = b"".join(leaves)
    changed = data[: -random.randint(1, 96)] if moved == "cut" else data
    return honest.handed(forge(honest.archive, honest.ledger.signer, leaves_bin=changed))


def rewrite_the_log(random: Random, honest: Honest) -> Case:
    """Leaves, root and the log's own signatures fit, but no witness signs this history."""
    other = honest_ledger()
    at = random.randrange(len(other.leaves))
    other.leaves[at] = other.leaves[at][:65] + random.randbytes(32)
    text = other.checkpoint().marshal()
    own = other.signature_lines(cosigned=False)
    borrowed = honest.ledger.signature_lines()[2:]
    note = join(text, random.choice([own, [*own, *borrowed], [*own, borrowed[0]]]))
    data = forge(honest.archive, other.signer, leaves_bin=b"".join(other.leaves), checkpoint=note)
    return honest.handed(data, known=random.choice([None, honest.case.known]))


def rewrite_with_witnesses(random: Random, honest: Honest) -> Case:
    """Even the witnesses join in, but the auditor kept a checkpoint."""
    other = honest_ledger()
    at = random.randrange(5)
    other.leaves[at] = other.leaves[at][:65] + random.randbytes(32)
    leaves = b"".join(other.leaves)
    data = forge(honest.archive, other.signer, leaves_bin=leaves, checkpoint=other.checkpoint_note())
    return honest.handed(data)


def change_signatures(random: Random, honest: Honest) -> Case:
    text = honest.ledger.checkpoint().marshal()
    lines = honest.ledger.signature_lines()
    at = random.randrange(1, len(lines))  # the first two have one name
    lines = random.choice([_damaged_line, _without_line, _other_size, _other_time, _relabelled])(
        random, honest, lines, at
    )
    note = text + b"\n" + b"".join(lines)
    return honest.handed(forge(honest.archive, honest.ledger.signer, checkpoint=note))


def change_the_checkpoint(random: Random, honest: Honest) -> Case:
    own, size = honest.ledger.checkpoint_note(), len(honest.ledger.leaves)
    sizes = [f"0{size}", f"+{size}", str(size + 1), f"{size}\nmore"]
    notes = [
        honest.ledger.checkpoint_note(random.randrange(size)),
        small_ledger(origin="other.example").checkpoint_note(),
        flipped(random, own),
        own.replace(f"\n{size}\n".encode(), f"\n{random.choice(sizes)}\n".encode()),
        own[:-1],
        b"",
    ]
    return honest.handed(forge(honest.archive, honest.ledger.signer, checkpoint=random.choice(notes)))


def change_an_anchor(random: Random, honest: Honest) -> Case:
    """The auditor knows the block, so every byte of the evidence counts."""
    anchored = anchored_export()
    anchor = dict(anchored.anchor)
    name = random.choice(["header", "account_proof", "size_proof", "root_proof", "contract", "founder"])
    if isinstance(anchor[name], list):
        nodes = list(anchor[name])
        at = random.randrange(len(nodes))
        nodes = random.choice(
            [[*nodes, nodes[-1]], nodes[:-1], [*nodes[:at], flipped_hex(random, nodes[at]), *nodes[at + 1 :]]]
        )
        anchor[name] = nodes
    else:
        anchor[name] = random.choice([flipped_hex(random, anchor[name]), anchor[name][:-2], "0x", None, 7])
    return _with_anchors(anchored, {"version": 1, "anchors": [anchor]})


def change_the_anchors(random: Random, honest: Honest) -> Case:
    anchored = anchored_export()
    ledger, anchor = anchored.ledger, anchored.anchor
    other = make_evidence("other.example", 7, ledger.checkpoint(7).root)
    elsewhere: list[ChainEvidence] = [
        other,
        make_evidence(ledger.origin, 7, random.randbytes(32)),
        make_evidence(ledger.origin, random.randint(12, 99), ledger.checkpoint(7).root),
        make_evidence(ledger.origin, 7, ledger.checkpoint(7).root, code_hash=random.randbytes(32)),
    ]
    second = {"kind": "chain", **random.choice(elsewhere).as_json()}
    content: list[Any] = [
        {"version": 1, "anchors": [anchor, second]},
        {"version": 2, "anchors": [anchor]},
        {"version": 1, "anchors": []},
        {"version": 1, "anchors": [{**anchor, "kind": "letter"}]},
        {"version": 1, "anchors": [1]},
        [anchor],
    ]
    return _with_anchors(anchored, random.choice(content))


def _resigned(honest: Honest, events: list[Event]) -> Case:
    lines = event_lines(events)
    scope = edit_scope(lambda scope: scope.update(events=len(events)))(honest.archive)
    return honest.handed(forge(honest.archive, honest.ledger.signer, events_jsonl=lines, **scope))


def _with_anchors(honest: Honest, content: Any) -> Case:
    return honest.handed(forge(honest.archive, honest.ledger.signer, anchors_json=json.dumps(content).encode()))


def _damaged_line(random: Random, honest: Honest, lines: list[bytes], at: int) -> list[bytes]:
    name, blob = lines[at][:-1].rsplit(b" ", 1)
    raw = base64.b64decode(blob)
    spoilt = raw[:4] + flipped(random, raw[4:])
    return [*lines[:at], name + b" " + base64.b64encode(spoilt) + b"\n", *lines[at + 1 :]]


def _without_line(random: Random, honest: Honest, lines: list[bytes], at: int) -> list[bytes]:
    return lines[:at] + lines[at + 1 :]


def _other_size(random: Random, honest: Honest, lines: list[bytes], at: int) -> list[bytes]:
    return [*lines[:at], honest.ledger.signature_lines(random.randrange(11))[at], *lines[at + 1 :]]


def _other_time(random: Random, honest: Honest, lines: list[bytes], at: int) -> list[bytes]:
    """A cosignature whose time was moved, without the witness."""
    at = random.randrange(1, len(lines))
    name, blob = lines[at][:-1].rsplit(b" ", 1)
    raw = base64.b64decode(blob)
    moved = raw[:4] + random.choice([bytes(8), b"\xff" * 8, (MOMENT + 1).to_bytes(8, "big")]) + raw[12:]
    return [*lines[:at], name + b" " + base64.b64encode(moved) + b"\n", *lines[at + 1 :]]


def _relabelled(random: Random, honest: Honest, lines: list[bytes], at: int) -> list[bytes]:
    """The signature of one under the name of another."""
    other = lines[(at + 1) % len(lines)]
    name = other.rsplit(b" ", 1)[0]
    return [*lines[:at], name + b" " + lines[at].rsplit(b" ", 1)[1], *lines[at + 1 :]]


MUTATIONS: list[Mutation] = [
    named_event_fraud,
    named_scope_fraud,
    edit_one_event,
    remove_events,
    reorder_events,
    repeat_event,
    swap_contents,
    add_strange_event,
    break_a_line,
    edit_the_scope,
    change_leaves,
    move_leaves,
    rewrite_the_log,
    rewrite_with_witnesses,
    change_signatures,
    change_the_checkpoint,
    change_an_anchor,
    change_the_anchors,
]

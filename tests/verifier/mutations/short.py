"""Trails in short form, as an operator would make them who has something to hide."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from random import Random
from typing import Any

from ledger_bridge.short_form import NamedSpan, ShortForm
from ledger_bridge.tlog import entry
from ledger_bridge.tlog.tags import Span, open_span, pages_about
from tests.fakes.archives import edit_events, edit_scope, forge, members
from tests.fakes.ledger import FakeEntry, events_in, with_events
from tests.fakes.tags import in_short_form, short_form, sort_tags, tag_file
from tests.verifier.conftest import WORKSPACE
from tests.verifier.mutations.honest import Case, Honest, HybridLedger, Mutation, flipped, honest_ledger

SMALL = 4096
SPANS = (Span(0, SMALL), Span(SMALL, SMALL))
_STEP = 105
_PAGE = 200


def short_ledger(prepare: Callable[[HybridLedger], object] = lambda _: None) -> HybridLedger:
    """Two full spans and a tail; the workspace has entries in each. `prepare` acts before the tags are sorted."""
    ledger = honest_ledger()
    ledger.fill(SMALL)
    ledger.record(workspace="w1", item="file2", actor="ana")
    ledger.fill(SMALL)
    prepare(ledger)
    for span in SPANS:
        sort_tags(ledger, span)
    ledger.fill(9)
    ledger.record(workspace="w1", item="file3", actor="bo")
    ledger.fill(2)
    return ledger


@lru_cache(maxsize=1)
def short_export() -> Honest:
    ledger = short_ledger()
    return _handed("short", ledger, short_form(ledger, SPANS, WORKSPACE, sizes=[5]))


def _handed(name: str, ledger: HybridLedger, form: ShortForm, trail: Any = None) -> Honest:
    data = ledger.archive(in_short_form(trail or ledger.trail(WORKSPACE), form))
    receipt = ledger.receipt(0).marshal()
    case = Case(name, data, ledger.policy.encode(), ledger.checkpoint_note(5), receipt)
    return Honest(ledger, case, (WORKSPACE,))


def _forged(**changes: bytes) -> Case:
    honest = short_export()
    return honest.handed(forge(honest.archive, honest.ledger.signer, **changes))


def _member(name: str) -> bytes:
    return members(short_export().archive)[name]


def flip_in_proof(random: Random, honest: Honest) -> Case:
    name = random.choice(["some-leaves.bin", "log-hashes.bin", "span-tags.bin", "spans.jsonl"])
    return _forged(**{name.replace(".", "_").replace("-", "_"): flipped(random, _member(name))})


def cut_or_lengthen_proof(random: Random, honest: Honest) -> Case:
    name, step = random.choice(
        [("some-leaves.bin", _STEP), ("log-hashes.bin", 32), ("span-tags.bin", 32), ("spans.jsonl", 9)]
    )
    data = _member(name)
    size = random.choice([1, step, 2 * step, len(data) // 2])
    changed = random.choice([data[:-size], data + data[-size:], data[size:], data[-size:] + data, b""])
    return _forged(**{name.replace(".", "_").replace("-", "_"): changed})


def move_shown_leaves(random: Random, honest: Honest) -> Case:
    """Leaves under other indexes, swapped, left out, invented, or shown twice."""
    data = _member("some-leaves.bin")
    rows = [data[at : at + _STEP] for at in range(0, len(data), _STEP)]
    first, second = random.sample(range(len(rows)), 2)
    index = int.from_bytes(rows[first][:8], "big")
    what = random.choice(["swap", "drop", "repeat", "shift", "invent", "order", "beyond"])
    if what == "swap":
        rows[first], rows[second] = rows[first][:8] + rows[second][8:], rows[second][:8] + rows[first][8:]
    elif what == "drop":
        del rows[first]
    elif what == "repeat":
        rows.insert(first, rows[first])
    elif what == "invent":
        rows.insert(first, (index + 1).to_bytes(8, "big") + b"\1" + random.randbytes(96))
    elif what == "order":
        rows[first], rows[second] = rows[second], rows[first]
    else:
        moved = index + 1 if what == "shift" else random.choice([1 << 40, 1 << 60, (1 << 64) - 1])
        rows[first] = moved.to_bytes(8, "big") + rows[first][8:]
    return _forged(some_leaves_bin=b"".join(rows))


def edit_short_scope(random: Random, honest: Honest) -> Case:
    size = len(short_export().ledger.leaves)
    change: dict[str, Any] = random.choice(
        [
            {"tail": one}
            for one in (0, SMALL, 2 * SMALL + 1, 2 * SMALL - 1, size, size + 1, -1, None, True, "8192", 2**60)
        ]
        + [{"sizes": one} for one in ([], [4], [5, 5], [6, 5], [0, 5], [5, size], [True], [5.0], ["5"], 5, [5, 2**60])]
        + [{"version": one} for one in (1, 3, "2", True, None)]
        + [{"streams": []}, {"streams": [], "complete": False}, {"streams": [], "complete": False, "tail": size}]
    )
    return _forged(**edit_scope(lambda scope: scope.update(change))(short_export().archive))


def edit_short_stream(random: Random, honest: Honest) -> Case:
    """A longer or a shorter stream than the one that was looked up."""
    by = random.choice([-2, -1, 1, 60, 64])
    change = edit_scope(lambda scope: scope["streams"][0].update(length=scope["streams"][0]["length"] + by))
    return _forged(**change(short_export().archive))


def move_spans(random: Random, honest: Honest) -> Case:
    """Entries about spans in another order, twice, or missing."""
    first, second = _member("spans.jsonl").splitlines(keepends=True)
    lines = random.choice([[second, first], [first], [second], [first, first], [first, second, second], []])
    return _forged(spans_jsonl=b"".join(lines))


def edit_span(random: Random, honest: Honest) -> Case:
    lines = [json.loads(line) for line in _member("spans.jsonl").splitlines()]
    line = random.choice(lines)
    firsts: list[Any] = [0, SMALL, -SMALL, 1, 2**60, "0", None, 2**50]
    counts: list[Any] = [4 * SMALL, SMALL - 1, 0, 2**58, True, "4096"]
    edits: list[Callable[[], object]] = [
        lambda: line["fields"].update({"detail.root": random.randbytes(32).hex()}),
        lambda: line["fields"].update({"detail.first": random.choice(firsts)}),
        lambda: line["fields"].update({"detail.leaves": random.choice(counts)}),
        lambda: line["fields"].update({"detail.log": random.choice(["other.example/log", None, 7])}),
        lambda: line["fields"].update({"kind": random.choice(["file.opened", "ledger.tags_sorted2", 7])}),
        lambda: line["fields"].update({"actor_kind": random.choice(["person", "nobody"])}),
        lambda: line["fields"].update({"schema": random.choice([2, 0, True])}),
        lambda: line.update(index=line["index"] + random.choice([-1, 1, -SMALL, 2**60])),
        lambda: line.update(tags={"workspace": 1}),
        lambda: line.update(seed=line["seed"][::-1]),
        lambda: line.update(more=1),
        lambda: line.pop("seed"),
        lambda: line["fields"].pop(random.choice(sorted(line["fields"]))),
        lambda: line["fields"].update({"id": "x"}),
    ]
    edit = random.choice(edits)
    before = json.dumps(lines)
    while json.dumps(lines) == before:
        edit()
        if json.dumps(lines) == before:
            line["fields"]["detail.root"] = random.randbytes(32).hex()
    return _forged(spans_jsonl=b"".join(json.dumps(one).encode() + b"\n" for one in lines))


def look_up_too_little(random: Random, honest: Honest) -> Case:
    """Openings that leave out a page on which a look-up depends, so that neighbours are none."""
    ledger = short_export().ledger
    span = random.choice(SPANS)
    stream = ledger.stream(*WORKSPACE)
    file = tag_file(span, ledger.leaves)
    wanted = list(entry.tags(stream.key, 1, stream.length + 64))
    numbers = {number for tag in wanted for number in pages_about(tag, span, file.read)}
    without = set(pages_about(random.choice(wanted), span, file.read))
    kept = {number: file.page(number) for number in numbers - without}
    others = {one: tag_file(one, ledger.leaves).open(*wanted) for one in SPANS}
    opened = {**others, span: open_span(kept, span, file)}
    return _forged(span_tags_bin=b"".join(opened[one] for one in SPANS))


def open_another_span(random: Random, honest: Honest) -> Case:
    """The opening of one span in place of the other's, or both exchanged."""
    ledger = short_export().ledger
    stream = ledger.stream(*WORKSPACE)
    wanted = list(entry.tags(stream.key, 1, stream.length + 64))
    opened = {span: tag_file(span, ledger.leaves).open(*wanted) for span in SPANS}
    a, b = (opened[span] for span in SPANS)
    return _forged(span_tags_bin=random.choice([b + a, a + a, b + b, a, a + b + b, b]))


def renumber_a_page(random: Random, honest: Honest) -> Case:
    data = bytearray(_member("span-tags.bin"))
    count = int.from_bytes(data[:4], "big")
    at = 8 + _PAGE * random.randrange(count)
    data[at : at + 8] = random.choice([0, 1 << 33, 1 << 60, int.from_bytes(data[at : at + 8], "big") ^ 1]).to_bytes(
        8, "big"
    )
    if bytes(data) == _member("span-tags.bin"):
        data[at + 9] ^= 1
    return _forged(span_tags_bin=bytes(data))


def boast_of_pages(random: Random, honest: Honest) -> Case:
    data = _member("span-tags.bin")
    counts = random.choice(
        [b"\xff" * 8, b"\0" * 8, data[4:8] + data[:4], b"\0\0\0\0" + data[4:8], data[:4] + b"\0\0\0\1"]
    )
    return _forged(span_tags_bin=counts + data[8:])


def leave_out_an_event(random: Random, honest: Honest) -> Case:
    """Everything else is made again without it: leaves, hashes, and where it was the last, the stream is shortened."""
    ledger = short_ledger()
    trail = ledger.trail(WORKSPACE)
    events = events_in(trail)
    del events[random.randrange(len(events))]
    scope = {**trail.scope, "events": len(events)}
    form = replace(short_form(ledger, SPANS, WORKSPACE, sizes=[5]), indexes=[event["index"] for event in events])
    return _handed("left out", ledger, form, with_events(trail, events, scope=scope)).case


def cut_the_stream(random: Random, honest: Honest) -> Case:
    """The newest entries are kept back, and the export says that the stream ends before them."""
    ledger = short_ledger()
    stream = ledger.stream(*WORKSPACE)
    stream.length -= random.choice([1, 2, 3])
    trail = ledger.trail(WORKSPACE)
    events = [event for event in events_in(trail) if event["tags"]["workspace"] <= stream.length]
    scope = {**trail.scope, "events": len(events)}
    form = replace(short_form(ledger, SPANS, WORKSPACE, sizes=[5]), indexes=[event["index"] for event in events])
    return _handed("cut", ledger, form, with_events(trail, events, scope=scope)).case


def repeat_a_tag(random: Random, honest: Honest) -> Case:
    """A number of the stream stands in a second leaf too, or in a slot where no stream of its kind stands."""

    def prepare(ledger: HybridLedger) -> None:
        number = random.choice([2, 3, 8])
        tag = entry.tag(ledger.stream(*WORKSPACE).key, number)
        index, slot = random.randrange(100, 2 * SMALL), random.randrange(4)
        leaf = ledger.leaves[index]
        ledger.leaves[index] = leaf[: 1 + 16 * slot] + tag + leaf[17 + 16 * slot :]

    ledger = short_ledger(prepare)
    return _handed("repeated", ledger, short_form(ledger, SPANS, WORKSPACE, sizes=[5])).case


def go_on_after_the_end(random: Random, honest: Honest) -> Case:
    """The stream has a number beyond its end, in a span or in the tail."""
    ledger = short_ledger(lambda made: _put(made, random.randrange(100, SMALL), 7 + random.randrange(4, 50)))
    return _handed("goes on", ledger, short_form(ledger, SPANS, WORKSPACE, sizes=[5])).case


def _put(ledger: HybridLedger, index: int, number: int) -> None:
    tag = entry.tag(ledger.stream(*WORKSPACE).key, number)
    ledger.leaves[index] = ledger.leaves[index][:1] + tag + ledger.leaves[index][17:]


def name_spans_wrongly(random: Random, honest: Honest) -> Case:
    """The log itself holds an entry about the span that says something which cannot be."""
    ledger = short_ledger()
    span = SPANS[0]
    root = tag_file(span, ledger.leaves).root.hex()
    fields: dict[str, Any] = {
        "detail.log": ledger.origin, "detail.first": 0, "detail.leaves": SMALL, "detail.root": root,
        "actor": None, "actor_kind": "service",
    }  # fmt: skip
    kind = "ledger.tags_sorted"
    change = random.choice(["log", "kind", "root", "actor", "before", "schema"])
    if change == "log":
        fields["detail.log"] = "other.example/log"
    elif change == "root":
        fields["detail.root"] = sha256(root.encode()).hexdigest()
    elif change == "actor":
        fields["actor_kind"] = "person"
    elif change == "schema":
        fields["schema"] = 2
    elif change == "kind":
        kind = "file.opened"
    one = ledger.record(kind, **fields) if change != "before" else _record_first(ledger, fields)
    form = short_form(ledger, SPANS, WORKSPACE, sizes=[5])
    event = entry.disclose_whole(index=one.index, tags={}, fields=one.fields, seed=one.seed)
    spans = [replace(form.spans[0], event=event), *form.spans[1:]]
    return _handed("named wrongly", ledger, replace(form, spans=spans)).case


def _record_first(ledger: HybridLedger, fields: dict[str, Any]) -> FakeEntry:
    """Let the entry stand at place 60, long before the end of the span that it names."""
    one = ledger.record("ledger.tags_sorted", **fields)
    ledger.leaves[60] = ledger.leaves.pop()
    return replace(one, index=60)


def cover_with_gaps(random: Random, honest: Honest) -> Case:
    """A span is missing, or stands twice, and everything else is made to fit."""
    ledger = short_ledger()
    form = short_form(ledger, SPANS, WORKSPACE, sizes=[5])
    first, second = form.spans
    spans: list[NamedSpan] = random.choice([[second], [second, first], [first, first], [first, second, second]])
    return _handed("gaps", ledger, replace(form, spans=spans)).case


def move_the_tail(random: Random, honest: Honest) -> Case:
    """The tail begins later than the spans end, and the leaves between are shown nowhere."""
    data = _member("some-leaves.bin")
    rows = [data[at : at + _STEP] for at in range(0, len(data), _STEP)]
    tail = 2 * SMALL + random.choice([1, 3, 9])
    kept = [row for row in rows if not 2 * SMALL + 2 <= int.from_bytes(row[:8], "big") < tail]
    change = edit_scope(lambda scope: scope.update(tail=tail))(short_export().archive)
    return _forged(some_leaves_bin=b"".join(kept), **change)


def ask_for_more(random: Random, honest: Honest) -> Case:
    """What the auditor knows, this export does not prove, or it contradicts it."""
    export = short_export()
    note = random.choice([export.ledger.checkpoint_note(n) for n in (4, 6, SMALL)])
    return export.handed(export.archive, known=note)


def drop_an_event_only(random: Random, honest: Honest) -> Case:
    edit = edit_events(lambda events: events.pop(random.randrange(len(events))))
    return _forged(**edit(short_export().archive))


MUTATIONS: list[Mutation] = [
    flip_in_proof,
    cut_or_lengthen_proof,
    move_shown_leaves,
    edit_short_scope,
    edit_short_stream,
    move_spans,
    edit_span,
    look_up_too_little,
    open_another_span,
    renumber_a_page,
    boast_of_pages,
    leave_out_an_event,
    cut_the_stream,
    repeat_a_tag,
    go_on_after_the_end,
    name_spans_wrongly,
    cover_with_gaps,
    move_the_tail,
    ask_for_more,
    drop_an_event_only,
]

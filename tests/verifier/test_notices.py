"""What an export says about the log before and about erasures: both verifiers hold it against the leaves."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from ledger_bridge.tlog import entry
from tests.fakes.archives import forge, members
from tests.fakes.ledger import ORIGIN, FakeEntry, FakeLedger, events_in, with_events
from tests.needs import needs
from tests.verifier.conftest import WORKSPACE
from tests.verifier.in_browser import verifier_page, verify_all
from tests.verifier.mutations import Case
from tests.verifier.test_agreement import comparable, in_python

OLD = "old.example/clinic"
SHOWN = {"kind", "schema", "recorded_at"}
Notice = dict[str, Any]


@dataclass(frozen=True)
class Expected:
    case: Case
    status: int
    said: str


@dataclass(frozen=True)
class Later:
    """What to expect of a case that is made when it is needed, not while tests are collected."""

    name: str
    make: Callable[[], Expected]


def later(build: Callable[..., Expected]) -> Callable[..., Later]:
    def named(name: str, *rest: Any, **more: Any) -> Later:
        return Later(name, lambda: build(name, *rest, **more))

    return named


def old_log(length: int = 9) -> FakeLedger:
    ledger = FakeLedger(origin=OLD)
    for _ in range(length):
        ledger.record(workspace="w1", actor="ana")
    return ledger


def successor(old: FakeLedger, kept: int, **changes: Any) -> FakeLedger:
    """A log that continues the first leaves of an old one, and goes on."""
    ledger = FakeLedger(origin=ORIGIN)
    text = changes.pop("checkpoint", old.checkpoint_note().decode())
    told = {"origin": old.origin, "size": len(old.leaves), "checkpoint": text, "carried": kept} | changes
    ledger.record("ledger.succeeded", actor=None, **{f"detail.{name}": value for name, value in told.items()})
    carry(ledger, old, kept)
    ledger.record(workspace="w1", actor="ana")
    ledger.record(workspace="w1", actor="ben")
    return ledger


def carry(ledger: FakeLedger, old: FakeLedger, kept: int) -> None:
    ledger.entries += [replace(one, index=one.index + 1) for one in old.entries[:kept]]
    ledger.leaves += old.leaves[:kept]
    for one in old.entries[:kept]:
        for slot, number in one.tags.items():
            kind = {"actor": "person"}.get(slot, slot)
            ledger.stream(kind, one.fields[slot]).length = number


def notice(one: FakeEntry, *covers: list[int], hide: tuple[str, ...] = ()) -> Notice:
    hidden = {name for name in one.fields if name not in SHOWN and not name.startswith("detail.")} | set(hide)
    event = entry.disclose(index=one.index, tags={}, fields=one.fields, seed=one.seed, hide=hidden)
    return {"event": event, "covers": list(covers)}


def export(ledger: FakeLedger, *notices: Notice, erase: tuple[int, ...] = (), streams: Any = (WORKSPACE,)) -> bytes:
    trail = replace(ledger.trail(*streams), notices=notices)
    events = [erased(ledger, event) if event["index"] in erase else event for event in events_in(trail)]
    return ledger.archive(with_events(trail, events))


def erased(ledger: FakeLedger, event: Any) -> dict[str, Any]:
    one = ledger.entries[event["index"]]
    commitment = entry.commitment(one.fields, one.seed)
    return entry.disclose_erased(index=one.index, tags=event["tags"], commitment=commitment)


@later
def succession(name: str, status: int, said: str, kept: int = 6, known: int | None = None, **more: Any) -> Expected:
    old = old_log()
    other = more.pop("old", old)
    ledger = more.pop("ledger", None) or successor(old, kept, **more)
    note = other.checkpoint_note(known) if known is not None else None
    policies = {"policy": ledger.policy.encode(), "known_policy": other.policy.encode()}
    return Expected(Case(name, export(ledger, notice(ledger.entries[0])), known=note, **policies), status, said)


@later
def continued_twice(name: str) -> Expected:
    """A log that continues one that continued another."""
    first = old_log()
    second = successor(first, 8)
    second.origin = "second.example/clinic"
    third = successor(second, 7)
    data = export(third, notice(third.entries[0]), notice(third.entries[1]))
    case = Case(name, data, third.policy.encode(), first.checkpoint_note(6), known_policy=first.policy.encode())
    return Expected(case, 0, "The 6 leaves of the checkpoint of old.example/clinic that you know follow from leaf 2 on")


@later
def unsigned(name: str) -> Expected:
    text = old_log().checkpoint().marshal().decode()
    return succession(name, 0, "follow from leaf 1 on, unchanged", known=6, checkpoint=text).make()


@later
def without_notice(name: str) -> Expected:
    old = old_log()
    ledger = successor(old, 6)
    case = Case(name, export(ledger), ledger.policy.encode(), old.checkpoint_note(3))
    return Expected(replace(case, known_policy=old.policy.encode()), 1, f"is of another log, {OLD}")


@later
def unknown_key(name: str) -> Expected:
    made = succession(name, 1, "the policy knows no log with the origin old.example", known=6).make()
    return replace(made, case=replace(made.case, known_policy=None))


def forked(at: int) -> FakeLedger:
    """The old log as somebody else saw it: one event is another."""
    other = FakeLedger(origin=OLD)
    for index in range(9):
        other.record(workspace="w1", actor="eve" if index == at else "ana")
    return other


SUCCESSIONS = [
    succession("nothing known", 0, "This log continues the log old.example/clinic: entry 0 names"),
    succession("what was lost", 0, "from its leaf 6 on: 3 leaves were lost when it ended"),
    succession("all kept", 0, "9 of them follow from leaf 1 on", kept=9, known=9),
    succession("nothing kept", 0, "none of them follow", kept=0, known=4),
    succession("known and kept", 0, "The 4 leaves of the checkpoint of old.example/clinic that you know", known=4),
    succession("known to the last kept", 0, "that you know follow from leaf 1 on, unchanged", known=6),
    succession("known beyond what is kept", 0, "it covers 8, and 2 of these were lost", known=8),
    succession("known beyond the end", 1, "more was lost than it says", known=9, old=old_log(9), size=8,
               checkpoint=old_log().checkpoint_note(8).decode()),
    succession("another last checkpoint", 1, "has another root than the one you know", known=9, old=forked(8)),
    succession("another history", 1, "from leaf 1 on are not those of the checkpoint", known=6, old=forked(5)),
    succession("another history of what was lost", 0, "that you know follow from leaf 1 on", known=6, old=forked(7)),
    succession("another size", 1, "of another log or size than the entry says", size=12),
    succession("another origin", 1, "of another log or size than the entry says", origin="x.example"),
    succession("no checkpoint", 1, "three lines", checkpoint="nothing"),
    succession("a hidden size", 1, "field detail.size: it is not a count in clear", size="9"),
    succession("more than there is", 1, "more leaves would follow than there are", carried=10),
    succession("more than follows", 1, "more leaves would follow than there are", kept=2, carried=9, known=1),
    continued_twice("a log after the next"),
    unsigned("seen on the chain only"),
    without_notice("no notice"),
    unknown_key("key of nobody"),
]  # fmt: skip


def log_with_erasures(**changes: Any) -> FakeLedger:
    """Six events about two files in a workspace, and the erasures of one file and of the whole workspace."""
    ledger = FakeLedger()
    for index in range(6):
        ledger.record(workspace="w1", item=f"i{index % 2}", actor="ana")
    for of, name in (("item", "i0"), ("workspace", "w1")):
        commitment = entry.stream_commitment(ledger.stream(of, name).key).hex()
        told = {"of": of, "stream": commitment, "ground": f"court order {name}", "entries": 3, **changes}
        ledger.record("erasure.done", actor=None, **{f"detail.{key}": value for key, value in told.items()})
    ledger.record(workspace="w1", actor="ben")
    return ledger


@later
def erasure(name: str, status: int, said: str, *covers: list[int], at: int = 6, **changes: Any) -> Expected:
    hide = changes.pop("hide", ())
    ledger = log_with_erasures(**changes)
    data = export(ledger, notice(ledger.entries[at], *covers, hide=hide), erase=(0, 2, 4))
    return Expected(Case(name, data, ledger.policy.encode()), status, said)


@later
def several(name: str, status: int, said: str, *notices: tuple[int, list[list[int]]]) -> Expected:
    ledger = log_with_erasures()
    made = [notice(ledger.entries[at], *covers) for at, covers in notices]
    return Expected(Case(name, export(ledger, *made, erase=(0, 2, 4)), ledger.policy.encode()), status, said)


@later
def forged(name: str, said: str, change: Callable[[bytes], bytes]) -> Expected:
    ledger = log_with_erasures()
    honest = export(ledger, notice(ledger.entries[6], [0, 4]), erase=(0, 2, 4))
    data = forge(honest, ledger.signer, notices_jsonl=change(members(honest)["notices.jsonl"]))
    return Expected(Case(name, data, ledger.policy.encode()), 1, said)


ERASURES = [
    erasure("accounted for", 0, "records that what the log said about a file or folder was erased, 2026-", [0, 4]),
    erasure("with its ground", 0, "on the ground “court order i0”", [0, 4]),
    erasure("by the export's word", 0, "Whether entry 6 accounts for 3 of the erased events, as the export", [0, 4]),
    erasure("by its stream", 0, "Entry 7 accounts for 3 of the erased events: their numbers stand in", [0, 4], at=7),
    erasure("one by one", 0, "Whether entry 6 accounts for 3 of", [0, 0], [2, 2], [4, 4]),
    erasure("in part", 0, "Why 1 of these events was erased: no entry in this export accounts", [0, 2]),
    erasure("none of them", 0, "Why 3 of these events were erased: no entry", [1, 1]),
    erasure("a ground that is left out", 0, "was erased, 2026-", [0, 4], hide=("detail.ground",)),
    several("by two", 0, "Whether entry 6 accounts for 2 of", (6, [[0, 2]]), (7, [[4, 4]])),
    several("by nothing", 0, "Why 3 of these events were erased"),
    several("one event twice", 1, "event 7: two erasures would account for event 2", (6, [[0, 2]]), (7, [[2, 4]])),
    several("out of order", 1, "it follows event 7", (7, [[4, 4]]), (6, [[0, 2]])),
    several("the same twice", 1, "it follows event 6", (6, [[4, 4]]), (6, [[0, 2]])),
    several("another kind", 1, "field kind: it is neither about a log", (1, [])),
    erasure("more than it says", 1, "it would account for 3 events, but says that 2 were erased", [0, 4], entries=2),
    erasure("what came later", 1, "recorded after it", [0, 8]),
    erasure("of what nobody knows", 1, "field detail.of: its value is not one", [0, 4], of="letter"),
    erasure("a hidden stream", 1, "field detail.stream: it is not text in clear", [0, 4], hide=("detail.stream",)),
    erasure("a hidden kind", 1, "field kind: it is neither about a log", [0, 4], hide=("kind",)),
    erasure("a hidden count", 1, "field detail.entries: it is not a count", [0, 4], hide=("detail.entries",)),
    erasure("backwards", 1, "not a list of ascending ranges", [4, 0]),
    erasure("over each other", 1, "not a list of ascending ranges", [0, 2], [2, 4]),
    erasure("of three", 1, "not a list of ascending ranges", [0, 2, 4]),
    erasure("of truths", 1, "not a list of ascending ranges", [False, True]),
    erasure("of nothing", 1, "not a list of ascending ranges", []),
    forged("no list", "not a list of ascending ranges", lambda line: line.replace(b"[[0,4]]", b"7")),
    forged("another ground", "do not give the commitment", lambda line: line.replace(b"order i0", b"order 13")),
    forged("another place", "event 99: it follows event -1", lambda line: line.replace(b'"index":6', b'"index":99')),
    forged("not an object", "it does not have the form of a notice", lambda _: b"[]\n"),
    forged("no JSON", "line 2: it cannot be read", lambda line: line + b"{\n"),
    forged("no end", "line 1: it has no end", lambda line: line[:-1]),
    forged("more fields", "the form of a notice", lambda line: line.replace(b'{"covers"', b'{"more":1,"covers"')),
    forged("no event", "the form of an event", lambda _: b'{"covers":[],"event":1}\n'),
]


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with verifier_page() as opened:
        yield opened


@pytest.mark.parametrize("one", [*SUCCESSIONS, *ERASURES], ids=lambda one: one.name)
def test_it_is_held_against_the_leaves_and_said_in_words(one: Later, tmp_path: Path) -> None:
    expected = one.make()
    answer = in_python(expected.case, tmp_path)
    report = answer["report"]
    assert answer["status"] == expected.status, report
    said = [str(report["failure"])] if expected.status else [*report["checks"], *report["limits"]]
    assert any(expected.said in sentence for sentence in said), said


@needs("chromium")
def test_the_page_says_the_same(page: Page, tmp_path: Path) -> None:
    cases = [one.make().case for one in (*SUCCESSIONS, *ERASURES)]
    for case, there in zip(cases, verify_all(page, cases), strict=True):
        assert (case.name, comparable(there)) == (case.name, comparable(in_python(case, tmp_path))), there

"""Writes the vectors in this folder (see README.md)."""

import json
from pathlib import Path
from typing import Any

from ledger_bridge.tlog import entry, merkle, partial
from ledger_bridge.tlog.consistency import Consistency
from ledger_bridge.tlog.tags import Span
from tests.fakes.archives import edit_events, forge, members, pack
from tests.fakes.ledger import FakeEntry, FakeLedger, secret, small_ledger, with_events, witness
from tests.fakes.tags import in_short_form, short_form, sort_tags, tag_file

HERE = Path(__file__).parent
WORKSPACE = ("workspace", "w1")


def files() -> dict[str, bytes]:
    """Every vector but the verdicts, by file name."""
    ledger = small_ledger(witnesses=(witness("a"), witness("b")))
    archive = ledger.archive(ledger.trail(WORKSPACE))
    contents = members(archive)
    changed = contents["events.jsonl"].replace(b'"allow"', b'"deny"', 1)
    return {
        "entry.json": json.dumps([describe(ledger, one) for one in ledger.entries[4:7]], indent=1).encode() + b"\n",
        "tags.json": json.dumps({"openings": openings(), "parts": parts()}, indent=1).encode() + b"\n",
        "consistency": consistency(ledger),
        "policy": ledger.policy.encode(),
        "trail.zip": archive,
        "filtered.zip": filtered(ledger),
        "known-checkpoint": ledger.checkpoint_note(5),
        "receipt.tlog-proof": ledger.receipt(5, hide={"purpose"}).marshal(),
        "rewritten.zip": rewritten(ledger),
        "left-out.zip": forge(archive, ledger.signer, **edit_events(lambda events: events.pop(2))(archive)),
        "short.zip": short_trail(),
        "changed.zip": pack({**contents, "events.jsonl": changed}),
    }


LEFT_OUT = (
    "member events.jsonl, event 2: number 3 of the stream of workspace w1 is in the log, but the export leaves it out"
)
VERDICTS: dict[str, tuple[str | None, str | None]] = {
    # file → what is wrong with it on its own, and what is wrong next to the known checkpoint
    "trail.zip": (None, None),
    "filtered.zip": (None, None),
    "short.zip": (None, None),
    "receipt.tlog-proof": (None, None),
    "rewritten.zip": (
        None,
        "member leaves.bin: the first 5 leaves are not those of the checkpoint you know: history was changed",
    ),
    "left-out.zip": (LEFT_OUT, LEFT_OUT),
    "changed.zip": ("member events.jsonl: it has 11987 bytes, but the manifest says 11988",) * 2,
}


def short_trail() -> bytes:
    """The trail of `trail.zip` and two events more, from a log of 8,218 leaves, in short form."""
    spans = [Span(0, 4096), Span(4096, 4096)]
    ledger = small_ledger(witnesses=(witness("a"), witness("b")))
    for name in ("file2", "file3"):
        ledger.fill(4096)
        ledger.record(workspace="w1", item=name, actor="ana")
    for span in spans:
        sort_tags(ledger, span)
    ledger.fill(11)
    return ledger.archive(in_short_form(ledger.trail(WORKSPACE), short_form(ledger, spans, WORKSPACE, sizes=[5])))


def filtered(ledger: FakeLedger) -> bytes:
    streams = [ledger.stream(*WORKSPACE)]
    events = ledger.events(streams, hide={"purpose", "source_address", "detail.name"})[1:4]
    scope = ledger.scope(streams, len(events), complete=False)
    return ledger.archive(with_events(ledger.trail(WORKSPACE), events, scope=scope))


def rewritten(ledger: FakeLedger) -> bytes:
    other = FakeLedger(witnesses=ledger.witnesses)
    for one in (*ledger.entries[:2], *ledger.entries[3:]):
        other.record(**{name: value for name, value in one.fields.items() if not name.endswith("_stream")})
    return other.archive(other.trail(WORKSPACE))


def describe(ledger: FakeLedger, one: FakeEntry) -> dict[str, Any]:
    names = sorted(one.fields)
    leaf = entry.parse_leaf(ledger.leaves[one.index])
    slots = {}
    for slot, name in enumerate(entry.SLOTS):
        if name in one.tags:
            kind = "person" if name in {"actor", "person"} else name
            key = ledger.stream(kind, one.fields[name]).key
            slots[name] = {"key": key.hex(), "number": one.tags[name], "tag": leaf.tags[slot].hex()}
        else:
            slots[name] = {"pad": leaf.tags[slot].hex()}
    return {
        "seed": one.seed.hex(),
        "fields": one.fields,
        "canonical": {name: entry.canonical(one.fields[name]).decode() for name in names},
        "salts": {name: entry.salt(one.seed, name).hex() for name in names},
        "hashes": {name: value.hex() for name, value in entry.field_hashes(one.fields, one.seed).items()},
        "commitment": leaf.commitment.hex(),
        "slots": slots,
        "leaf": ledger.leaves[one.index].hex(),
    }


def openings() -> dict[str, Any]:
    """Look tags up in a span whose leaf n is 01 and the hashes of `("leaf", n, 0)`, `(…, 1)` and `(…, 2)`.

    Leaves 77 and 3900 hold the tag of leaf 5 as well, so one tag stands three times.
    """
    leaves = [b"\x01" + b"".join(secret("leaf", n, part) for part in range(3)) for n in range(8192)]
    often = leaves[4096 + 5][1:17]
    for index in (4096 + 77, 4096 + 3900):
        leaves[index] = leaves[index][:33] + often + leaves[index][49:]
    file = tag_file(Span(4096, 4096), leaves)
    wanted = [often, leaves[4096][1:17], leaves[8191][49:65], bytes(16), b"\xff" * 16, secret("absent")[:16]]
    return {
        "first": 4096,
        "leaves": 4096,
        "root": file.root.hex(),
        "opening": file.open(*wanted).hex(),
        "tags": {
            tag.hex(): sorted([index, slot] for index in range(4096, 8192) for slot in range(4)
                              if leaves[index][1 + 16 * slot : 17 + 16 * slot] == tag)
            for tag in wanted
        },
    }  # fmt: skip


def parts() -> list[dict[str, Any]]:
    """Show parts of trees whose leaf hash n is the hash of `("node", n)`."""
    made: list[dict[str, Any]] = []
    for size, shown, cuts in ((1, [0], []), (7, [], []), (11, [2, 3, 9], [1, 5, 8]), (4099, [0, 1000, 4098], [4096])):
        hashes = [secret("node", n) for n in range(size)]
        needed = [merkle.root(hashes[begin:end]).hex() for begin, end in partial.missing(size, shown, cuts)]
        roots = {str(n): merkle.root(hashes[:n]).hex() for n in (*cuts, size)}
        leaves = {str(n): hashes[n].hex() for n in shown}
        made.append({"size": size, "shown": leaves, "cuts": cuts, "hashes": needed, "roots": roots})
    return made


def consistency(ledger: FakeLedger) -> bytes:
    return Consistency(5, 11, tuple(merkle.consistency_proof(5, 11, ledger.node))).marshal()


def main() -> None:
    for name, data in files().items():
        (HERE / name).write_bytes(data)
    verdicts = {
        name: {"alone": {"status": int(alone is not None), "failure": alone},
               "known": {"status": int(known is not None), "failure": known}}
        for name, (alone, known) in VERDICTS.items()
    }  # fmt: skip
    (HERE / "verdicts.json").write_text(json.dumps(verdicts, indent=1) + "\n")


if __name__ == "__main__":
    main()

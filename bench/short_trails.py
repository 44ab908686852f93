"""How large a short trail from a long log is, and how long it takes, whole and in short form.

    python -m bench.short_trails [--leaves N] [--events N]

The log is made of random leaves in a file, with the events of one workspace spread over it; its tags are sorted as the
application sorts them, without a database. Times are processor seconds of one run, since others may have been busy.
"""

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from bench.ledger_math import KEY, MIB, SIGNER, sample_fields
from bench.report import WORK, Row, write
from ledger_bridge.short_form import NamedSpan, ShortForm
from ledger_bridge.tlog import entry, merkle, tags
from ledger_bridge.tlog.checkpoint import Checkpoint
from ledger_bridge.tlog.entry import LEAF_SIZE
from ledger_bridge.tlog.tags import GROWTH, RECORD_SIZE, RECORDS_IN_PAGE, SMALLEST_SPAN, Span
from ledger_bridge.trail_archive import Trail, write_trail

LARGEST = SMALLEST_SPAN * GROWTH**6
_BLOCK = 4096


class LongLog:
    """A log in a file, the events in it, and the upper part of its tree."""

    def __init__(self, leaves: int, events: int, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "leaves.bin"
        step = leaves // events
        self.events: dict[int, dict[str, Any]] = {}
        self._places = {n * step + step // 2: n + 1 for n in range(events)}
        self._write(leaves)
        self.spans = [self._name(span) for span in _cover(leaves)]
        self.hashes: list[list[bytes]] = []
        self.frontier = merkle.Frontier()
        for chunk in self.chunks():
            hashed = [merkle.leaf_hash(chunk[at : at + LEAF_SIZE]) for at in range(0, len(chunk), LEAF_SIZE)]
            for level, row in enumerate(self.frontier.append_many(hashed)):
                if level == len(self.hashes):
                    self.hashes.append([])
                self.hashes[level] += row if level >= 8 else []
        self.size = self.frontier.size

    def chunks(self) -> Iterator[bytes]:
        with self.file.open("rb") as file:
            while chunk := file.read(_BLOCK * LEAF_SIZE):
                yield chunk

    def read(self, first: int, count: int) -> bytes:
        with self.file.open("rb") as file:
            file.seek(first * LEAF_SIZE)
            return file.read(count * LEAF_SIZE)

    def node(self, level: int, index: int) -> bytes:
        if level >= 8:
            return self.hashes[level][index]
        data = self.read(index << level, 1 << level)
        return merkle.root(merkle.leaf_hash(data[at : at + LEAF_SIZE]) for at in range(0, len(data), LEAF_SIZE))

    def trail(self, *, short: bool) -> Trail:
        stream = {"kind": "workspace", "id": "w-00000001", "key": KEY.hex(), "length": len(self._places)}
        scope = {"version": 1, "filters": {}, "complete": True, "streams": [stream], "events": len(self._places)}
        form = self._short_form() if short else None
        return Trail(
            policy_text=f"log {SIGNER.vkey}\nquorum none\n",
            checkpoint_note=SIGNER.sign(Checkpoint(SIGNER.key.name, self.size, self.frontier.root()).marshal()),
            scope={**scope, "exported_at": "2026-11-23T20:41:25.000123Z", "exported_by": "bench"}
            | (form.scope() if form else {}),
            indexes=sorted(self._places),
            read=lambda portions: ([self.events[place] for place in places] for places in portions),
            leaves=self.chunks(),
            short=form,
        )

    def _short_form(self) -> ShortForm:
        return ShortForm(
            size=self.size,
            sizes=[],
            spans=self.spans,
            streams=[(KEY, len(self._places))],
            indexes=sorted(self._places),
            read_leaves=lambda places: (self.read(place, 1) for place in places),
            get_node=self.node,
        )

    def _write(self, leaves: int) -> None:
        chance = Random(1)
        with self.file.open("wb") as file:
            for first in range(0, leaves, _BLOCK):
                count = min(_BLOCK, leaves - first)
                noise = chance.randbytes(96 * count)
                made = [b"\x01" + noise[96 * n : 96 * n + 96] for n in range(count)]
                for place in range(first, first + count):
                    if place in self._places:
                        made[place - first] = self._event(place)
                file.write(b"".join(made))

    def _event(self, place: int) -> bytes:
        number = self._places[place]
        fields, seed = sample_fields(place), sha256(b"seed %d" % place).digest()
        self.events[place] = entry.disclose_whole(index=place, tags={"workspace": number}, fields=fields, seed=seed)
        pads = [entry.pad(seed, slot) for slot in (1, 2, 3)]
        return entry.leaf([entry.tag(KEY, number), *pads], entry.commitment(fields, seed))

    def _name(self, span: Span) -> NamedSpan:
        """Sort the tags of a span and name their root in an entry at the end of the log."""
        sorted_tags = SortedTags(span, self.folder / f"{span.first}.tags", self.read)
        fields = sample_fields(span.end)
        about = {"detail.log": SIGNER.key.name, "detail.first": span.first, "detail.leaves": span.leaves}
        fields |= {**about, "detail.root": sorted_tags.root().hex(), "kind": "ledger.tags_sorted", "actor": None}
        fields |= {"actor_kind": "service", "workspace": None, "workspace_stream": None}
        seed = sha256(b"span %d" % span.first).digest()
        index = self.file.stat().st_size // LEAF_SIZE
        with self.file.open("ab") as file:
            file.write(entry.leaf([entry.pad(seed, slot) for slot in range(4)], entry.commitment(fields, seed)))
        event = entry.disclose_whole(index=index, tags={}, fields=fields, seed=seed)
        return NamedSpan(span, sorted_tags.root(), event, lambda: _opened(sorted_tags))


class SortedTags:
    """A tag file of the benchmark: sorted in the smallest spans, then merged four by four."""

    def __init__(self, span: Span, path: Path, read_leaves: Callable[[int, int], bytes]) -> None:
        self.span = span
        self.path = path
        rows: list[bytes] = []
        pending = b""
        with path.open("wb") as file:
            for block in _sorted(span, path, read_leaves):
                file.write(block)
                pending += block
                whole = len(pending) - len(pending) % tags.ROW_SIZE
                rows += tags.row_hashes(pending[:whole])
                pending = pending[whole:]
        self._levels = [rows]
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            self._levels.append([merkle.node_hash(a, b) for a, b in zip(below[::2], below[1::2], strict=True)])

    def root(self) -> bytes:
        return self._levels[-1][0]

    def read(self, at: int, count: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek(at * RECORD_SIZE)
            return file.read(count * RECORD_SIZE)

    def page(self, number: int) -> bytes:
        return self.read(number * RECORDS_IN_PAGE, RECORDS_IN_PAGE)

    def subtree(self, begin: int, end: int) -> bytes:
        level = (end - begin).bit_length() - 1
        if level >= 6:
            return self._levels[level - 6][begin >> level]
        return merkle.root(tags.page_hashes(self.read(begin * RECORDS_IN_PAGE, (end - begin) * RECORDS_IN_PAGE)))


def _sorted(span: Span, path: Path, read_leaves: Callable[[int, int], bytes]) -> Iterator[bytes]:
    if not span.parts():
        yield tags.sorted_records(read_leaves(span.first, span.leaves), span)
        return
    parts = [SortedTags(part, path.with_suffix(f".{part.leaves}-{part.first}"), read_leaves) for part in span.parts()]
    yield from tags.merge([_blocks(part) for part in parts])
    for part in parts:
        part.path.unlink()


def _blocks(part: SortedTags) -> Iterator[bytes]:
    return (part.read(at, _BLOCK) for at in range(0, part.span.records, _BLOCK))


@contextmanager
def _opened(sorted_tags: SortedTags) -> Iterator[SortedTags]:
    yield sorted_tags


def _cover(leaves: int) -> Sequence[Span]:
    return tags.cover(tags.due_spans(leaves, LARGEST), leaves)


def processor_seconds(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def form_rows(log: LongLog, name: str, *, short: bool) -> list[Row]:
    archive = log.folder / "trail.zip"
    start = time.process_time()
    with archive.open("wb") as out:
        write_trail(out, log.trail(short=short), signer=SIGNER)
    written = time.process_time() - start
    before = processor_seconds(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "verifier", archive], check=True, stdout=subprocess.DEVNULL)
    verified = processor_seconds(resource.RUSAGE_CHILDREN) - before
    return [
        Row(f"{name}: size", archive.stat().st_size / MIB, "MiB"),
        Row(f"{name}: written, processor time", written, "s"),
        Row(f"{name}: verified, processor time", verified, "s"),
    ]


def main() -> None:
    """Measure, print the table and write `bench/results/short_trails.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leaves", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--events", type=int, default=200)
    options = parser.parse_args()
    rows: list[Row] = []
    for leaves in options.leaves:
        folder = WORK / "short_trails"
        folder.mkdir(parents=True, exist_ok=True)
        start = time.process_time()
        log = LongLog(leaves, options.events, folder)
        made = time.process_time() - start
        name = f"{options.events} events from a log of {leaves:,} leaves"
        rows.append(
            Row(f"log of {leaves:,} leaves made, tags sorted and merged into {len(log.spans)} files", made, "s")
        )
        rows += form_rows(log, f"{name}, short form", short=True)
        rows += form_rows(log, f"{name}, whole", short=False)
        for path in folder.iterdir():
            path.unlink()
    write("short_trails", rows, settings={"leaves": options.leaves, "events": options.events})


if __name__ == "__main__":
    main()

"""Tag files on disk: `docs/formats/tags.md`. Written once, in steps that may be interrupted anywhere.

A file grows beside its later place, records in one part and the hashes of their rows in another; each step ends with
both on disk. After a crash, what the last step may have left half-written is dropped and made again.
"""

import os
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Self

from django.conf import settings

from core.errors import Unavailable
from ledger_bridge.failpoints import reach
from ledger_bridge.tlog import merkle
from ledger_bridge.tlog.tags import (
    PAGE_SIZE,
    RECORD_SIZE,
    RECORDS_IN_PAGE,
    ROW_PAGES,
    ROW_SIZE,
    Span,
    row_hashes,
)

STEP_ROWS = 512
"""At most so many rows are written between two moments at which everything is on disk."""

_HASH = merkle.HASH_SIZE

_written: dict[Path, int] = {}
"""How many rows this process brought to disk, by file: after those nothing can be half-written."""


def tags_directory() -> Path:
    """Return where this log's tag files lie: those of a log that it continues must not be taken for its own."""
    return Path(settings.LEDGER_DIRECTORY) / "tags" / sha256(settings.LEDGER_ORIGIN.encode()).hexdigest()[:16]


def path_of(span: Span) -> Path:
    return tags_directory() / f"{span.first}-{span.leaves}.tags"


def size_of(span: Span) -> int:
    return span.records * RECORD_SIZE + span.pages // ROW_PAGES * _HASH


def is_there(span: Span) -> bool:
    try:
        return path_of(span).stat().st_size == size_of(span)
    except FileNotFoundError:
        return False


class TagReader:
    """A finished tag file, open."""

    def __init__(self, span: Span) -> None:
        """Open it.

        Raises:
            Unavailable: when it is not there.

        """
        self.span = span
        try:
            self._file = os.open(path_of(span), os.O_RDONLY)
        except OSError as error:
            raise Unavailable(f"The sorted tags of {span.leaves} entries are not there. Try again later.") from error
        self._levels: list[list[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def read(self, at: int, count: int) -> bytes:
        """Return so many records from number `at` on."""
        count = min(count, self.span.records - at)
        return os.pread(self._file, count * RECORD_SIZE, at * RECORD_SIZE)

    def page(self, number: int) -> bytes:
        return self.read(number * RECORDS_IN_PAGE, RECORDS_IN_PAGE)

    def subtree(self, begin: int, end: int) -> bytes:
        """Return the hash over the pages [begin, end), which are one node of a perfect tree."""
        level = (end - begin).bit_length() - 1
        row_level = level - (ROW_PAGES.bit_length() - 1)
        if row_level >= 0:
            return self._rows(row_level)[begin >> level]
        data = self.read(begin * RECORDS_IN_PAGE, (end - begin) * RECORDS_IN_PAGE)
        return merkle.root(merkle.leaf_hash(data[at : at + PAGE_SIZE]) for at in range(0, len(data), PAGE_SIZE))

    def root(self) -> bytes:
        """Return the root that follows from the hashes of the rows."""
        return self._rows((self.span.pages // ROW_PAGES).bit_length() - 1)[0]

    def blocks_after(self, record: bytes, count: int) -> Iterator[bytes]:
        """Yield all records larger than this one, so many at a time."""
        at, end = 0, self.span.records
        while at < end:
            middle = (at + end) // 2
            if self.read(middle, 1) <= record:
                at = middle + 1
            else:
                end = middle
        while at < self.span.records:
            yield self.read(at, count)
            at += count

    def whole(self) -> Iterator[bytes]:
        """Yield all records in order, in whole rows."""
        step = ROW_PAGES * RECORDS_IN_PAGE * 64
        return (self.read(at, step) for at in range(0, self.span.records, step))

    def _rows(self, level: int) -> list[bytes]:
        if not self._levels:
            size = self.span.pages // ROW_PAGES * _HASH
            packed = os.pread(self._file, size, self.span.records * RECORD_SIZE)
            self._levels.append([packed[at : at + _HASH] for at in range(0, len(packed), _HASH)])
        while len(self._levels) <= level:
            below = self._levels[-1]
            self._levels.append([merkle.node_hash(a, b) for a, b in zip(below[::2], below[1::2], strict=True)])
        return self._levels[level]


class TagWriter:
    """A tag file in the making."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self._path = path_of(span)
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._records = self._path.with_suffix(".records")
        self._row_hashes = self._path.with_suffix(".rows")
        self._rows = self._resume()

    @property
    def size(self) -> int:
        """How many bytes of records were written."""
        return self._rows * ROW_SIZE

    @property
    def last_record(self) -> bytes:
        """The last record that was written; empty before the first."""
        if not self._rows:
            return b""
        with self._records.open("rb") as file:
            file.seek(self.size - RECORD_SIZE)
            return file.read(RECORD_SIZE)

    def write(self, blocks: Iterator[bytes], *, until: Callable[[], bool]) -> bool:
        """Go on with these records; return whether it is finished, or `until` asked to stop first."""
        pending = b""
        for block in blocks:
            pending += block
            if len(pending) >= STEP_ROWS * ROW_SIZE:
                pending = self._step(pending)
                if until():
                    return False
        if self._step(pending):
            raise ValueError("the records of a span fill whole rows")
        return True

    def finish(self) -> bytes:
        """Put the file in its place and return its root."""
        if self._rows * ROW_PAGES != self.span.pages:
            raise ValueError(f"{self._rows} rows are not all of {self.span.pages} pages")
        hashes = self._row_hashes.read_bytes()
        with self._records.open("ab") as file:
            file.write(hashes)
            _to_disk(file.fileno())
        reach("tag file whole")
        self._records.rename(self._path)
        reach("tag file in place")
        self._row_hashes.unlink()
        _written.pop(self._records, None)
        directory = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
        return merkle.root(hashes[at : at + _HASH] for at in range(0, len(hashes), _HASH))

    def _resume(self) -> int:
        rows = min(_size(self._records) // ROW_SIZE, _size(self._row_hashes) // _HASH, self.span.pages // ROW_PAGES)
        # Another process wrote this, or this one before it failed: its last step may be anything.
        rows = min(rows, _written.get(self._records, max(0, rows - STEP_ROWS)))
        for path, size in ((self._records, rows * ROW_SIZE), (self._row_hashes, rows * _HASH)):
            with path.open("ab") as file:
                file.truncate(size)
        return rows

    def _step(self, records: bytes) -> bytes:
        """Bring whole rows to disk, at most STEP_ROWS of them, and return the rest."""
        while len(records) >= ROW_SIZE:
            taken = records[: min(STEP_ROWS, len(records) // ROW_SIZE) * ROW_SIZE]
            # First the records: a row whose hash is there is there as well.
            for path, data in ((self._records, taken), (self._row_hashes, b"".join(row_hashes(taken)))):
                with path.open("ab") as file:
                    file.write(data)
                    _to_disk(file.fileno())
                reach("tags written")
            self._rows += len(taken) // ROW_SIZE
            _written[self._records] = self._rows
            records = records[len(taken) :]
        return records


def _to_disk(descriptor: int) -> None:
    os.fsync(descriptor)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0

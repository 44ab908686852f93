"""Parquet, by the reader of Apache Arrow in Rust: batch by batch, so that memory does not grow with the file."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import arro3.io
from arro3.core import Array, ChunkedArray, DataType, RecordBatch, Table

from workspaces.viewer.renderer.failures import CannotDraw
from workspaces.viewer.renderer.tables.page import (
    MOST_COLUMNS,
    ROWS,
    Page,
    Row,
    first_row,
    in_words,
    pages_of,
    refuse_page_behind,
    sample_size,
)
from workspaces.viewer.renderer.wire import WireError

_BATCH = 1000
_UTC: list[ZoneInfo] = []


def warm_up() -> None:
    """Read and write something, and keep the one time zone that times are shown in: a child has no files."""
    _UTC.append(ZoneInfo("UTC"))
    written = io.BytesIO()
    column = Array([1], type=DataType.int64())
    arro3.io.write_parquet(Table.from_pydict({"a": column}), written)
    for batch in arro3.io.read_parquet(io.BytesIO(written.getvalue())):
        _rows_of(batch)


def count_pages(file: BinaryIO, media_type: str) -> int:
    """Count the rows by reading them."""
    with _soundly():
        return pages_of(sum(batch.num_rows for batch in arro3.io.read_parquet(file, batch_size=_BATCH)))


def read_page(file: BinaryIO, media_type: str, number: int) -> Page:
    """Read from the beginning to the end of the page."""
    with _soundly():
        return _page(arro3.io.read_parquet(file, batch_size=_BATCH), number)


def _page(batches: Any, number: int) -> Page:
    names = list(batches.schema.names)
    sampled, start = sample_size(len(names)), first_row(number)
    sample: list[Row] = []
    rows: list[Row] = []
    found = 0
    for batch in batches:
        before, found = found, found + batch.num_rows
        if before < sampled:
            sample += _rows_of(_part(batch, 0, sampled - before))
        if found > start and len(rows) <= ROWS:
            rows += _rows_of(_part(batch, max(start - before, 0), ROWS + 1 - len(rows)))
        if found > sampled and len(rows) > ROWS:
            break
    if start and not rows:
        refuse_page_behind(number, found)
    return Page(names, rows[:ROWS], start + 1, len(rows) > ROWS, sample, found <= sampled)


def _part(batch: RecordBatch, start: int, length: int) -> RecordBatch:
    return batch.slice(start, max(min(length, batch.num_rows - start), 0))


def _rows_of(batch: RecordBatch) -> list[Row]:
    """Return the cells as texts; columns beyond those that are shown stay what they are."""
    columns = [_texts(batch.column(at)) for at in range(min(batch.num_columns, MOST_COLUMNS))]
    more = [""] * (batch.num_columns - len(columns))
    return [[*cells, *more] for cells in zip(*columns, strict=True)] if columns else []


def _texts(column: Array | ChunkedArray) -> list[str]:
    if DataType.is_timestamp(column.type) and column.type.tz is not None:
        return [in_words(value) for value in column.cast(DataType.timestamp("us", tz="UTC")).to_pylist()]
    return [in_words(value) for value in column.to_pylist()]


@contextmanager
def _soundly() -> Iterator[None]:
    """Turn what Rust raises on a broken file, which is no Exception, into a refusal."""
    try:
        yield
    except (CannotDraw, WireError, MemoryError):
        raise
    except BaseException as error:
        raise CannotDraw("broken") from error

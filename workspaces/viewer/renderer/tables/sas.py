"""SAS: transport files (XPT, versions 5 and 8) and data files (sas7bdat), by ReadStat."""

import ctypes
import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import pyreadstat

from workspaces.viewer.renderer.failures import CannotDraw
from workspaces.viewer.renderer.source import BLOCK
from workspaces.viewer.renderer.tables.page import (
    ROWS,
    Page,
    Row,
    first_row,
    in_words,
    pages_of,
    refuse_page_behind,
    sample_size,
)

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_TRANSPORT = "application/x-sas-xport"
_RECORD = 80
_MEMBER = b"HEADER RECORD*******MEMB"
_OBSERVATIONS = b"HEADER RECORD*******OBS"
# What SAS writes texts in, as its files name it; those of transport files do not, and are mostly plain letters.
_CODES = (
    "UTF-8", "US-ASCII", "WINDOWS-1252", "WINDOWS-1250", "WINDOWS-1251", "WINDOWS-1253", "WINDOWS-1254", "WINDOWS-1257",
    "ISO-8859-1", "ISO-8859-2", "ISO-8859-5", "ISO-8859-7", "ISO-8859-9", "ISO-8859-15", "GB18030", "EUC-CN", "BIG5",
    "SHIFT_JIS", "CP932", "EUC-JP", "EUC-KR", "CP949",
)  # fmt: skip
_OTHERWISE = "WINDOWS-1252"
_FIRST_MEMBER = 3 * _RECORD


def warm_up() -> None:
    """Let the library meet its errors and what it imports late, and open what texts are converted with: for good.

    The C library keeps converters in files of their own, one for each code.
    """
    opened = ctypes.CDLL(None).iconv_open
    opened.restype = ctypes.c_void_p
    for code in _CODES:
        opened(b"UTF-8", code.encode())
    for read in (pyreadstat.read_xport, pyreadstat.read_sas7bdat):
        try:
            read(io.BytesIO(b""), output_format="dict")
        except pyreadstat.ReadstatError:
            continue


def count_pages(file: BinaryIO, media_type: str) -> int:
    """Count the rows; a transport file does not say how many it has, and is read to its end."""
    return pages_of(_Source(file, media_type).count())


def read_page(file: BinaryIO, media_type: str, number: int) -> Page:
    """Return one page of the first dataset."""
    source, start = _Source(file, media_type), first_row(number)
    sampled = sample_size(len(source.names))
    head = source.rows(0, sampled + 1)
    rows = head[start : start + ROWS + 1] if start + ROWS < len(head) else source.rows(start, ROWS + 1)
    if start and not rows:
        refuse_page_behind(number, source.count())
    return Page(
        names=source.names,
        labels=source.labels,
        rows=rows[:ROWS],
        first=start + 1,
        more=len(rows) > ROWS,
        sample=head[:sampled],
        whole=len(head) <= sampled,
        note="datasets" if source.has_other_datasets() else "",
    )


class _Source:
    """One file, read as often as it takes."""

    def __init__(self, file: BinaryIO, media_type: str) -> None:
        self._first = FirstDataset(file) if media_type == _TRANSPORT else None
        self._file = io.BufferedReader(self._first or cast("io.RawIOBase", file), BLOCK)
        self._read: Callable[..., Any] = pyreadstat.read_xport if self._first else pyreadstat.read_sas7bdat
        self._code: str | None = None
        _, self._told = self._call(metadataonly=True)
        self.names: list[str] = list(self._told.column_names)
        self.labels = [label or "" for label in self._told.column_labels]

    def rows(self, start: int, count: int) -> list[Row]:
        """Return up to so many rows from there on."""
        if not self.names:
            return []
        columns, _ = self._call(row_offset=start, row_limit=count)
        return [[in_words(value) for value in row] for row in zip(*columns.values(), strict=True)]

    def count(self) -> int:
        """Return how many rows there are: as the file says, or as fit between its header and its end."""
        if self._first is None:
            return max(int(self._told.number_rows or 0), 0)
        return self._first.count(sum(self._told.variable_storage_width.values()))

    def has_other_datasets(self) -> bool:
        """Return whether another dataset was met behind the first one."""
        return self._first is not None and self._first.ended

    def _call(self, **how: Any) -> tuple[dict[str, list[Any]], Any]:
        try:
            return self._call_in(self._code, **how)
        except UnicodeDecodeError:
            self._code = _OTHERWISE
            return self._call_in(self._code, **how)

    def _call_in(self, code: str | None, **how: Any) -> tuple[dict[str, list[Any]], Any]:
        self._file.seek(0)
        try:
            told: tuple[dict[str, list[Any]], Any] = self._read(self._file, output_format="dict", encoding=code, **how)
        except pyreadstat.ReadstatError as error:
            raise CannotDraw("broken") from error
        return told


class FirstDataset(io.RawIOBase):
    """A transport file up to its second dataset, whose rows would else be read as if they were the first one's."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._size: int | None = None

    @property
    def ended(self) -> bool:
        return self._size is not None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer).cast("B")
        at = self._file.tell()
        # The mark of the next dataset may begin before the bytes that are asked for.
        start = max(at - _RECORD, 0)
        self._file.seek(start)
        read = self._file.read(len(view) + at - start + len(_MEMBER))
        self._look(read, start)
        left = len(view) if self._size is None else max(min(self._size - at, len(view)), 0)
        said = read[at - start :][:left]
        view[: len(said)] = said
        self._file.seek(at + len(said))
        return len(said)

    def count(self, length: int) -> int:
        """Return how many rows of so many bytes there are."""
        self.seek(0)
        begins, size, last = -1, 0, b""
        while block := self.read(BLOCK):
            if begins < 0 and (found := (last + block).find(_OBSERVATIONS)) >= 0:
                begins = size - len(last) + found + _RECORD
            size, last = size + len(block), (last + block)[-_RECORD:]
        if begins < 0 or length < 1:
            return 0
        rows = (size - begins) // length
        # The last record is filled up with blanks, which short rows could be taken for.
        filled = len(last) - len(last.rstrip(b" "))
        return max(min(rows, -(-(size - begins - filled) // length)), 0)

    def _look(self, read: bytes, start: int) -> None:
        found = read.find(_MEMBER)
        while found >= 0:
            place = start + found
            if place > _FIRST_MEMBER and place % _RECORD == 0:
                self._size = min(place, self._size or place)
                return
            found = read.find(_MEMBER, found + 1)

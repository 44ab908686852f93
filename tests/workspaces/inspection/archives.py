"""Archives for tests, sound and hostile ones, all made in memory."""

import gzip
import io
import struct
import tarfile
import zipfile
from collections.abc import Sequence
from typing import Any

from workspaces.inspection import Found, Inspector, Limits

LIMITS = Limits(entries=100, unpacked=256 * 1024 * 1024, ratio=100, depth=2)
Entries = Sequence[tuple[str, bytes]]


class Downstream:
    """A file that cannot go back: what is written to it tells lengths only after the content."""

    def __init__(self, into: io.BytesIO) -> None:
        self._into = into

    def write(self, data: bytes) -> int:
        return self._into.write(data)

    def flush(self) -> None: ...


def zipped(
    entries: Entries, *, method: int = zipfile.ZIP_DEFLATED, streamed: bool = False, comment: bytes = b""
) -> bytes:
    packed = io.BytesIO()
    into: Any = Downstream(packed) if streamed else packed
    with zipfile.ZipFile(into, "w", method) as archive:
        for name, content in entries:
            archive.writestr(zipfile.ZipInfo(name), content, method)
        archive.comment = comment
    return packed.getvalue()


def tarred(entries: Entries, *, form: int = tarfile.PAX_FORMAT, **more: Any) -> bytes:
    """Return a tar archive; `more` sets attributes of every header."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=form) as archive:
        for name, content in entries:
            header = tarfile.TarInfo(name)
            header.size = len(content)
            for key, value in more.items():
                setattr(header, key, value)
            archive.addfile(header, io.BytesIO(content))
    return packed.getvalue()


def nested(depth: int, content: bytes = b"nothing") -> bytes:
    """Return a ZIP archive in a ZIP archive…, so many deep."""
    for _ in range(depth):
        content = zipped([("inner.zip", content)])
    return content


def forty_two(width: int, depth: int) -> bytes:
    """Return a small 42.zip: archives of the same archives of the same archives, and at the bottom only zeros."""
    content = zipped([("0.dll", bytes(4 * 1024 * 1024))])
    for _ in range(depth):
        content = zipped([(f"lib {number}.zip", content) for number in range(width)])
    return content


def directory_of(archive: bytes) -> tuple[int, bytes]:
    """Return where the list of entries of a ZIP archive begins, and the list."""
    start, end = archive.index(b"PK\x01\x02"), archive.rindex(b"PK\x05\x06")
    return start, archive[start:end]


def with_list(content: bytes, records: Sequence[bytes]) -> bytes:
    """Return a ZIP archive of this content with these records as its list of entries."""
    joined = b"".join(records)
    end = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, len(records), len(records), len(joined), len(content), 0)
    return content + joined + end


def overlapping(copies: int) -> bytes:
    """Return a ZIP archive whose list names one piece of content many times, as the bombs of Fifield do."""
    archive = zipped([("a", bytes(1000))])
    start, record = directory_of(archive)
    return with_list(archive[:start], [record] * copies)


def hiding(visible: bytes, hidden: bytes) -> bytes:
    """Return a ZIP archive with an entry that its list does not name."""
    first, second = zipped([("visible", visible)]), zipped([("hidden", hidden)])
    start, record = directory_of(first)
    return with_list(first[:start] + second[: directory_of(second)[0]], [record])


def packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def look_into(content: bytes, *, limits: Limits = LIMITS, piece: int = 65_536) -> Found | None:
    inspector = Inspector(limits)
    for at in range(0, len(content), piece):
        inspector.update(content[at : at + piece])
    return inspector.finish()

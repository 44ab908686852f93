"""Text, a page at a time, whatever the size of the file. It goes out as text, and is escaped where it is shown."""

import codecs
from typing import Any, BinaryIO

# A page is so many bytes, moved on to the next line; a line longer than that is cut.
PAGE = 24 * 1024
_LONGEST_LINE = 4 * 1024
_LONGEST_CHARACTER = 4
_INSIDE = bytes(range(0x80, 0xC0))


def warm_up() -> None:
    """Load the codecs: Python reads them from files when they are first named."""
    for name in ("utf-8-sig", "cp1252"):
        codecs.lookup(name)


def describe(file: BinaryIO, job: dict[str, Any]) -> dict[str, Any]:
    """Count the pages."""
    return {"pages": _pages(job["size"])}


def draw(file: BinaryIO, job: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Return the lines of one page."""
    pages, page = _pages(job["size"]), min(job["page"], _pages(job["size"]))
    start = _line_start(file, (page - 1) * PAGE)
    stop = job["size"] if page == pages else _line_start(file, page * PAGE)
    file.seek(start)
    said = _decoded(file.read(max(stop - start, 0)))
    shown = [part for line in said.splitlines() for part in _cut(line)]
    return {"pages": pages, "lines": shown}, b""


def _pages(size: int) -> int:
    return max(-(-size // PAGE), 1)


def _line_start(file: BinaryIO, offset: int) -> int:
    """Return where the first line begins that begins at or after `offset`, or `offset` if that is too far."""
    if offset == 0:
        return 0
    file.seek(offset - 1)
    found = file.read(_LONGEST_LINE).find(b"\n")
    return offset + found if found >= 0 else offset


def _decoded(content: bytes) -> str:
    # A page that begins or ends within a long line may begin or end within a character.
    whole = content.lstrip(_INSIDE) if len(content) - len(content.lstrip(_INSIDE)) < _LONGEST_CHARACTER else content
    try:
        return whole.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start > len(whole) - _LONGEST_CHARACTER:
            return whole[: error.start].decode("utf-8-sig")
        # Tables from older programs come in an 8-bit code.
        return content.decode("cp1252", "replace")


def _cut(line: str) -> list[str]:
    return [line[at : at + _LONGEST_LINE] for at in range(0, len(line), _LONGEST_LINE)] or [""]

"""tar: blocks of 512 bytes, each file with a header before it (POSIX pax, GNU and the older kinds)."""

import re
from dataclasses import dataclass

from workspaces.inspection.findings import DAMAGED, Budget, unsafe, unseen
from workspaces.inspection.inlet import Inlet, Waiting
from workspaces.inspection.layer import Layer, is_tar
from workspaces.inspection.names import require_inside

BLOCK = 512
_PIECE = 64 * 1024
# Names and attributes of one entry; longer ones are no names.
_LONGEST_NOTE = 1024 * 1024
_MOST_NOTES = 8
_FOLDER, _LINKS, _DEVICES = b"5", b"12", b"346"
_PAX, _PAX_FOR_ALL, _LONG_NAME, _LONG_LINK, _SPARSE = b"x", b"g", b"L", b"K", b"S"
_OTHER = b"DMNVA"
_LINE = re.compile(rb"([0-9]{1,7}) ")


@dataclass
class _Next:
    """What notes before a header say about the entry that it begins."""

    name: bytes | None = None
    size: int | None = None
    notes: int = 0


def look(inlet: Inlet, budget: Budget, depth: int) -> Waiting:
    """Look at every header, and into every file.

    Raises:
        StopLookingError: a limit is reached, something is unsafe, or it is damaged.

    """
    said = _Next()
    while True:
        header = yield from inlet.exactly(BLOCK)
        if not any(header):
            return
        if not is_tar(header):
            raise unseen(DAMAGED)
        size = _number(header[124:136])
        kind = header[156:157]
        if kind in _PAX + _PAX_FOR_ALL + _LONG_NAME + _LONG_LINK:
            yield from _read_note(inlet, kind, size, said)
            continue
        _require_plain(kind)
        require_inside((said.name or _name(header)).decode("utf-8", "surrogateescape"))
        budget.count_entry()
        size = size if said.size is None else said.size
        # Only files have content, whatever the header of a folder says.
        yield from _content(inlet, budget, 0 if kind == _FOLDER else size, depth)
        said = _Next()


def _require_plain(kind: bytes) -> None:
    if kind in _LINKS:
        raise unsafe("It holds links, which can lead out of the folder that it is unpacked into.")
    if kind in _DEVICES:
        raise unsafe("It holds devices or pipes, which are no files.")
    if kind in _SPARSE + _OTHER:
        raise unseen("It holds entries of a kind that is not understood here, such as files with holes.")


def _read_note(inlet: Inlet, kind: bytes, size: int, said: _Next) -> Waiting:
    said.notes += 1
    if size > _LONGEST_NOTE or said.notes > _MOST_NOTES:
        raise unsafe("An entry in it has a name that no system can keep.")
    note = yield from inlet.exactly(size)
    yield from inlet.skip(-size % BLOCK)
    if kind == _LONG_NAME:
        said.name = note.rstrip(b"\0")
    elif kind != _LONG_LINK:
        _read_pax(note, said)


def _read_pax(note: bytes, said: _Next) -> None:
    while note:
        found = _LINE.match(note)
        length = int(found[1]) if found else 0
        line, rest = note[:length], note[length:]
        if found is None or length <= found.end() or len(line) < length:
            raise unseen(DAMAGED)
        key, _, value = line[found.end() : -1].partition(b"=")
        if key.startswith(b"GNU.sparse"):
            _require_plain(_SPARSE)
        if key == b"path":
            said.name = value
        elif key == b"size":
            said.size = _decimal(value)
        note = rest


def _content(inlet: Inlet, budget: Budget, size: int, depth: int) -> Waiting:
    inner, left = Layer(budget, depth + 1), size
    while left:
        piece = yield from inlet.at_most(min(left, _PIECE))
        if not piece:
            raise unseen(DAMAGED)
        budget.count_content(len(piece))
        left -= len(piece)
        inner.put(bytes(piece))
    inner.close()
    yield from inlet.skip(-size % BLOCK)


def _name(header: bytes) -> bytes:
    name, prefix = header[:100].split(b"\0")[0], header[345:500].split(b"\0")[0]
    return prefix + b"/" + name if prefix and header[257:262] == b"ustar" and header[263:265] == b"00" else name


def _number(field: bytes) -> int:
    """Read a size: digits in base 8, or, as GNU writes long ones, bytes in base 256."""
    if field[0] & 0x80:
        value = int.from_bytes(field, "big", signed=True) & ((1 << 95) - 1)
        if field[0] != 0x80:  # noqa: PLR2004
            raise unseen(DAMAGED)
        return value
    digits = field.strip(b" \0")
    if not re.fullmatch(rb"[0-7]*", digits):
        raise unseen(DAMAGED)
    return int(digits or b"0", 8)


def _decimal(value: bytes) -> int:
    if not re.fullmatch(rb"[0-9]{1,20}", value):
        raise unseen(DAMAGED)
    return int(value)

"""ZIP, read from front to back: each entry as its content passes by, then the list of entries at the end.

What programs unpack is told by the list, so it is held against what passed by: every entry is listed once, with the
same name and the same sizes, and nothing else is (APPNOTE.TXT 6.3.10).
"""

import struct
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from workspaces.inspection.findings import DAMAGED, TWO_MEANINGS, Budget, unsafe, unseen
from workspaces.inspection.inflating import PIECE_IN, Inflater
from workspaces.inspection.inlet import Inlet, Waiting
from workspaces.inspection.layer import Layer
from workspaces.inspection.names import require_inside
from workspaces.inspection.stored import pass_until_descriptor

_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_SIGNED, _END64, _LOCATOR = b"PK\x05\x05", b"PK\x06\x06", b"PK\x06\x07"
_LOCAL_HEADER = struct.Struct("<HHHHHLLLHH")
_CENTRAL_HEADER = struct.Struct("<HHHHHHLLLHHHHHLL")
_END_HEADER = struct.Struct("<HHHHLLH")
_END64_HEADER = struct.Struct("<QHHLLQQQQ")
_ENCRYPTED, _SIZES_AFTER, _UTF8, _MASKED = 0x1, 0x8, 0x800, 0x2000
_STORED, _DEFLATED = 0, 8
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_EXTRA_64, _EXTRA_NAME = 0x0001, 0x7075
_LINK, _KINDS, _PLAIN_KINDS = 0xA000, 0xF000, {0, 0x8000, 0x4000}
_OFFICE = {
    "word/document.xml": "word", "xl/workbook.xml": "xl", "xl/workbook.bin": "xl", "ppt/presentation.xml": "ppt",
}  # fmt: skip
_TYPES = "[Content_Types].xml"
_PARTS = {_TYPES, *_OFFICE}
_IS_ENCRYPTED = "It is encrypted: nobody can see what is in it without the password."


@dataclass(frozen=True)
class _Entry:
    """What passed by, as far as the list must say the same; the name is kept as a digest."""

    name: bytes
    method: int
    packed: int
    size: int


@dataclass
class _Header:
    """What stands before an entry."""

    flags: int
    method: int
    packed: int
    size: int
    raw_name: bytes
    name: str
    is_long: bool


def look(inlet: Inlet, budget: Budget, depth: int) -> Waiting:
    """Look into every entry, and hold the list of entries against them.

    Raises:
        StopLookingError: a limit is reached, something is unsafe, or it is damaged.

    """
    passed: dict[int, _Entry] = {}
    parts: set[str] = set()
    start = at = inlet.position
    mark = yield from inlet.exactly(4)
    while mark == _LOCAL:
        header = yield from _local_header(inlet)
        budget.count_entry()
        parts.update({header.name} & _PARTS)
        passed[at - start] = yield from _content(inlet, budget, header, depth)
        at = inlet.position
        mark = yield from inlet.exactly(4)
    yield from _list(inlet, mark, passed, start)
    if depth == 0 and _TYPES in parts:
        budget.office = next((kind for part, kind in _OFFICE.items() if part in parts), "")


def _local_header(inlet: Inlet) -> Generator[None, None, _Header]:
    fields = _LOCAL_HEADER.unpack((yield from inlet.exactly(_LOCAL_HEADER.size)))
    _, flags, method, _, _, _, packed, size, name_length, extra_length = fields
    raw = yield from inlet.exactly(name_length)
    extra = yield from inlet.exactly(extra_length)
    name = _checked_name(raw, extra, flags)
    is_long = False
    for kind, value in _extras(extra):
        if kind == _EXTRA_64:
            is_long = True
            size, packed, _ = _long_sizes(value, size, packed, 0)
    return _Header(flags, method, packed, size, raw, name, is_long)


def _checked_name(raw: bytes, extra: bytes, flags: int) -> str:
    """Return a name, after checking it and the second one that an entry may have.

    Raises:
        StopLookingError: it is encrypted, or a name leads out of the archive.

    """
    if flags & (_ENCRYPTED | _MASKED):
        raise unseen(_IS_ENCRYPTED)
    name = raw.decode("utf-8", "surrogateescape") if flags & _UTF8 else raw.decode("cp437")
    require_inside(name)
    for kind, value in _extras(extra):
        if kind == _EXTRA_NAME:
            require_inside(value[5:].decode("utf-8", "surrogateescape"))
    return name


def _content(inlet: Inlet, budget: Budget, header: _Header, depth: int) -> Generator[None, None, _Entry]:
    inner, at = Layer(budget, depth + 1), inlet.position
    if header.method == _DEFLATED:
        size = yield from _deflated(inlet, budget, inner, header)
    elif header.flags & _SIZES_AFTER and not header.packed:
        if header.method != _STORED:
            raise unseen(_not_understood(header.method))
        size = yield from pass_until_descriptor(inlet, budget, inner)
    elif header.method == _STORED:
        size = yield from _stored(inlet, budget, inner, header.packed)
    else:
        budget.note_unknown(_not_understood(header.method))
        yield from inlet.skip(header.packed)
        size = header.size
    inner.close()
    packed = inlet.position - at
    if header.flags & _SIZES_AFTER:
        yield from _descriptor(inlet, packed, size)
    elif (packed, size) != (header.packed, header.size):
        raise unsafe(TWO_MEANINGS)
    return _Entry(_digest(header.raw_name), header.method, packed, size)


def _not_understood(method: int) -> str:
    return f"Some of it is compressed in a way that is not understood here (method {method})."


def _stored(inlet: Inlet, budget: Budget, inner: Layer, size: int) -> Generator[None, None, int]:
    left = size
    while left:
        piece = yield from inlet.at_most(min(left, PIECE_IN))
        if not piece:
            raise unseen(DAMAGED)
        left -= len(piece)
        budget.count_content(len(piece))
        inner.put(bytes(piece))
    return size


def _deflated(inlet: Inlet, budget: Budget, inner: Layer, header: _Header) -> Generator[None, None, int]:
    inflater = Inflater(-zlib.MAX_WBITS, budget, inner, budget.count_content)
    left = _FULL32 << 32 if header.flags & _SIZES_AFTER else header.packed
    while left and not inflater.is_over:
        piece = yield from inlet.at_most(min(left, PIECE_IN))
        if not piece:
            raise unseen(DAMAGED)
        left -= len(piece)
        inflater.put(piece)
    if not inflater.is_over:
        raise unseen(DAMAGED)
    inlet.give_back(inflater.unused)
    return inflater.size


def _descriptor(inlet: Inlet, packed: int, size: int) -> Waiting:
    """Take the sizes that stand after an entry: with or without a mark, of 4 or of 8 bytes each."""
    for form in ("<4sLLL", "<4sLQQ", "<LLL", "<LQQ"):
        shape = struct.Struct(form)
        told = yield from inlet.peek(shape.size)
        if len(told) < shape.size:
            continue
        fields = shape.unpack(told)
        if fields[-2:] == (packed, size) and (len(fields) < 4 or fields[0] == b"PK\x07\x08"):  # noqa: PLR2004
            yield from inlet.skip(shape.size)
            return
    raise unsafe(TWO_MEANINGS)


def _list(inlet: Inlet, mark: bytes, passed: dict[int, _Entry], start: int) -> Waiting:
    """Hold the list of entries against what passed by, and the end against the list."""
    begins, listed = inlet.position - 4 - start, 0
    left = dict(passed)
    while mark == _CENTRAL:
        at, entry = yield from _listed(inlet)
        if left.pop(at, None) != entry:
            raise unsafe(TWO_MEANINGS)
        listed += 1
        mark = yield from inlet.exactly(4)
    if left:
        raise unsafe(TWO_MEANINGS)
    while mark != _END:
        yield from _beside_the_list(inlet, mark, listed, begins)
        mark = yield from inlet.exactly(4)
    yield from _end(inlet, listed, begins)


def _listed(inlet: Inlet) -> Generator[None, None, tuple[int, _Entry]]:
    fields = _CENTRAL_HEADER.unpack((yield from inlet.exactly(_CENTRAL_HEADER.size)))
    _, _, flags, method, _, _, _, packed, size, name_length, extra_length, comment_length = fields[:12]
    attributes, at = fields[14:]
    raw = yield from inlet.exactly(name_length)
    extra = yield from inlet.exactly(extra_length)
    yield from inlet.skip(comment_length)
    _checked_name(raw, extra, flags)
    kind = attributes >> 16 & _KINDS
    if kind == _LINK:
        raise unsafe("It holds links, which can lead out of the folder that it is unpacked into.")
    if kind not in _PLAIN_KINDS:
        raise unsafe("It holds devices or pipes, which are no files.")
    for kind_of_extra, value in _extras(extra):
        if kind_of_extra == _EXTRA_64:
            size, packed, at = _long_sizes(value, size, packed, at)
    return at, _Entry(_digest(raw), method, packed, size)


def _beside_the_list(inlet: Inlet, mark: bytes, listed: int, begins: int) -> Waiting:
    if mark == _SIGNED:
        (length,) = struct.unpack("<H", (yield from inlet.exactly(2)))
        yield from inlet.skip(length)
    elif mark == _END64:
        fields = _END64_HEADER.unpack((yield from inlet.exactly(_END64_HEADER.size)))
        if fields[6] != listed or fields[8] != begins:
            raise unsafe(TWO_MEANINGS)
        rest = fields[0] - (_END64_HEADER.size - 8)
        if not 0 <= rest <= _FULL16:
            raise unseen(DAMAGED)
        yield from inlet.skip(rest)
    elif mark == _LOCATOR:
        yield from inlet.skip(16)
    else:
        raise unseen(DAMAGED)


def _end(inlet: Inlet, listed: int, begins: int) -> Waiting:
    fields = _END_HEADER.unpack((yield from inlet.exactly(_END_HEADER.size)))
    disk, first_disk, _, total, _, offset, comment_length = fields
    if disk not in {0, _FULL16} or first_disk not in {0, _FULL16}:
        raise unseen("It is one of several parts of an archive.")
    if total not in {listed, _FULL16} or offset not in {begins, _FULL32}:
        raise unsafe(TWO_MEANINGS)
    comment = yield from inlet.exactly(comment_length)
    # Programs look for the end from behind, and would find this one first.
    if _END in comment:
        raise unsafe(TWO_MEANINGS)
    if (yield from inlet.peek(1)):
        raise unsafe("Something else stands behind its end.")


def _extras(extra: bytes) -> Iterator[tuple[int, bytes]]:
    while len(extra) >= 4:  # noqa: PLR2004
        kind, length = struct.unpack_from("<HH", extra)
        yield kind, extra[4 : 4 + length]
        extra = extra[4 + length :]


def _long_sizes(value: bytes, size: int, packed: int, at: int) -> tuple[int, int, int]:
    """Return sizes and place from the field that holds those which do not fit into 4 bytes."""
    told, numbers = [size, packed, at], struct.unpack(f"<{len(value) // 8}Q", value[: len(value) // 8 * 8])
    given = iter(numbers)
    return tuple(next(given, number) if number == _FULL32 else number for number in told)  # type: ignore[return-value]


def _digest(name: bytes) -> bytes:
    return blake2b(name, digest_size=16).digest()

"""What is in an XLSX: parts of a ZIP archive in XML, read as a stream, never unpacked as a whole."""

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO
from xml.parsers import expat

from workspaces.viewer.renderer.failures import CannotDraw

_BLOCK = 256 * 1024
_MOST_PARTS = 10_000
# So much is unpacked for one page, of all parts together.
_MOST_UNPACKED = 512 * 1024 * 1024
_LONGEST_TOKEN = 1024 * 1024
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_WIDE = (b"\xff\xfe", b"\xfe\xff")


class Stop(Exception):
    """A handler has what it wanted: the rest of a part is not read."""


class Package:
    """The archive, with a bound on what is unpacked of it."""

    def __init__(self, file: BinaryIO) -> None:
        try:
            self._archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise CannotDraw("broken") from error
        if len(self._archive.namelist()) > _MOST_PARTS:
            raise CannotDraw("broken")
        self._left = _MOST_UNPACKED

    def has(self, name: str) -> bool:
        return name in self._archive.NameToInfo

    def size(self, name: str) -> int:
        """Return how large a part says it is; it is never read beyond that."""
        return self._archive.getinfo(name).file_size if self.has(name) else 0

    def blocks(self, name: str) -> Iterator[bytes]:
        """Unpack a part, block by block.

        Raises:
            CannotDraw: it is not there, is damaged, encrypted, or too much.

        """
        try:
            part = self._archive.getinfo(name)
            if part.flag_bits & 1:
                raise CannotDraw("password")
            if part.compress_type not in _METHODS:
                raise CannotDraw("broken")
            with self._archive.open(part) as unpacked:
                while block := unpacked.read(_BLOCK):
                    self._count(block)
                    yield block
        except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise CannotDraw("broken") from error

    def parse(
        self, name: str, *, start: Callable[..., None], end: Callable[..., None], text: Callable[..., None]
    ) -> None:
        """Read a part as XML until it ends or a handler stops."""
        parse(self.blocks(name), start=start, end=end, text=text)

    def _count(self, block: bytes) -> None:
        self._left -= len(block)
        if self._left < 0:
            raise CannotDraw("too_much")


def parse(
    blocks: Iterator[bytes], *, start: Callable[..., None], end: Callable[..., None], text: Callable[..., None]
) -> None:
    """Hand elements, without their prefixes, to the handlers.

    A document that declares entities, or a type at all, is refused: no workbook does, and bombs are made of it.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = lambda name, attributes: start(_local(name), _locals(attributes))
    parser.EndElementHandler = lambda name: end(_local(name))
    parser.CharacterDataHandler = text
    try:
        fed = 0
        for block in blocks:
            fed += len(block)
            parser.Parse(block, False)
            # A parser begins a name or a value that has not ended anew with every block.
            if fed - parser.CurrentByteIndex > _LONGEST_TOKEN:
                raise CannotDraw("broken")
    except Stop:
        return
    except expat.ExpatError as error:
        raise CannotDraw("broken") from error


def skipping(blocks: Iterator[bytes], element: str, number: int) -> tuple[int, Iterator[bytes]]:
    """Return the blocks from the start of an element on, after so many of its kind, and how many were passed over.

    A parser would take half a minute to come past a million rows.
    """
    opens = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,30}:)?%s[\s/>]" % element.encode())
    passed, kept = 0, b""
    for number_of_block, block in enumerate(blocks):
        if number_of_block == 0 and block.startswith(_WIDE):
            raise CannotDraw("broken")
        kept += block
        places = [found.start() for found in opens.finditer(kept)]
        if passed + len(places) > number:
            return number, _chained(kept[places[number - passed] :], blocks)
        passed += len(places)
        # An element may begin in one block and end in the next.
        last = kept.rfind(b"<", max(len(kept) - _LONGEST_OPENING, (places[-1] + 1) if places else 0))
        kept = kept[last:] if last >= 0 else b""
    return passed, iter(())


_LONGEST_OPENING = 64


def _chained(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _refuse(*_: Any) -> None:
    raise CannotDraw("broken")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _locals(attributes: dict[str, str]) -> dict[str, str]:
    return {_local(name): value for name, value in attributes.items()}

"""Searches bytes for canaries: as they are, and in every form in which something usually comes to lie on a disk.

A canary is four pieces of sixteen bytes, and every piece begins with the tag of the run. A piece is found by itself,
so a canary that was cut in two is found as well; and what does not hold the tag in any form needs no closer look.
Secrets that others chose (a session id, a data key) have no tag and are looked for one by one.
"""

import errno
import os
import re
import secrets
import zlib
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_HALF = 8
_PIECES = 4
_UNPACKED_AT_MOST = 16 * 1024 * 1024
_DEPTH = 3
# A file longer than this is searched in pieces. What was packed is followed across their edges as far as they overlap.
_PIECE = 64 * 1024 * 1024
_OVERLAP = 64 * 1024
_SHORTEST = 16
# Most of a new database is empty; nothing lies there, and skipping it halves the time.
_EMPTY = re.compile(rb"\0{512,}")
# Where a packed stream may begin: gzip, the four usual heads of zlib, and a member of a ZIP archive.
_PACKED = re.compile(rb"\x1f\x8b\x08|x[\x01\x5e\x9c\xda]|PK\x03\x04")
# How Django writes what it has packed: in sessions, and in signed cookies.
_PACKED_BY_DJANGO = re.compile(rb"\.(eJ[\w-]{16,})")


@dataclass(frozen=True)
class Finding:
    """A canary that lies somewhere."""

    place: str
    label: str
    form: str

    def __str__(self) -> str:
        return f"{self.label} ({self.form}) in {self.place}"


@dataclass
class Allowed:
    """A place where canaries with these labels may lie, and why."""

    place: str
    labels: tuple[str, ...]
    reason: str
    used: bool = False

    def covers(self, finding: Finding) -> bool:
        covers = finding.label in self.labels and fnmatch(finding.place, self.place)
        self.used = self.used or covers
        return covers


class Hunter:
    """Knows all canaries of a run."""

    def __init__(self) -> None:
        self._tag = _random(_HALF)
        self._tag_forms = set(forms_of(self._tag.encode()).values())
        self._pieces: list[tuple[str, str, bytes]] = []
        self._secrets: list[tuple[str, str, bytes]] = []

    def canary(self, label: str) -> str:
        """Return a new canary of 64 letters."""
        pieces = [self._tag + _random(_HALF) for _ in range(_PIECES)]
        for piece in pieces:
            self._pieces += [(label, form, needle) for form, needle in forms_of(piece.encode()).items()]
        return "".join(pieces)

    def watch(self, label: str, secret: bytes) -> None:
        """Look for a secret that others chose as well."""
        assert len(secret) >= _SHORTEST, "Shorter ones would be found by chance."
        known = {needle for _, _, needle in self._secrets}
        self._secrets += [(label, form, one) for form, one in forms_of(secret).items() if one not in known]

    def search(self, data: bytes, place: str, depth: int = 0) -> Iterator[Finding]:
        """Yield what lies in the bytes, and in what is packed in them."""
        data = _EMPTY.sub(b"\0" * _SHORTEST, data)
        needles = list(self._secrets)
        if any(form in data for form in self._tag_forms):
            needles += self._pieces
        seen = set()
        for label, form, needle in needles:
            if (label, form) not in seen and needle in data:
                seen.add((label, form))
                yield Finding(place, label, form)
        if depth < _DEPTH:
            for unpacked in _unpacked(data):
                yield from self.search(unpacked, place, depth + 1)

    def search_tree(self, folder: Path, name: str) -> Iterator[Finding]:
        """Yield what lies in the files below a folder and in their names. `name` is what the folder is called."""
        for path in sorted(folder.rglob("*")):
            place = f"{name}/{path.relative_to(folder)}"
            yield from self.search(place.encode(errors="surrogateescape"), f"{place} (its name)")
            if path.is_symlink() or not path.is_file():
                continue
            try:
                for data in _pieces_of(path):
                    yield from self.search(data, place)
            except FileNotFoundError:  # it ended while we looked
                continue


def not_allowed(findings: Iterable[Finding], allowed: Iterable[Allowed]) -> list[str]:
    """Return what lies where it must not, one line each."""
    entries = list(allowed)
    wrong = (finding for finding in findings if not any(entry.covers(finding) for entry in entries))
    return sorted({str(finding) for finding in wrong})


def forms_of(value: bytes) -> dict[str, bytes]:
    """Return what a value looks like in the encodings that programs write."""
    found = {"raw": value, "hex": value.hex().encode(), "HEX": value.hex().upper().encode()}
    for offset in range(3):
        # What stands before and after shares its outer letters; those between belong to the value alone.
        start, stop = -(-offset * 8 // 6), (offset + len(value)) * 8 // 6
        padded = b"\0" * offset + value
        found[f"base64+{offset}"] = b64encode(padded)[start:stop]
        found[f"base64url+{offset}"] = urlsafe_b64encode(padded)[start:stop]
    found["percent"] = "".join(f"%{byte:02X}" for byte in value).encode()
    found["escaped"] = "".join(f"\\x{byte:02x}" for byte in value).encode()
    if value.isascii():
        text = value.decode()
        found |= {"upper case": text.upper().encode(), "JSON": "".join(f"\\u{ord(one):04x}" for one in text).encode()}
        found |= {"UTF-16LE": text.encode("utf-16-le"), "UTF-16BE": text.encode("utf-16-be")}
    first = {needle: form for form, needle in reversed(found.items())}  # several forms may look the same
    return {form: needle for needle, form in first.items()}


def _pieces_of(path: Path) -> Iterator[bytes]:
    """Yield what a file holds, without the holes in it: the disk of a store is a long file, of which little exists."""
    with path.open("rb") as file:
        size, start = path.stat().st_size, 0
        while start < size:
            try:
                start = os.lseek(file.fileno(), start, os.SEEK_DATA)
                stop = os.lseek(file.fileno(), start, os.SEEK_HOLE)
            except OSError as error:
                if error.errno == errno.ENXIO:  # nothing but a hole follows
                    return
                raise
            for begin in range(start, stop, _PIECE):
                yield os.pread(file.fileno(), min(_PIECE + _OVERLAP, stop - begin), begin)
            start = stop


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def _unpacked(data: bytes) -> Iterator[bytes]:
    view = memoryview(data)
    for match in _PACKED.finditer(data):
        start, head = match.start(), match[0]
        if head == b"PK\x03\x04":
            sizes = data[start + 26 : start + 30]
            start += 30 + int.from_bytes(sizes[:2], "little") + int.from_bytes(sizes[2:], "little")
            bits = -zlib.MAX_WBITS
        else:
            bits = zlib.MAX_WBITS + (16 if head == b"\x1f\x8b\x08" else 0)
        yield from _inflated(view[start:], bits)
    for match in _PACKED_BY_DJANGO.finditer(data):
        packed = match[1][: len(match[1]) // 4 * 4]
        yield from _inflated(memoryview(urlsafe_b64decode(packed)), zlib.MAX_WBITS)


def _inflated(view: memoryview, bits: int) -> Iterator[bytes]:
    """Yield what a stream holds, as far as it is sound: a piece of a stream holds something too."""
    stream, out = zlib.decompressobj(bits), b""
    try:
        for start in range(0, len(view), 4096):
            out += stream.decompress(view[start : start + 4096])
            if stream.eof or len(out) > _UNPACKED_AT_MOST:
                break
    except zlib.error:
        pass
    if len(out) >= _SHORTEST:
        yield out

"""Speaks to clamd over its socket: a file goes there in pieces and comes back as one of three words.

Clean is said only when clamd has looked at the whole file. What it did not finish, could not unpack or did not answer
is "not scanned". clamd says "OK" of an archive beyond its own limits unless it is told otherwise, so a start checks
that it was told (`unsound`).
"""

import io
import socket
import struct
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

_CONNECT_WITHIN = 5.0
_ANSWER_WITHIN = 120.0
_LONGEST_ANSWER = 4096
# clamd reports these like a virus. They mean that it could not look inside.
_NOT_LOOKED_INTO = ("Heuristics.Limits.Exceeded", "Heuristics.Encrypted")
# The file that every scanner calls a virus, in two halves so that a scanner does not take this module for one.
_EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
_TOO_DEEP = 40


class Verdict(Enum):
    CLEAN = "clean"
    INFECTED = "infected"
    NOT_SCANNED = "not_scanned"


@dataclass(frozen=True)
class Answer:
    """`finding` names the virus, or says why the file was not scanned; `final` if asking again would change nothing."""

    verdict: Verdict
    finding: str = ""
    final: bool = True


class ScannerDown(Exception):
    """clamd does not answer."""


class Clamd:
    """One clamd, at unix:///path or tcp://host:port."""

    def __init__(self, address: str) -> None:
        self._address = address

    def version(self) -> str:
        """Return what clamd calls itself and its signatures."""
        with self._connected() as line:
            line.sendall(b"zVERSION\0")
            return _answer(line)

    def scan(self, blocks: Iterable[bytes]) -> Answer:
        """Send a file and return what clamd says of it.

        Raises:
            ScannerDown: it does not answer; whatever `blocks` raises goes through.

        """
        source = iter(blocks)
        with self._connected() as line:
            line.sendall(b"zINSTREAM\0")
            for block in source:
                try:
                    line.sendall(struct.pack(">I", len(block)) + block)
                except (BrokenPipeError, ConnectionResetError):
                    # It has seen enough, which it says before it hangs up: usually that this is too much.
                    return _read(_answer(line))
            with suppress(BrokenPipeError, ConnectionResetError):
                line.sendall(struct.pack(">I", 0))
            return _read(_answer(line))

    def unsound(self) -> str | None:
        """Return what is wrong with this clamd, asked with two files whose answer is known."""
        if self.scan([_EICAR]).verdict is not Verdict.INFECTED:
            return "clamd does not find the test file that every scanner finds; it has no signatures."
        if self.scan([_nested(_TOO_DEEP)]).verdict is Verdict.CLEAN:
            return (
                "clamd calls a file clean that it did not unpack to its end; set “AlertExceedsMax yes” in clamd.conf."
            )
        return None

    @contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        try:
            with closing(self._connect()) as line:
                line.settimeout(_ANSWER_WITHIN)
                yield line
        except _LineError as error:
            raise ScannerDown(str(error)) from error

    def _connect(self) -> socket.socket:
        parts = urlsplit(self._address)
        try:
            if parts.scheme == "tcp":
                return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=_CONNECT_WITHIN)
            return _connect_beside(parts.path)
        except OSError as error:
            raise _LineError(type(error).__name__) from error


def _connect_beside(path: str) -> socket.socket:
    line = socket.socket(socket.AF_UNIX)
    try:
        line.settimeout(_CONNECT_WITHIN)
        line.connect(path)
    except BaseException:
        line.close()
        raise
    return line


class _LineError(Exception):
    """The line to clamd failed, and not the file that is being read."""


def _answer(line: socket.socket) -> str:
    said = b""
    try:
        while not said.endswith(b"\0") and len(said) < _LONGEST_ANSWER and (more := line.recv(_LONGEST_ANSWER)):
            said += more
    except OSError as error:
        raise _LineError(type(error).__name__) from error
    if not said:
        raise _LineError("It hung up without an answer.")
    return said.rstrip(b"\0\n").decode("utf-8", "replace")


def _read(said: str) -> Answer:
    what = said.removeprefix("stream: ")
    if what == "OK":
        return Answer(Verdict.CLEAN)
    if what.endswith(" FOUND"):
        name = what.removesuffix(" FOUND")
        if name.startswith(_NOT_LOOKED_INTO):
            return Answer(Verdict.NOT_SCANNED, f"The scanner could not look into all of it ({name}).")
        return Answer(Verdict.INFECTED, name)
    if "size limit exceeded" in what:
        return Answer(Verdict.NOT_SCANNED, "It is larger than the scanner takes.")
    return Answer(Verdict.NOT_SCANNED, "The scanner could not finish.", final=False)


def _nested(depth: int) -> bytes:
    """Return a harmless archive in an archive in an archive…"""
    content = b"nothing"
    for _ in range(depth):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.zip", content)
        content = packed.getvalue()
    return content

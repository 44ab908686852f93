"""Opens a trail export and hands out members only as the signed manifest describes them.

Rules enforced
    * exactly the members of one version of `docs/formats/entry.md`, perhaps those of `OPTIONAL`, each once;
    * stored or deflated, not encrypted;
    * no member is larger than the manifest says, and none expands out of proportion, so a hostile archive costs neither
      memory nor time; the zip directory is read only if it is small;
    * every error of the zip library becomes a `MismatchError` that names the member.

Out of scope: what the members say, and those bytes of the zip container that carry no content (times, attributes).
"""

import io
import re
import zipfile
import zlib
from collections.abc import Container, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

from ledger_bridge.tlog.errors import TlogError
from ledger_bridge.tlog.note import VerifierKey
from ledger_bridge.tlog.policy import Policy
from verifier.report import MismatchError, UnusableError

MEMBERS = frozenset(
    {
        "README.txt",
        "checkpoint",
        "events.csv",
        "events.jsonl",
        "fhir-auditevents.ndjson",
        "manifest",
        "names.json",
        "policy",
        "scope.json",
        "summary.html",
    }
)
WHOLE = frozenset({"leaves.bin"})
"""What an export of version 1 has besides: every leaf."""
SHORT = frozenset({"log-hashes.bin", "some-leaves.bin", "span-tags.bin", "spans.jsonl"})
"""What one of version 2 has in its place."""
OPTIONAL = frozenset({"anchors.json", "notices.jsonl"})
"""Members that an export has when there is something to put into them."""
_NOTICES = frozenset({"notices.jsonl"})
"""What an export says of the log itself is held against every leaf, so one of version 2 has none."""
_KNOWN = MEMBERS | WHOLE | SHORT | OPTIONAL
_MANIFEST_LINE = re.compile(r"([0-9a-f]{64}) (0|[1-9][0-9]{0,15}) ([A-Za-z.-]+)", re.ASCII)
_ZIP_START = b"PK\x03\x04"
_ZIP_NAME_AT = 30
_LARGEST_DIRECTORY = 1 << 20
_LARGEST_SMALL_MEMBER = 16 << 20
_LARGEST_RATIO = 200  # deflate reaches 1000 on hostile input; our own members stay below 50
_RATIO_MATTERS_FROM = 64 << 20
_ENCRYPTED = 0x1
_BLOCK = 1 << 18
_HASHED_AT_ONCE = 2


class Archive:
    """An open trail export. Nothing in it is trusted before `check_manifest` and `check_members` have passed."""

    def __init__(self, path: Path) -> None:
        """Open the file and look at the list of its members.

        Raises:
            MismatchError: it is one of our archives, but cut, or with wrong members.
            UnusableError: it is something else.

        """
        self._file = _open_file(path)
        try:
            self._zip = _open_zip(self._file)
            self._infos = _member_list(self._zip)
        except BaseException:
            self._file.close()
            raise
        self._listed: dict[str, tuple[str, int]] = {}

    def __enter__(self) -> Self:
        """Use as a context manager closes the file."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._zip.close()
        self._file.close()

    def check_manifest(self, policy: Policy) -> VerifierKey:
        """Check the manifest's signature and its list, and return the key that signed.

        Raises:
            MismatchError: no log of the policy signed it, or it does not list the members that are here.

        """
        try:
            text, key = policy.open_log_note(self.read("manifest"))
        except TlogError as error:
            raise MismatchError(str(error), member="manifest") from error
        self._listed = _parse_manifest(text, self._infos)
        for name, (_, size) in self._listed.items():
            actual = self._infos[name].file_size
            if actual != size:
                raise MismatchError(f"it has {actual} bytes, but the manifest says {size}", member=name)
        return key

    def check_members(self) -> None:
        """Compare every member with the size and hash in the manifest.

        Raises:
            MismatchError: a member is not the one that was signed, or is damaged.

        """
        names = sorted(self._listed)
        # Reading and hashing leave other threads free to run. The first complaint, by name, is the one that counts.
        with ThreadPoolExecutor(_HASHED_AT_ONCE) as pool:
            for checked in [pool.submit(self._check_member, name) for name in names]:
                checked.result()

    def _check_member(self, name: str) -> None:
        expected, size = self._listed[name]
        digest, seen = sha256(), 0
        for block in self.blocks(name, _BLOCK):
            digest.update(block)
            seen += len(block)
        if digest.hexdigest() != expected or seen != size:
            raise MismatchError("its SHA-256 is not the one in the signed manifest", member=name)

    def read(self, name: str) -> bytes:
        """A small member as a whole.

        Raises:
            MismatchError: it is damaged, or larger than any honest one.

        """
        if self._infos[name].file_size > _LARGEST_SMALL_MEMBER:
            raise MismatchError("it is larger than any export needs", member=name)
        with self.open(name) as member:
            data = member.read(_LARGEST_SMALL_MEMBER + 1)
        if len(data) > _LARGEST_SMALL_MEMBER:
            raise MismatchError("it is larger than any export needs", member=name)
        return data

    @property
    def version(self) -> int:
        """The version of the format, by its members; the manifest must name the same."""
        return _version(self._infos)

    def holds(self, name: str) -> bool:
        """Whether the archive has this member."""
        return name in self._infos

    def size(self, name: str) -> int:
        """How many bytes a member has: as the directory says, which `check_members` has compared."""
        return self._infos[name].file_size

    def open(self, name: str) -> io.BufferedReader:
        """A member for reading piece by piece; damage shows as `MismatchError` while reading."""
        return io.BufferedReader(_Member(self._zip, self._infos[name]), _BLOCK)

    def blocks(self, name: str, size: int) -> Iterator[bytes]:
        """A member in blocks of this size; only the last may be shorter."""
        with self.open(name) as member:
            while block := member.read(size):
                yield block


class _CautiousFile(io.FileIO):
    """A file that refuses to be read into memory in one large piece, as a hostile zip directory would have it."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _LARGEST_DIRECTORY:
            raise UnusableError("The directory of the zip is far too large for a trail export.")
        return super().read(-1 if size is None else size) or b""


def _open_file(path: Path) -> _CautiousFile:
    try:
        return _CautiousFile(path)
    except OSError as error:
        raise UnusableError(f"{path} cannot be read: {error.strerror}.") from error


def _open_zip(file: _CautiousFile) -> zipfile.ZipFile:
    head = file.read(512)
    file.seek(0)
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError, OSError) as error:
        if _begins_like_ours(head):
            raise MismatchError("the archive is cut or its directory is damaged; copy it again") from error
        raise UnusableError("This is neither a trail export nor a receipt.") from error


def _begins_like_ours(head: bytes) -> bool:
    name = head[_ZIP_NAME_AT : _ZIP_NAME_AT + int.from_bytes(head[26:28], "little")]
    return head.startswith(_ZIP_START) and name.decode("ascii", "replace") in _KNOWN


def _in_ascii(name: str) -> str:
    """Return a name that this program and a browser show alike, whatever either takes the bytes beyond ASCII for."""
    return name.encode("ascii", "replace").decode()


def _member_list(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    infos = archive.infolist()
    names = [info.filename for info in infos]
    if MEMBERS.isdisjoint(names):
        raise UnusableError("This zip holds no member of a trail export.")
    for info in infos:
        if info.filename not in _KNOWN:
            raise MismatchError("an export has no such member", member=repr(_in_ascii(info.filename[:80])))
        if names.count(info.filename) > 1:
            raise MismatchError("it is in the archive more than once", member=info.filename)
        _refuse_odd(info)
    wanted, unwanted = (WHOLE, SHORT) if _version(names) == 1 else (SHORT, WHOLE | _NOTICES)
    for name in sorted((MEMBERS | wanted).difference(names)):
        raise MismatchError("it is missing", member=name)
    for name in sorted(unwanted.intersection(names)):
        raise MismatchError("it belongs to another version of the format than the other members", member=name)
    return {info.filename: info for info in infos}


def _version(names: Container[str]) -> int:
    return 1 if "leaves.bin" in names else 2


def _refuse_odd(info: zipfile.ZipInfo) -> None:
    if info.flag_bits & _ENCRYPTED:
        raise MismatchError("it is encrypted, which members of an export never are", member=info.filename)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise MismatchError("it is packed in a way that exports do not use", member=info.filename)
    if info.file_size > _RATIO_MATTERS_FROM and info.file_size > _LARGEST_RATIO * info.compress_size:
        raise MismatchError("it would expand out of all proportion", member=info.filename)


def _parse_manifest(text: bytes, others: Mapping[str, object]) -> dict[str, tuple[str, int]]:
    lines = text.decode().split("\n")
    matches = [_MANIFEST_LINE.fullmatch(line) for line in lines[2:-1]]
    listed = {match[3]: (match[1], int(match[2])) for match in matches if match}
    names = list(listed)
    head = [f"ithaca-trail/v{_version(others)}", "members"]
    if lines[:2] != head or len(listed) != len(matches) or names != sorted(others.keys() - {"manifest"}):
        raise MismatchError("it does not list exactly the other members", member="manifest")
    return listed


class _Member(io.RawIOBase):
    """One member, with every complaint of the zip library turned into ours."""

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        super().__init__()
        self._name = info.filename
        try:
            self._inner = archive.open(info)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError) as error:
            self._damaged(error)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        try:
            data = self._inner.read(len(buffer))
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError) as error:
            self._damaged(error)
        buffer[: len(data)] = data
        return len(data)

    def _damaged(self, error: Exception) -> NoReturn:
        raise MismatchError("it is damaged: its checksum or its packing is wrong", member=self._name) from error

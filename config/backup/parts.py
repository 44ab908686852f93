"""The parts of a backup: files that are sealed while they are written and checked while they are read.

Each part has a key of its own, derived from the key of the backup and the part's name, so no part can stand in for
another. The bytes are a body of the sealed format S1 (docs/crypt4gh.md); the manifest holds length and hash of each.
"""

import hmac
import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from blake3 import blake3
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.errors import DamagedContent, StorageFull
from workspaces.crypt4gh import Crypt4ghError, SealedBody, SealingWriter

_BLOCK = 4 * 1024 * 1024
_KEY = 32


@dataclass(frozen=True)
class Part:
    """What the manifest says of a part: `size` bytes in clear, `body_size` sealed, and the hash of what is sealed."""

    size: int
    body_size: int
    blake3: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Any) -> Self:
        return cls(size=int(value["size"]), body_size=int(value["body_size"]), blake3=str(value["blake3"]))


def derive(key: bytes, purpose: str) -> bytes:
    """Return a key for one purpose: HKDF-SHA-256 (RFC 5869) of the key of the backup."""
    return HKDF(SHA256(), _KEY, salt=None, info=b"ithaca.backup.v1\x00" + purpose.encode()).derive(key)


def write_part(directory: Path, name: str, key: bytes, chunks: Iterable[bytes]) -> Part:
    """Seal a part into a file that is there whole or not at all.

    Raises:
        StorageFull: the disk takes no more; nothing is left behind.

    """
    path = part_path(directory, name)
    unfinished = path.with_suffix(".unfinished")
    try:
        with unfinished.open("xb") as file, SealingWriter(derive(key, name), file.write) as writer:
            for chunk in chunks:
                writer.update(chunk)
            sealed = writer.finish()
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
    except OSError as error:
        raise StorageFull(
            f"The backup could not be written ({error.strerror}). What was written is removed."
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return Part(sealed.plaintext_size, sealed.body_size, sealed.body_blake3.hex())


def read_part(directory: Path, name: str, key: bytes, part: Part) -> Iterator[bytes]:
    """Yield a part in clear, each block only after it was verified.

    Raises:
        DamagedContent: it is not the part that was written.

    """
    try:
        with part_path(directory, name).open("rb") as file:
            read_at = _reader(file.fileno())
            body = SealedBody(read_at, key=derive(key, name), body_size=part.body_size)
            body.verify_end()
            yield from body.iter_range(0, part.size)
    except (Crypt4ghError, OSError) as error:
        raise DamagedContent(f"The part “{name}” of this backup is damaged or missing.") from error


def require_whole(directory: Path, name: str, part: Part) -> None:
    """Compare a part with its hash, without a key.

    Raises:
        DamagedContent: it is not the part that was written.

    """
    found = blake3()
    try:
        with part_path(directory, name).open("rb") as file:
            while block := file.read(_BLOCK):
                found.update(block)
    except OSError as error:
        raise DamagedContent(f"The part “{name}” of this backup cannot be read.") from error
    if not hmac.compare_digest(found.hexdigest(), part.blake3):
        raise DamagedContent(f"The part “{name}” of this backup is not the one that was written.")


def part_path(directory: Path, name: str) -> Path:
    return directory / f"{name}.sealed"


class ChunkReader(io.RawIOBase):
    """Lets a library read chunks as a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = chunk
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


def _reader(descriptor: int) -> Any:
    def read_at(offset: int, length: int) -> bytes:
        return os.pread(descriptor, length, offset)

    return read_at

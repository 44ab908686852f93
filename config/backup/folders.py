"""Folders as a stream (tar), for the log's keys and public files: nothing of them lies elsewhere in clear."""

import io
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from config.backup.parts import ChunkReader
from core.errors import Conflict, DamagedContent


def pack(directory: Path, *, without: Iterable[str] = ()) -> Iterator[bytes]:
    """Yield a tar of the files below a directory, leaving out locks and those with these names."""
    left_out = {*without, "lock"}
    buffer = _Collector()
    with tarfile.open(fileobj=buffer, mode="w|") as archive:
        for path in sorted(directory.rglob("*")):
            if path.is_file() and path.name not in left_out and path.suffix not in {".lock", ".new"}:
                archive.add(path, path.relative_to(directory).as_posix(), recursive=False)
                yield from buffer.take()
    yield from buffer.take()


def unpack(directory: Path, chunks: Iterator[bytes]) -> None:
    """Write the files of a tar below a directory, with mode 0600. What is there already must be the same.

    Raises:
        Conflict: a file is there with other content; it stays as it is.

    """
    try:
        with tarfile.open(fileobj=io.BufferedReader(ChunkReader(chunks)), mode="r|") as archive:
            for member in archive:
                extracted = archive.extractfile(member) if member.isreg() else None
                parts = PurePosixPath(member.name).parts
                if extracted is None or ".." in parts or parts[:1] == ("/",):
                    raise DamagedContent("A part of this backup holds something else than files.")
                _put(directory.joinpath(*parts), extracted.read())
    except tarfile.TarError as error:
        raise DamagedContent("A part of this backup cannot be unpacked.") from error


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists():
        if path.read_bytes() != content:
            raise Conflict(f"{path} is there already, with other content. Nothing was written over.")
        return
    path.touch(mode=0o600)
    path.write_bytes(content)


class _Collector(io.RawIOBase):
    """Takes what tarfile writes until somebody fetches it."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self._written.append(piece)
        return len(piece)

    def take(self) -> Iterator[bytes]:
        written, self._written = self._written, []
        yield from written

"""Where full tiles lie: files that are written once, under the paths of C2SP tlog-tiles, so that any server of files
can serve them.

A store keeps no truth. What is missing is made again from the leaves (`tile_filling`), and what was damaged shows,
because the roots are in the database. So a store may be shared by several machines, or be one machine's own.
"""

import os
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from django.conf import settings

from ledger_bridge.failpoints import reach
from ledger_bridge.tlog.merkle import HASH_SIZE
from ledger_bridge.tlog.tiles import TILE_WIDTH, tile_path

FULL = TILE_WIDTH * HASH_SIZE
_AT_ONCE = 8
_FORGOTTEN_AFTER = 3_600.0


@dataclass(frozen=True)
class FullTile:
    level: int
    number: int
    hashes: bytes

    def __str__(self) -> str:
        return f"tile {self.level}/{self.number}"


class TileStore(Protocol):
    """What readers and the one that fills it ask of a store."""

    def read(self, level: int, number: int) -> bytes | None:
        """Return what lies in the place of a tile, whatever its length; None for nothing, or out of reach."""

    def write(self, tiles: Iterable[FullTile]) -> list[FullTile]:
        """Let these tiles lie there, durably; return those in whose place something else lies, which stays.

        Raises:
            OSError: when the store does not take them.

        """

    def set_aside(self, level: int, number: int) -> None:
        """Make room for a tile in whose place something else lies, and keep that."""

    def reached(self) -> int:
        """Return up to how many level-0 tiles everything was written that they complete."""

    def move_on(self, reached: int) -> None:
        """Remember that everything was written which so many level-0 tiles complete."""


class DirectoryStore:
    """Files below a directory of one log."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, level: int, number: int) -> bytes | None:
        try:
            return self._path(level, number).read_bytes()
        except OSError:
            # Gone or out of reach, it is the same to a reader: the database knows it all.
            return None

    def write(self, tiles: Iterable[FullTile]) -> list[FullTile]:
        tiles = list(tiles)
        self._incoming().mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sweep()
        folders = {self._path(tile.level, tile.number).parent for tile in tiles}
        made = {above for folder in folders for above in self._make(folder)}
        # To wait for a disk eight times at once takes little longer than once.
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            is_there = list(pool.map(self._write_one, tiles))
        for folder in folders | made:
            _sync(folder)
        reach("tiles on disk")
        return [tile for tile, there in zip(tiles, is_there, strict=True) if not there]

    def set_aside(self, level: int, number: int) -> None:
        path = self._path(level, number)
        path.rename(path.with_name(f"{path.name}.damaged-{uuid4().hex[:8]}"))
        _sync(path.parent)

    def reached(self) -> int:
        try:
            return int(self._mark().read_text(encoding="ascii"))
        except (OSError, ValueError):
            # Without it everything is compared once more.
            return 0

    def move_on(self, reached: int) -> None:
        self._incoming().mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = self._write_beside(str(reached).encode())
        reach("mark of tiles written")
        temporary.rename(self._mark())
        _sync(self._directory)

    def _path(self, level: int, number: int) -> Path:
        return self._directory / tile_path(level, number)

    def _mark(self) -> Path:
        return self._directory / "reached"

    def _incoming(self) -> Path:
        return self._directory / "incoming"

    def _write_one(self, tile: FullTile) -> bool:
        path = self._path(tile.level, tile.number)
        if not path.exists():
            temporary = self._write_beside(tile.hashes)
            reach("tile written")
            try:
                # Unlike a rename, a link never takes the place of what lies there.
                os.link(temporary, path)
            except FileExistsError:
                pass  # somebody was as fast, and is compared with like everybody else
            finally:
                temporary.unlink()
            reach("tile in its place")
        return path.read_bytes() == tile.hashes

    def _write_beside(self, data: bytes) -> Path:
        temporary = self._incoming() / uuid4().hex
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        return temporary

    def _make(self, folder: Path) -> list[Path]:
        """Make a folder, and return those above it that have got something new."""
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        return [one.parent for one in missing]

    def _sweep(self) -> None:
        """Remove what processes left behind that died while they wrote."""
        for path in self._incoming().iterdir():
            try:
                if time.time() - path.stat().st_mtime > _FORGOTTEN_AFTER:
                    path.unlink()
            except FileNotFoundError:
                pass  # its writer lives


def tile_store() -> TileStore:
    """Return the store of this installation's log."""
    above = Path(settings.LEDGER_TILES or Path(settings.LEDGER_DIRECTORY) / "tiles")
    # A log that succeeds another has other tiles in the same places.
    return DirectoryStore(above / sha256(settings.LEDGER_ORIGIN.encode()).hexdigest()[:16])


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""A log of several thousand leaves that the application made in this run, as an outsider gets it: by URL."""

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from ledger_bridge.tlog import merkle, tiles
from ledger_bridge.tlog.checkpoint import Checkpoint
from ledger_bridge.tlog.note import parse
from ledger_bridge.tlog.policy import Policy

STEPS = (1, 2, 255, 256, 700, 1500, 486)
"""How many entries each checkpoint adds: sizes around a full tile, and 3,200 in all."""

INDEXES = (0, 1, 255, 256, 511, 512, 1213, 2713, 2714, 3199)


@dataclass(frozen=True)
class Material:
    """The files of the public log in a folder, and every checkpoint note that the log signed, the smallest first."""

    folder: Path
    notes: list[str]

    @property
    def note(self) -> str:
        return self.notes[-1]

    @property
    def head(self) -> Checkpoint:
        return head_of(self.note)

    @property
    def policy(self) -> Policy:
        return Policy.parse((self.folder / "policy").read_text())

    def vkeys(self, *algorithms: int) -> list[str]:
        return [str(log.key) for log in self.policy.logs if log.key.algorithm in algorithms]

    def leaf(self, index: int) -> bytes:
        tile, place = divmod(index, tiles.TILE_WIDTH)
        width = tiles.tile_width("entries", tile, self.head.size)
        return tiles.decode_bundle((self.folder / tiles.tile_path("entries", tile, width)).read_bytes())[place]

    def inclusion(self, index: int) -> list[bytes]:
        return merkle.inclusion_proof(index, self.head.size, self._nodes())

    def consistency(self, old_size: int) -> list[bytes]:
        return merkle.consistency_proof(old_size, self.head.size, self._nodes())

    def _nodes(self) -> merkle.GetNode:
        return tiles.node_reader(self.head.size, self._read)

    def _read(self, level: int, index: int, width: int) -> bytes:
        return (self.folder / tiles.tile_path(level, index, width)).read_bytes()


def head_of(note: str) -> Checkpoint:
    return Checkpoint.parse(parse(note.encode()).text)


def make_log() -> list[str]:
    """Record entries, sequence them in steps, and return the checkpoints."""
    from django.db import transaction

    from ledger_bridge.events import TrailViewed
    from ledger_bridge.models import Checkpoint as Stored
    from ledger_bridge.recording import record
    from ledger_bridge.services import sequence_entries

    for step in STEPS:
        with transaction.atomic():
            for number in range(step):
                record(TrailViewed(filters=str(number)), actor=None)
        sequence_entries()
    return list(Stored.objects.order_by("size").values_list("note", flat=True))


def download(folder: Path, size: int) -> None:
    """Fetch every file of the public log from the application."""
    wanted = ["checkpoint", "policy", "vkey"]
    wanted += [tiles.tile_path(one.level, one.index, one.width) for one in tiles.tiles_between(0, size)]
    for index in range(-(-size // tiles.TILE_WIDTH)):
        wanted.append(tiles.tile_path("entries", index, tiles.tile_width("entries", index, size)))
    for path in wanted:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(_get(path))


def _get(path: str) -> bytes:
    from django.test import Client

    response = Client().get(f"/ledger/{path}")
    if response.status_code != 200:
        raise RuntimeError(f"/ledger/{path} answered {response.status_code}")
    return bytes(response.content)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine, and yield its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()

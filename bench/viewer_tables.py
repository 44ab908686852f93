"""Tables of a million rows for `bench.viewer`, and how much memory a child takes to show them."""

import io
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import arro3.io
from arro3.core import Array, DataType, Table

ROWS = 1_000_000
XPT, PARQUET = "application/x-sas-xport", "application/vnd.apache.parquet"
_TRIAL = Path(__file__).resolve().parents[1] / "tests" / "data" / "tables" / "veteran.xpt"
_OBSERVATIONS, _RECORD, _LONG = b"HEADER RECORD*******OBS", 80, 65
_EVERY = 0.001


def text() -> bytes:
    return b"id,visit,dose\n" + b"".join(b"%d,%d,%d.5\n" % (row, row % 9, row % 50) for row in range(ROWS))


def transport() -> bytes:
    """Return the rows of a published trial over and over, in a transport file as SAS writes it."""
    trial = _TRIAL.read_bytes()
    begins = trial.index(_OBSERVATIONS) + _RECORD
    rows = trial[begins : begins + 137 * _LONG]
    content = trial[:begins] + (rows * (ROWS // 137 + 1))[: ROWS * _LONG]
    return content + b" " * (-len(content) % _RECORD)


def parquet() -> bytes:
    whole, broken = DataType.int64(), DataType.float64()
    columns = {
        "id": Array(list(range(ROWS)), type=whole),
        "visit": Array([row % 9 for row in range(ROWS)], type=whole),
        "dose": Array([row % 50 + 0.5 for row in range(ROWS)], type=broken),
        "subject": Array([f"12-{row % 5000:05}" for row in range(ROWS)], type=DataType.utf8()),
    }
    out = io.BytesIO()
    arro3.io.write_parquet(Table.from_arrays(list(columns.values()), names=list(columns)), out)
    return out.getvalue()


class Largest:
    """Watches the children of a process; `mebibytes` is the most that one had, with what it shares with its parent."""

    def __init__(self, parent: int) -> None:
        self._parent = parent
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.mebibytes = 0.0

    def __enter__(self) -> Self:
        """Begin to watch."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop watching."""
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(_EVERY):
            for child in _children(self._parent):
                self.mebibytes = max(self.mebibytes, _most(child) / 1024)


def memory(parent: int, draw: Callable[[], None], seconds: float = 1.5) -> float:
    """Return how many mebibytes a child of this process had while it drew, at most."""
    with Largest(parent) as largest:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            draw()
    return largest.mebibytes


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _most(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0  # it ended meanwhile
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)

"""What every benchmark hands in: rows, printed as a table and kept as `bench/results/<name>.json`.

The load of the machine is noted twice, when this module is imported and when the rows are written, because a number
measured on a busy machine is only an indication. A missed target stays in the table as missed.
"""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parent
RESULTS = ROOT / "results"
WORK = ROOT / "scratch"

_LOAD_AT_START = os.getloadavg()


@dataclass(frozen=True)
class Row:
    """One line of a table: what was measured, next to whom, and whether the target was met (None: no target)."""

    what: str
    value: float
    unit: str
    peer: str | None = None
    peer_value: float | None = None
    ratio: float | None = None
    target: str | None = None
    met: bool | None = None

    @classmethod
    def against(
        cls, what: str, value: float, unit: str, *, peer: str, peer_value: float, at_least: float | None
    ) -> Self:
        """Compare a rate (more is better) with a peer's, measured in the same run."""
        ratio = value / peer_value
        target, met = (None, None) if at_least is None else (f"≥ {at_least} x", ratio >= at_least)
        return cls(what, value, unit, peer, peer_value, ratio, target, met)

    @classmethod
    def cost_against(cls, what: str, value: float, unit: str, *, peer: str, peer_value: float, cheaper: bool) -> Self:
        """Compare a cost (less is better) with a peer's, measured in the same run."""
        ratio = value / peer_value
        target, met = ("< 1 x", ratio < 1) if cheaper else ("≤ 1 x", ratio <= 1)
        return cls(what, value, unit, peer, peer_value, ratio, target, met)

    @classmethod
    def at_most(cls, what: str, value: float, unit: str, limit: float) -> Self:
        """Hold a cost (less is better) against a limit."""
        return cls(what, value, unit, target=f"≤ {limit} {unit}", met=value <= limit)

    @classmethod
    def at_least(cls, what: str, value: float, unit: str, limit: float) -> Self:
        """Hold a rate (more is better) against a limit."""
        return cls(what, value, unit, target=f"≥ {limit} {unit}", met=value >= limit)


def write(name: str, rows: Sequence[Row], *, settings: dict[str, Any] | None = None) -> Path:
    """Print the table, write `bench/results/<name>.json` and return its path.

    `settings` says how it was measured (size, rounds, …) and is kept beside the rows.
    """
    document = {
        "name": name,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "settings": settings or {},
        "rows": [asdict(row) for row in rows],
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    print(table(rows))
    print(f"load {_shown(_LOAD_AT_START)} at the start, {_shown(os.getloadavg())} at the end; written to {path}")
    return path


def machine() -> dict[str, Any]:
    """Say what the numbers were measured on, without naming the machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_at_start": [round(load, 2) for load in _LOAD_AT_START],
        "load_at_end": [round(load, 2) for load in os.getloadavg()],
    }


def table(rows: Sequence[Row]) -> str:
    """Return the rows as aligned text."""
    lines: list[tuple[str, ...]] = [("what", "value", "peer", "its value", "ratio", "target", "")]
    lines += [_cells(row) for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.what,
        f"{row.value:.3g} {row.unit}",
        row.peer or "",
        "" if row.peer_value is None else f"{row.peer_value:.3g} {row.unit}",
        "" if row.ratio is None else f"{row.ratio:.2f} x",
        row.target or "",
        {True: "met", False: "MISSED", None: ""}[row.met],
    )


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    names = [line for line in path.read_text().splitlines() if line.startswith("model name")] if path.exists() else []
    return names[0].split(":")[1].strip() if names else platform.processor()


def _shown(load: tuple[float, float, float]) -> str:
    return " ".join(f"{value:.2f}" for value in load)

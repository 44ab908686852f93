"""Measures while nobody else computes, and says so where that was not possible.

A pipeline of two threads on two cores loses more to a neighbour than a single thread does, so a ratio taken on a busy
machine says as much about the neighbour as about the contenders. Everyone is treated alike: a measurement waits until
the processors are idle, is repeated if others used more than a fifth of a core during it, and counts as disturbed if
the patience for the whole run is spent. Where Linux does not tell how busy the processors are, nothing is waited for.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

_STAT = Path("/proc/stat")
_TICKS = os.sysconf("SC_CLK_TCK")
_LOOK = 0.25
_IDLE = 0.2
# user, nice, system, irq, softirq and steal; not idle and iowait.
_BUSY_COLUMNS = (1, 2, 3, 6, 7, 8)


class Quiet:
    """Times functions, with `patience` seconds to spend on waiting and repeating in all."""

    def __init__(self, patience: float) -> None:
        self._until = time.monotonic() + patience
        self.disturbed = 0

    def time(self, prepare: Callable[[], None], run: Callable[[], None]) -> float:
        """Prepare and run until a run was undisturbed or patience ends; return the seconds the last run took."""
        while True:
            # The wait comes first: what is prepared, such as memory just freed, may not last.
            self._wait()
            prepare()
            seconds, others = timed(run)
            if others <= _IDLE:
                return seconds
            if time.monotonic() > self._until:
                self.disturbed += 1
                return seconds

    def _wait(self) -> None:
        while time.monotonic() < self._until and timed(lambda: time.sleep(_LOOK))[1] > _IDLE:
            pass


def timed(run: Callable[[], None]) -> tuple[float, float]:
    """Return the seconds it took, and how many cores' worth of time others used meanwhile."""
    others, start = _others(), time.perf_counter()
    run()
    seconds = time.perf_counter() - start
    return seconds, (_others() - others) / seconds


def _others() -> float:
    if not _STAT.exists():
        return 0.0
    columns = _STAT.read_text().split("\n", 1)[0].split()
    return sum(int(columns[number]) for number in _BUSY_COLUMNS) / _TICKS - sum(os.times()[:4])

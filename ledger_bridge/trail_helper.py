"""The second process of a large export: a `PortionWriter` of its own, which gets rows and keys and gives back bytes.

It is started afresh ("spawn"), so it inherits neither connections nor threads. It knows neither Django nor the
database: half the memory, and it starts in a fraction of a second. The keys that it gets live and die with it.
"""

import gc
import multiprocessing
from concurrent.futures import Future, ProcessPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ledger_bridge.renderings import Context
    from ledger_bridge.trail_portions import Open, PortionWriter

_writer: "PortionWriter | None" = None


class TrailHelper:
    """Hands tasks to the second process, one after the other."""

    def __init__(self, context: "Context", open_: "Open") -> None:
        self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _start, (context, open_))

    def submit(self, task: str, argument: Any) -> Future[Any]:
        return self._pool.submit(_do, task, argument)

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


def _start(context: "Context", open_: "Open") -> None:
    global _writer  # noqa: PLW0603  one for this process
    from ledger_bridge.trail_portions import PortionWriter

    _writer = PortionWriter(context, open_)
    # Events become trees without cycles; looking for cycles among them would take a tenth of the time.
    gc.freeze()
    gc.disable()


def _do(task: str, argument: Any) -> Any:
    return getattr(_writer, task)(argument)

"""The second process of a large export: the same installation, the same database, a `PortionWriter` of its own.

It is started afresh ("spawn"), so it inherits neither connections nor threads nor keys. Nothing here may need Django
before `_start` has set it up.
"""

import gc
import multiprocessing
from concurrent.futures import Future, ProcessPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ledger_bridge.renderings import Context
    from ledger_bridge.trail_portions import PortionWriter, Read

_ALIKE = ("KEYRING_DIRECTORY", "SUBJECT_KEYS_URL")
"""Settings by which this process finds its keys; the other must find the same."""

_writer: "PortionWriter | None" = None


class TrailHelper:
    """Hands tasks to the second process, one after the other."""

    def __init__(self, context: "Context", read: "Read") -> None:
        from django.conf import settings
        from django.db import connection

        alike = {name: getattr(settings, name) for name in _ALIKE if hasattr(settings, name)}
        spawn = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(1, spawn, _start, (alike, dict(connection.settings_dict)))
        # Not among the first arguments: the other process can make nothing of it before Django is set up there.
        self._pool.submit(_work_for, context, read)

    def submit(self, task: str, argument: Any) -> Future[Any]:
        return self._pool.submit(_do, task, argument)

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


def _start(alike: dict[str, Any], database: dict[str, Any]) -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection

    for name, value in alike.items():
        setattr(settings, name, value)
    connection.settings_dict.update(database)


def _work_for(context: "Context", read: "Read") -> None:
    global _writer  # noqa: PLW0603  one for this process
    from ledger_bridge.trail_portions import PortionWriter

    _writer = PortionWriter(context, read)
    # Events become trees without cycles; looking for cycles among them would take a tenth of the time.
    gc.freeze()
    gc.disable()


def _do(task: str, argument: Any) -> Any:
    return getattr(_writer, task)(argument)

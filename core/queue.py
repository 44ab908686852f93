"""Work for later, by task name, after the transaction that asks for it has committed.

A message is only a wake-up: what is to be done stands in a table, and a timer sweeps it, so a lost message or a broker
that is down costs time and nothing else. Arguments are ids, never content, names or keys.
"""

import atexit
import logging
import os
import threading
import time
from collections.abc import Callable
from functools import cache, partial
from queue import Full, Queue

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

_MOST_WAITING = 1000
_next_wake_up: dict[str, float] = {}


def enqueue(name: str, **ids: str | int) -> None:
    """Send the task after commit. Never raises for a broker that is down: the sweep does the work then."""
    transaction.on_commit(lambda: _send(name, ids))


def wake(name: str, *, at_most_every: float = 0.05) -> None:
    """Have a task without arguments run after commit, but not more often than that.

    What commits while the task is being held back is not forgotten: one more wake-up is sent for the end of the pause.
    """
    transaction.on_commit(lambda: _wake(name, at_most_every))


def _wake(name: str, at_most_every: float) -> None:
    now = time.monotonic()
    due = _next_wake_up.get(name, 0.0)
    if due > now + at_most_every:
        return  # the wake-up at the end of this pause has been sent already
    _next_wake_up[name] = max(now, due) + at_most_every
    _send(name, {}, countdown=max(due - now, 0.0))


def flush(seconds: float = 2.0) -> None:
    """Wait, but no longer than that, until everything that was to be sent so far has gone to the broker."""
    _messenger(os.getpid()).flush(seconds)


class _Messenger:
    """A thread that hands messages to the broker, so that no request waits for it.

    What is still waiting when the process is killed is lost, and so is what does not fit in: see above.
    """

    def __init__(self) -> None:
        self._process = os.getpid()
        self._waiting: Queue[Callable[[], object]] = Queue(_MOST_WAITING)
        threading.Thread(target=self._work, name="messenger", daemon=True).start()
        atexit.register(self.flush, 2.0)

    def take(self, message: Callable[[], object]) -> None:
        try:
            self._waiting.put_nowait(message)
        except Full:
            logger.warning("The broker is too slow: a message is left out, and the sweep will do its work.")

    def flush(self, seconds: float) -> None:
        # A child that was forked has inherited this object, but not its thread.
        if self._process == os.getpid():
            gone = threading.Event()
            self.take(gone.set)
            gone.wait(seconds)

    def _work(self) -> None:
        while True:
            self._waiting.get()()


@cache
def _messenger(process: int) -> _Messenger:
    return _Messenger()


def _send(name: str, ids: dict[str, str | int], *, countdown: float = 0.0) -> None:
    _messenger(os.getpid()).take(partial(_publish, name, ids, countdown=countdown))


def _publish(name: str, ids: dict[str, str | int], *, countdown: float) -> None:
    try:
        current_app.send_task(name, kwargs=ids, retry=False, countdown=countdown or None)
    except (OperationalError, OSError) as error:
        logger.warning("The broker does not take %s now (%s); the sweep will do it.", name, type(error).__name__)
    except Exception:
        # Whatever it is must not end the thread that carries everything else.
        logger.exception("A message could not be sent; the sweep will do its work.")

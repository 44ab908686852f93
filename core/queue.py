"""Work for later, by task name, after the transaction that asks for it has committed.

A message is only a wake-up: what is to be done stands in a table, and a timer sweeps it, so a lost message or a broker
that is down costs time and nothing else. Arguments are ids, never content, names or keys.
"""

import logging
import time

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

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


def _send(name: str, ids: dict[str, str | int], *, countdown: float = 0.0) -> None:
    try:
        current_app.send_task(name, kwargs=ids, retry=False, countdown=countdown or None)
    except (OperationalError, OSError) as error:
        logger.warning("The broker does not take %s now (%s); the sweep will do it.", name, type(error).__name__)

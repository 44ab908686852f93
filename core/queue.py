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

_last_wake_up: dict[str, float] = {}


def enqueue(name: str, **ids: str | int) -> None:
    """Send the task after commit. Never raises for a broker that is down: the sweep does the work then."""

    def send() -> None:
        try:
            current_app.send_task(name, kwargs=ids, retry=False)
        except (OperationalError, OSError) as error:
            logger.warning("The broker does not take %s now (%s); the sweep will do it.", name, type(error).__name__)

    transaction.on_commit(send)


def wake(name: str, *, at_most_every: float = 0.05) -> None:
    """Enqueue a task without arguments unless this process did so within the last moment."""
    now = time.monotonic()
    if now - _last_wake_up.get(name, 0.0) >= at_most_every:
        _last_wake_up[name] = now
        enqueue(name)

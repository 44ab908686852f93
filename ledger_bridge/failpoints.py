"""Named places where a test lets this process die, as if somebody had pulled the plug between two steps.

Nothing here can be switched on in production: only the settings of tests read `ITHACA_FAILPOINT`, arming refuses under
production settings, and a system check refuses the variable there. Switched off, a place costs one comparison.
"""

import os
import signal
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

VARIABLE = "ITHACA_FAILPOINT"


@dataclass
class _Wish:
    place: str
    left: int


_wish: _Wish | None = None


def reach(place: str) -> None:
    """Die here when this is the place that a test named; do nothing otherwise."""
    if _wish is not None:
        _die_if_due(_wish, place)


def arm(text: str) -> None:
    """Die at a place, “checkpoint stored”, or when it is reached for the third time, “checkpoint stored:3”.

    Raises:
        ImproperlyConfigured: in production, or when the count is no number.

    """
    global _wish  # noqa: PLW0603  one process dies once
    if text and settings.PRODUCTION:
        raise ImproperlyConfigured(f"{VARIABLE} kills processes on purpose: it belongs to tests only. Unset it.")
    place, _, count = text.partition(":")
    if count and not count.isdecimal():
        raise ImproperlyConfigured(f"{VARIABLE}: write a place, and after a colon how often it is reached.")
    _wish = _Wish(place, int(count or 1)) if place else None


def _die_if_due(wish: _Wish, place: str) -> None:
    if place == wish.place:
        wish.left -= 1
        if wish.left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

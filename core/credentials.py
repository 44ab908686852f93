"""By what a request acts. It may end while bytes still flow, long after the request was let in.

Rights are asked for again while bytes flow (`core.access`); so is this. What began a request says once how to ask.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

ENDED = "The token that this came with has ended."

_stands: ContextVar[Callable[[], bool] | None] = ContextVar("credential", default=None)


@contextmanager
def acting_by(stands: Callable[[], bool]) -> Iterator[None]:
    """Let everything in here, and in copies of this context, act by something of which `stands` says if it lasts."""
    before = _stands.set(stands)
    try:
        yield
    finally:
        _stands.reset(before)


def credential_stands() -> bool:
    """Ask with nothing remembered."""
    stands = _stands.get()
    return stands is None or stands()

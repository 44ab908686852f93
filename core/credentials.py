"""By what a request acts. It may end while bytes still flow, long after the request was let in.

Rights are asked for again while bytes flow (`core.access`); so is this. What began a request says once how to ask, and
whether it was a session or a personal token: entries name a token, so that a program can be told from the person it
acts for.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

ENDED = "The session or the token that this came with has ended."


@dataclass(frozen=True)
class _Credential:
    stands: Callable[[], bool]
    token: str | None


_acting: ContextVar[_Credential | None] = ContextVar("credential", default=None)


@contextmanager
def acting_by(stands: Callable[[], bool], *, token: str | None = None) -> Iterator[None]:
    """Let everything in here, and in copies of this context, act by something of which `stands` says if it lasts.

    `token` is the id of the personal token, where it is one.
    """
    before = _acting.set(_Credential(stands, token))
    try:
        yield
    finally:
        _acting.reset(before)


@contextmanager
def on_behalf_of(token: str | None) -> Iterator[None]:
    """Let what is done in here, for a request that is over, be recorded as done by the token that it came with."""
    with acting_by(lambda: True, token=token):
        yield


def credential_stands() -> bool:
    """Ask with nothing remembered."""
    credential = _acting.get()
    return credential is None or credential.stands()


def acting_token() -> str | None:
    """Return the id of the personal token by which a program acts here, if one does."""
    credential = _acting.get()
    return credential.token if credential else None

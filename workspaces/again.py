"""Asking again while bytes flow in: whoever may not any more is stopped there, not when the last byte has come."""

import time

from core.access import require
from core.credentials import ENDED, credential_stands
from core.errors import Refused
from workspaces.models import Item, Workspace
from workspaces.outsiders import Reader, as_now
from workspaces.permissions import Right

# In seconds of one request.
EVERY = 1.0


class Again:
    """Asks whether somebody still may bring files to a place: when it is called, but not more often than needed."""

    def __init__(self, actor: Reader, place: Workspace | Item) -> None:
        self._actor, self._place = actor, place
        self._asked = time.monotonic()

    def __call__(self) -> None:
        if time.monotonic() - self._asked < EVERY:
            return
        if not credential_stands():
            raise Refused(ENDED, right=Right.UPLOAD.value, subject=self._place)
        require(as_now(self._actor) or self._actor, Right.UPLOAD, self._place)
        self._asked = time.monotonic()

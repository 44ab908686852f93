"""Compares signed heads with the roots of the walk: every stored checkpoint and the published one."""

from collections.abc import Iterator

from ledger_bridge.fsck.problem import Problem
from ledger_bridge.models import Checkpoint
from ledger_bridge.publishing import read_published
from ledger_bridge.signing import log_policy
from ledger_bridge.tlog.checkpoint import Checkpoint as Head
from ledger_bridge.tlog.errors import TlogError
from ledger_bridge.tlog.merkle import Frontier


class Heads:
    """Goes along with the walk: `check` after every leaf, `finish` at the end."""

    def __init__(self) -> None:
        self._policy = log_policy()
        self._stored = Checkpoint.objects.order_by("size").iterator(chunk_size=1_000)
        self._next = next(self._stored, None)
        self._last = 0
        self._published, self._damage = self._open_published()

    def check(self, frontier: Frontier) -> Iterator[Problem]:
        while self._next and self._next.size <= frontier.size:
            yield from self._check_stored(self._next, frontier)
            self._last = self._next.size
            self._next = next(self._stored, None)
        if self._published and self._published.size == frontier.size and self._published.root != frontier.root():
            yield Problem("published checkpoint", f"its root is not that of the first {frontier.size} leaves")

    def finish(self, size: int) -> Iterator[Problem]:
        if self._damage:
            yield Problem("published checkpoint", self._damage)
        if self._next:
            yield Problem(f"checkpoint {self._next.size}", f"it covers more than the {size} leaves there are")
        if self._last != size:
            yield Problem("tree", f"it has {size} leaves, but the last checkpoint within it covers {self._last}")
        if self._published and self._published.size > size:
            yield Problem(
                "published checkpoint",
                f"it covers {self._published.size} leaves, but there are only {size}: the database was rolled back",
            )

    def _check_stored(self, stored: Checkpoint, frontier: Frontier) -> Iterator[Problem]:
        where = f"checkpoint {stored.size}"
        try:
            head = self._open(stored.note.encode())
        except TlogError as error:
            yield Problem(where, f"it does not verify ({error})")
            return
        if stored.size != frontier.size or (head.size, head.root) != (stored.size, bytes(stored.root)):
            yield Problem(where, "what was signed differs from what is stored beside it")
        elif head.root != frontier.root():
            yield Problem(where, f"its root is not that of the first {frontier.size} leaves")

    def _open(self, note: bytes) -> Head:
        return self._policy.open_checkpoint(note)[0]

    def _open_published(self) -> tuple[Head | None, str | None]:
        note = read_published()
        try:
            return (self._open(note) if note else None), None
        except TlogError as error:
            return None, f"it does not verify ({error})"

"""The log of an export that holds every leaf: its roots are computed again from all of them.

Rules enforced
    * there are as many leaves as the checkpoint covers, all of version 1;
    * they give the root of the checkpoint, and those that anchors, receipts and an earlier checkpoint name;
    * on the way, every event is held against its leaf (`events.py`); then the streams are looked for (`streams.py`).

Out of scope: an export in short form (`short.py`).
"""

from collections.abc import Iterator
from itertools import islice

from ledger_bridge.tlog.entry import LEAF_SIZE, LEAF_VERSION
from ledger_bridge.tlog.merkle import Frontier, leaf_hash
from verifier.archive import Archive
from verifier.claims import Claims
from verifier.events import Digest, EventRegister, Marks
from verifier.report import MismatchError, Report
from verifier.scope import Scope
from verifier.streams import check_streams

LEAVES = "leaves.bin"
_LEAVES_AT_ONCE = 2048


def require_leaf_count(archive: Archive, size: int) -> None:
    """Check that there is a leaf for every place up to the checkpoint.

    Raises:
        MismatchError: there are more or fewer.

    """
    held, rest = divmod(archive.size(LEAVES), LEAF_SIZE)
    if (held, rest) != (size, 0):
        sentence = f"it holds {held} leaves{' and a rest' if rest else ''}, but the checkpoint covers {size}"
        raise MismatchError(sentence, member=LEAVES)


def leaves_of(archive: Archive) -> Iterator[bytes]:
    """All leaves in order, in chunks of whole ones."""
    return archive.blocks(LEAVES, _LEAVES_AT_ONCE * LEAF_SIZE)


class WholeLog:
    """Every leaf of the log up to the checkpoint."""

    def __init__(self, archive: Archive, scope: Scope, claims: Claims) -> None:
        self._archive = archive
        self._scope = scope
        self._claims = claims
        self._frontier = Frontier()
        self._wanted = claims.sizes
        self._roots = {0: self._frontier.root()}
        self.marks: Marks = bytearray(claims.checkpoint.size)

    def follow(self, register: EventRegister, events: Iterator[Digest]) -> None:
        """Walk along the log once, with the events in step.

        Raises:
            MismatchError: an event is not the one in its leaf.

        """
        pending = next(events, None)
        for chunk in leaves_of(self._archive):
            start = self._frontier.size
            self._grow(chunk)
            while pending and pending.index < self._frontier.size:
                register.expect(pending)
                at = (pending.index - start) * LEAF_SIZE
                register.place(pending, chunk[at : at + LEAF_SIZE])
                pending = next(events, None)
        if pending:
            register.expect(pending)

    def check_roots(self) -> None:
        """Compare the roots with what others say about them.

        Raises:
            MismatchError: they differ.

        """
        if self._frontier.root() != self._claims.checkpoint.root:
            raise MismatchError("the leaves do not give the root in the checkpoint", member=LEAVES)
        self._claims.check(self._roots, LEAVES)

    def describe(self, report: Report) -> None:
        """Say what holds of the log."""
        report.passed(f"The {self._frontier.size} leaves give the root that was signed.")

    def check_streams(self) -> int:
        """Look for every tag of the disclosed streams; return how many of their entries the export leaves out.

        Raises:
            MismatchError: one is missing, stands twice or beyond the end.

        """
        return check_streams(self._scope, lambda: leaves_of(self._archive), self.marks)

    def _grow(self, chunk: bytes) -> None:
        count = len(chunk) // LEAF_SIZE
        if chunk[::LEAF_SIZE].count(LEAF_VERSION) != count:
            raise MismatchError("a leaf is not of version 1", member=LEAVES)
        hashes = (leaf_hash(chunk[at : at + LEAF_SIZE]) for at in range(0, len(chunk), LEAF_SIZE))
        start, end = self._frontier.size, self._frontier.size + count
        for size in sorted(size for size in self._wanted if start < size <= end):
            self._frontier.append_many(islice(hashes, size - self._frontier.size))
            self._roots[size] = self._frontier.root()
        self._frontier.append_many(hashes)

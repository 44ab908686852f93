"""Derives the whole log again from what is stored, and says where the stored log differs.

Safe beside a running sequencer: the walk goes up to the size that the tree had when it began, and every other check is
one statement. What it cannot find is a log that was rewritten as a whole by somebody who has the signing key and the
published file; for that, keep checkpoints elsewhere (docs/ledger.md).
"""

from collections.abc import Callable, Iterator

from ledger_bridge.fsck.codes import check_quarantine, check_times
from ledger_bridge.fsck.problem import Problem
from ledger_bridge.fsck.tables import check_outbox, check_streams, check_unplaced
from ledger_bridge.fsck.tags import check_named_roots, check_tag_files
from ledger_bridge.fsck.walk import check_log

__all__ = ["CHECKS", "Problem", "register"]

CHECKS: list[tuple[str, Callable[[], Iterator[Problem]]]] = [
    ("every entry, code, commitment, tag and leaf in order; tiles, roots, signatures, the published file", check_log),
    ("every stream: its key, its length, and numbers without gap or repetition", check_streams),
    ("entries that have no place in the log and do not wait for one", check_unplaced),
    ("entries that wait", check_outbox),
    ("nothing in quarantine that somebody else put into the outbox", check_quarantine),
    ("sorted tags: the roots that were recorded, and the files", check_tag_files),
    ("sorted tags: one root for each span in all entries that name one", check_named_roots),
    ("entries sequenced when they were recorded", check_times),
]


def register(title: str, check: Callable[[], Iterator[Problem]]) -> None:
    """Let a room above compare what it keeps with what was recorded. Said once, in `ready()`."""
    CHECKS.append((title, check))

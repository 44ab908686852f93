"""Which tag files a checkpoint vouches for."""

from dataclasses import dataclass
from datetime import datetime

from ledger_bridge.models import Leaf
from ledger_bridge.tag_files.files import is_there
from ledger_bridge.tag_files.models import TagFile
from ledger_bridge.tlog import tags
from ledger_bridge.tlog.tags import Span


@dataclass(frozen=True)
class Published:
    """A span whose root stands in the log, in the entry at this place."""

    span: Span
    root: bytes
    index: int
    made_at: datetime


def published_files(size: int) -> list[Published]:
    """Return the tag files whose root stands among the first `size` entries of the log, in order."""
    rows = list(TagFile.objects.filter(kept=True).order_by("first", "leaves"))
    leaves = Leaf.objects.filter(entry_id__in=[row.entry for row in rows], index__lt=size)
    places = dict(leaves.values_list("entry_id", "index"))
    return [Published(row.span, bytes(row.root), places[row.entry], row.made_at) for row in rows if row.entry in places]


def published_cover(size: int) -> list[Published]:
    """Return the fewest tag files that cover a log of this size from its beginning, as far as they reach."""
    there = {one.span: one for one in published_files(size) if is_there(one.span)}
    return [there[span] for span in tags.cover(there, size)]

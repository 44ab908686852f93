"""Sorts the tags of full spans in the background, a second at a time, and records the root of each in the log.

Everything here can be done again: which span is due follows from the log and from the table, a file that was begun is
gone on with, and one that is lost is made again from the leaves and must have the root that was recorded.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from core.access import Service
from ledger_bridge.alone import alone
from ledger_bridge.failpoints import reach
from ledger_bridge.proofs import read_leaves
from ledger_bridge.recording import record
from ledger_bridge.tag_files.events import TagsSorted
from ledger_bridge.tag_files.files import TagReader, TagWriter, is_there, path_of, tags_directory
from ledger_bridge.tag_files.models import TagFile
from ledger_bridge.tag_files.published import published_files
from ledger_bridge.tlog import tags
from ledger_bridge.tlog.tags import GROWTH, SMALLEST_SPAN, Span, sorted_records
from ledger_bridge.witnessing.published import latest_published

LARGEST_SPAN = SMALLEST_SPAN * GROWTH**6
"""16,777,216 leaves: two minutes of sorting, and 1.6 GB. A log of a hundred million has six of them."""

SORTING = Service("tag sorter")
_PAUSE = timedelta(hours=1)
"""Exports that began before a larger file was there go on reading the smaller ones."""
_BLOCK = 4_096

logger = logging.getLogger(__name__)


def sort_tags(seconds: float = 1.0) -> bool:
    """Work on the tag files that are due for about so long, and return whether there is more to do.

    No two of these work at the same time: the second returns at once.
    """
    end = time.monotonic() + seconds
    with alone(tags_directory() / "lock") as is_ours:
        if not is_ours:
            return False
        _remove_superseded()
        while (span := _next_span()) is not None:
            if time.monotonic() >= end or not _make(span, lambda: time.monotonic() >= end):
                return True
        return False


def _next_span() -> Span | None:
    """Return the span that is due: one whose file was lost, else the smallest that is full and has none yet."""
    latest = latest_published()
    kept = (row.span for row in TagFile.objects.filter(kept=True).order_by("leaves", "first"))
    lost = next((span for span in kept if not is_there(span)), None)
    return lost or next(_due(latest.size if latest else 0), None)


def _due(size: int) -> Iterator[Span]:
    newest = dict(TagFile.objects.values_list("leaves").annotate(Max("first")))
    leaves = SMALLEST_SPAN
    while leaves <= min(size, LARGEST_SPAN):
        part = leaves // GROWTH
        first = newest[leaves] + leaves if leaves in newest else 0
        # They are made one after the other, so when the last part is there, all are.
        has_parts = leaves == SMALLEST_SPAN or newest.get(part, -1) >= first + leaves - part
        if first + leaves <= size and has_parts:
            yield Span(first, leaves)
        leaves *= GROWTH


def _make(span: Span, until: Callable[[], bool]) -> bool:
    """Go on with a file and what it is made of, and return whether it is finished and recorded."""
    for part in span.parts():
        if not is_there(part) and not _make(part, until):
            return False
    writer = TagWriter(span)
    if not writer.write(_records(span, writer), until=until):
        return False
    _account_for(span, writer.finish())
    _remove(part for part in span.parts() if TagFile.objects.filter(_of(part), kept=False).exists())
    return True


def _records(span: Span, writer: TagWriter) -> Iterator[bytes]:
    """Yield the records that are not written yet."""
    if not span.parts():
        yield sorted_records(b"".join(read_leaves(span.first, span.leaves)), span)[writer.size :]
        return
    with ExitStack() as opened:
        readers = [opened.enter_context(TagReader(part)) for part in span.parts()]
        yield from tags.merge([reader.blocks_after(writer.last_record, _BLOCK) for reader in readers])


def _account_for(span: Span, root: bytes) -> None:
    """Record a root, or compare it with the one that was recorded before the file was lost."""
    row = TagFile.objects.filter(_of(span)).first()
    if row is None:
        _record(span, root)
    elif bytes(row.root) != root:
        logger.critical("The sorted tags of leaves %d to %d are not those that were recorded.", span.first, span.end)
        TagFile.objects.filter(pk=row.pk).update(kept=False)
        _remove([span])


@transaction.atomic(durable=True)
def _record(span: Span, root: bytes) -> None:
    event = TagsSorted(log=settings.LEDGER_ORIGIN, first=span.first, leaves=span.leaves, root=root.hex())
    TagFile.objects.create(first=span.first, leaves=span.leaves, root=root, entry=record(event, actor=SORTING))
    reach("tags recorded")


def _remove_superseded() -> None:
    """Remove files that are part of a larger one, whose root has been published for a while."""
    latest = latest_published()
    size = latest.size if latest else 0
    larger = [one.span for one in published_files(size) if one.made_at < timezone.now() - _PAUSE]
    parts = {part for span in larger for part in span.parts()}
    for row in TagFile.objects.filter(kept=True, first__in={part.first for part in parts}):
        if row.span in parts:
            TagFile.objects.filter(pk=row.pk).update(kept=False)
            _remove([row.span])


def _remove(spans: Iterable[Span]) -> None:
    for span in spans:
        path_of(span).unlink(missing_ok=True)


def _of(span: Span) -> Q:
    return Q(first=span.first, leaves=span.leaves)

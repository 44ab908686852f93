"""Takes away bytes that belong to nothing: uploads that broke off, or that were sealed and never recorded."""

import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice
from uuid import UUID

from django.utils import timezone

from workspaces.documents import forget_unclaimed
from workspaces.models import SealedDocument, Version
from workspaces.storage import blob_store

# A temporary file is touched by every write, so one that rested for an hour has been given up.
ABANDONED_AFTER = 3600.0
# A sealed blob waits for the other files of its form, which may take hours over a slow line. None takes a day.
ORPHANED_AFTER = 24 * 3600.0

_BATCH = 500


def sweep() -> int:
    """Delete what belongs to nothing and return how many blobs that were."""
    store = blob_store()
    now = time.time()
    forget_unclaimed(timezone.now() - timedelta(seconds=ORPHANED_AFTER))
    abandoned = [blob.name for blob in store.abandoned() if blob.changed < now - ABANDONED_AFTER]
    for name in abandoned:
        store.discard_abandoned(name)
    old = (blob.name for blob in store.names() if blob.changed < now - ORPHANED_AFTER)
    orphans = [name for batch in _batches(old) for name in _unknown(batch)]
    for name in orphans:
        store.delete(name)
    return len(abandoned) + len(orphans)


def _unknown(names: list[UUID]) -> set[UUID]:
    known = (model.objects.filter(blob__in=names).values_list("blob", flat=True) for model in (Version, SealedDocument))
    return set(names).difference(*known)


def _batches(names: Iterable[UUID]) -> Iterator[list[UUID]]:
    remaining = iter(names)
    while batch := list(islice(remaining, _BATCH)):
        yield batch

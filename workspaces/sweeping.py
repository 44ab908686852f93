"""Takes away bytes that belong to nothing: uploads that broke off, or that were sealed and never recorded.

What belongs to nothing is what the database does not know, so an older, empty or wrong database would take everything
away. Hence the guards (`_require_…`), and a trash in which blobs lie for a month before they are destroyed.
"""

import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from uuid import UUID, uuid4

from django.utils import timezone

from core.errors import Conflict
from ledger_bridge.publishing import rolled_back
from workspaces.documents import forget_unclaimed
from workspaces.models import BlobStoreOwner, SealedDocument, UploadRun, Version
from workspaces.storage import BlobStore, StoredBlob, blob_store

logger = logging.getLogger(__name__)

# A temporary file is touched by every write, so one that rested for an hour has been given up.
ABANDONED_AFTER = 3600.0
# A sealed blob waits for the other files of its form, which may take hours over a slow line. None takes a day.
ORPHANED_AFTER = 24 * 3600.0
TRASHED_FOR = 30 * 24 * 3600.0
# So many orphans may come of one bad day however small the store is; beyond it, only a small part of the store.
FEW = 50
SMALL_PART = 0.02

_BATCH = 500


class SweepRefused(Conflict):
    """The database may not be the one that this store belongs to, so nothing was taken away."""

    code = "sweep_refused"


def sweep(*, however_many: bool = False) -> int:
    """Put what belongs to nothing into the trash, and return how many blobs that were.

    Raises:
        SweepRefused: the database is not the store's, or not the newest, or too much of the store would go.

    """
    store, now = blob_store(), time.time()
    abandoned = _discard_abandoned(store, now)
    _take_back(store)
    survey = _look_at(store, now)
    _require_owner(store, survey)
    _require_newest()
    if not however_many:
        _require_few(survey)
    _claim(store)
    forget_unclaimed(timezone.now() - timedelta(seconds=ORPHANED_AFTER))
    for name in survey.orphans:
        store.put_in_trash(name)
    for name in survey.shredded:
        logger.warning("The blob %s was removed for good and is there again; it is deleted.", name)
        store.delete(name)
        store.delete_from_trash(name)
    _empty_trash(store, now)
    return abandoned + len(survey.orphans)


def adopt() -> None:
    """Let a database that has no id yet, restored from before it got one, own the store that it knows.

    Raises:
        SweepRefused: it knows nothing in the store.

    """
    store = blob_store()
    owner, survey = store.owner(), _look_at(store, time.time())
    if not survey.known:
        raise _refused("The database knows none of the blobs in this store.")
    if owner:
        BlobStoreOwner.objects.get_or_create(defaults={"installation": owner})


def unknown_names(names: list[UUID]) -> set[UUID]:
    """Return which of these blobs belong to nothing."""
    kept = (Version.objects.filter(shredded_at=None), SealedDocument.objects.all(), UploadRun.objects.all())
    return set(names).difference(*(rows.filter(blob__in=names).values_list("blob", flat=True) for rows in kept))


@dataclass
class _Survey:
    """What the store holds, by what the database knows of it."""

    total: int = 0
    known: int = 0
    orphans: list[UUID] = field(default_factory=list)
    shredded: list[UUID] = field(default_factory=list)
    """What was removed for good, and came back with an older copy of the store."""


def _look_at(store: BlobStore, now: float) -> _Survey:
    survey = _Survey()
    for batch in _batches(store.names()):
        unknown = unknown_names([blob.name for blob in batch])
        survey.total += len(batch)
        survey.known += len(batch) - len(unknown)
        shredded = _shredded(unknown)
        survey.shredded += shredded
        unknown -= shredded
        old = (blob.name for blob in batch if blob.name in unknown and blob.changed < now - ORPHANED_AFTER)
        survey.orphans += old
    for batch in _batches(store.trashed()):
        survey.shredded += _shredded({blob.name for blob in batch})
    return survey


def _require_owner(store: BlobStore, survey: _Survey) -> None:
    here, there = BlobStoreOwner.objects.first(), store.owner()
    if there and here is None:
        raise _refused(
            "The file store belongs to an installation that this database does not know: it is empty, another one, or"
            " from before the store was marked. If it is the right one, run “manage.py sweep_blobs --adopt”."
        )
    if there and here and there != here.installation:
        raise _refused("The file store belongs to another installation than this database.")
    if there is None and not survey.known and (survey.total or _knows_any()):
        raise _refused("The file store has no mark, and the database knows none of the blobs in it.")


def _require_newest() -> None:
    if reason := rolled_back():
        raise _refused(f"The ledger reports that this database is not the newest. {reason}")


def _require_few(survey: _Survey) -> None:
    many = len(survey.orphans)
    if many > FEW and many > SMALL_PART * survey.total:
        raise _refused(
            f"The database knows nothing of {many} of the {survey.total} blobs in the file store, which is more than"
            " broken uploads leave. If it is the right one, run “manage.py sweep_blobs --however-many”."
        )


def _claim(store: BlobStore) -> None:
    if store.owner() is None:
        here, _ = BlobStoreOwner.objects.get_or_create(defaults={"installation": uuid4()})
        store.mark(here.installation)


def _discard_abandoned(store: BlobStore, now: float) -> int:
    resting = {blob.name for blob in store.abandoned() if blob.changed < now - ABANDONED_AFTER}
    # Those of an upload that somebody may still continue wait for its expiry.
    abandoned = resting.difference(UploadRun.objects.filter(blob__in=resting).values_list("blob", flat=True))
    for name in abandoned:
        store.discard_abandoned(name)
    return len(abandoned)


def _take_back(store: BlobStore) -> None:
    """Put back what this database knows: an older one may have been in its place for a while."""
    for batch in _batches(store.trashed()):
        names = [blob.name for blob in batch]
        for name in set(names) - unknown_names(names):
            logger.warning("The blob %s lay in the trash and belongs to a file; it is put back.", name)
            store.take_from_trash(name)


def _empty_trash(store: BlobStore, now: float) -> None:
    for name in [blob.name for blob in store.trashed() if blob.changed < now - TRASHED_FOR]:
        store.delete_from_trash(name)


def _refused(sentence: str) -> SweepRefused:
    logger.critical("No bytes were swept. %s", sentence)
    return SweepRefused(f"{sentence} Nothing was taken away.")


def _knows_any() -> bool:
    return Version.objects.exists() or SealedDocument.objects.exists()


def _shredded(names: set[UUID]) -> set[UUID]:
    return set(Version.objects.filter(blob__in=names, shredded_at__isnull=False).values_list("blob", flat=True))


def _batches(blobs: Iterable[StoredBlob]) -> Iterator[list[StoredBlob]]:
    remaining = iter(blobs)
    while batch := list(islice(remaining, _BATCH)):
        yield batch

"""What belongs to no single file: keys of workspaces, and what lies in the store besides."""

import time
from collections.abc import Iterator
from itertools import islice

from core.kms import KeyServiceRefused
from ledger_bridge.fsck import Problem
from workspaces.keys import open_key
from workspaces.models import WorkspaceKey
from workspaces.storage import StoredBlob, blob_store
from workspaces.sweeping import ORPHANED_AFTER, unknown_names

_BATCH = 500


def check_keys() -> Iterator[Problem]:
    """Unwrap every generation of every workspace's key."""
    for row in WorkspaceKey.objects.order_by("workspace", "generation").iterator(chunk_size=200):
        try:
            open_key(row)
        except KeyServiceRefused as error:
            yield Problem(f"workspace {row.workspace_id} key {row.generation}", error.sentence)


def check_store() -> Iterator[Problem]:
    """Find what the database does not know, and what it knows and lies in the trash."""
    store, orphans = blob_store(), 0
    for batch in _batches(store.names()):
        old = [blob.name for blob in batch if blob.changed < time.time() - ORPHANED_AFTER]
        orphans += len(unknown_names(old))
    if orphans:
        what = f"The database does not know {orphans} stored blob{'s' if orphans > 1 else ''} older than a day."
        yield Problem("store", what, only_notable=True)
    for batch in _batches(store.trashed()):
        names = [blob.name for blob in batch]
        for name in sorted(set(names) - unknown_names(names)):
            yield Problem(f"blob {name}", "It lies in the trash and belongs to a file; the next sweep puts it back.")


def _batches(blobs: Iterator[StoredBlob]) -> Iterator[list[StoredBlob]]:
    while batch := list(islice(blobs, _BATCH)):
        yield batch

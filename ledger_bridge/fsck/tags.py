"""Derives the roots of sorted tags again, from the leaves alone, and compares all entries that name them.

A log that names two roots for one span can show one to some and the other to others, each with a trail that holds.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from uuid import UUID

from django.conf import settings

from ledger_bridge.disclosure import stored_entries
from ledger_bridge.fsck.problem import Problem
from ledger_bridge.models import Entry
from ledger_bridge.proofs import read_leaves
from ledger_bridge.stored_entry import StoredEntry
from ledger_bridge.tag_files.events import TagsSorted
from ledger_bridge.tag_files.files import TagReader, is_there
from ledger_bridge.tag_files.models import TagFile
from ledger_bridge.tlog.tags import Span, root_from_leaves, span_root

_PORTION = 4_096
_ENTRIES_AT_ONCE = 1_000


def check_tag_files() -> Iterator[Problem]:
    for row in TagFile.objects.filter(kept=True).order_by("first", "leaves"):
        where = f"sorted tags {row}"
        derived = root_from_leaves(row.span, partial(_leaves, row.span))
        if derived != bytes(row.root):
            yield Problem(where, "the root that is recorded is not that of its leaves")
        elif not is_there(row.span):
            yield Problem(where, "their file is not there yet; it is made again in the background", only_notable=True)
        elif _root_of_file(row.span) != (derived, derived):
            yield Problem(where, "the file does not hold the tags of its leaves")


def check_named_roots() -> Iterator[Problem]:
    """Hold every entry about sorted tags against the others, and against what the installation recorded by it."""
    ids = list(Entry.objects.filter(kind=TagsSorted.kind).order_by("id").values_list("id", flat=True))
    # Read after the entries: a row comes in one transaction with its entry, so none of these lacks its own.
    recorded = {(row.first, row.leaves): bytes(row.root).hex() for row in TagFile.objects.all()}
    seen: dict[tuple[str, int, int], tuple[str, str]] = {}
    for entry in _opened(ids):
        where, fields = f"entry {entry.fields['id']}", entry.fields
        log, first, leaves, root = (fields[f"detail.{name}"] for name in ("log", "first", "leaves", "root"))
        other, named = seen.setdefault((log, first, leaves), (where, root))
        if named != root:
            yield Problem(where, f"it names another root for the sorted tags {first}-{leaves} than {other}")
        elif log == settings.LEDGER_ORIGIN and recorded.get((first, leaves)) != root:
            yield Problem(where, f"it names a root for the sorted tags {first}-{leaves} that was not made here")


def _opened(ids: Sequence[UUID]) -> Iterator[StoredEntry]:
    for at in range(0, len(ids), _ENTRIES_AT_ONCE):
        found = stored_entries([str(one) for one in ids[at : at + _ENTRIES_AT_ONCE]])
        # What cannot be opened is for the walk through the log to say.
        yield from sorted((one for one in found if one.is_readable), key=lambda one: str(one.fields["id"]))


def _leaves(span: Span) -> Iterator[bytes]:
    return (b"".join(read_leaves(first, _PORTION)) for first in range(span.first, span.end, _PORTION))


def _root_of_file(span: Span) -> tuple[bytes, bytes]:
    with TagReader(span) as reader:
        return span_root(reader.whole()), reader.root()

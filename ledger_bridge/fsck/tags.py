"""Derives the roots of sorted tags again, from the leaves alone."""

from collections.abc import Iterator
from functools import partial

from ledger_bridge.fsck.problem import Problem
from ledger_bridge.proofs import read_leaves
from ledger_bridge.tag_files.files import TagReader, is_there
from ledger_bridge.tag_files.models import TagFile
from ledger_bridge.tlog.tags import Span, root_from_leaves, span_root

_PORTION = 4_096


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


def _leaves(span: Span) -> Iterator[bytes]:
    return (b"".join(read_leaves(first, _PORTION)) for first in range(span.first, span.end, _PORTION))


def _root_of_file(span: Span) -> tuple[bytes, bytes]:
    with TagReader(span) as reader:
        return span_root(reader.whole()), reader.root()

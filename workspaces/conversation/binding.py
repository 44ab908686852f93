"""Holds what comments say against the entries that recorded them: for `fsck`."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef

from core.errors import DamagedContent, Unavailable
from ledger_bridge.fsck import Problem
from ledger_bridge.models import Entry
from workspaces.binding import entry_difference
from workspaces.conversation.events import CommentChanged, CommentWritten
from workspaces.conversation.sealing import commitment_of
from workspaces.models import Comment


def check_comments() -> Iterator[Problem]:
    """Compare every text with the newest entry about it, and every recorded comment with its row."""
    kept = Comment.objects.exclude(sealed=b"").select_related("file", "version", "workspace_key")
    for comment in kept.order_by("pk").iterator(chunk_size=500):
        try:
            found = entry_difference(comment.changed_entry or comment.entry, _recorded(comment))
        except (DamagedContent, Unavailable) as error:
            found = error.sentence
        if found:
            yield Problem(f"comment {comment.pk}", found)
    for lost in Comment.objects.filter(sealed=b"", taken_back_at=None, file__shredded_at=None).values_list(
        "pk", flat=True
    ):
        yield Problem(f"comment {lost}", "What it said is gone, and nobody took it back.")
    recorded = Entry.objects.filter(~Exists(Comment.objects.filter(entry=OuterRef("pk"))), kind=CommentWritten.kind)
    for entry in recorded.values_list("pk", flat=True).iterator():
        yield Problem(f"entry {entry}", "It recorded a comment that is not there.")


def _recorded(comment: Comment) -> dict[str, Any]:
    changed = comment.changed_entry is not None
    return {
        "kind": CommentChanged.kind if changed else CommentWritten.kind,
        "actor": str(comment.author_id),
        "item": str(comment.file_id),
        "detail.comment": str(comment.pk),
        "detail.about": comment.about,
        "detail.commitment": commitment_of(comment),
        "detail.region": comment.region.as_text if comment.region else "",
    }

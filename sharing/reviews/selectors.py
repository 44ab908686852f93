"""Reviews as pages show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet

from accounts.models import User
from sharing.models import AccessReview, ReviewLine, ReviewPlan
from sharing.selectors.grants import GrantRow, grants_in, rows_for
from workspaces.models import Workspace

SHOWN = 20


@dataclass(frozen=True)
class LineRow:
    """A grant that waits for an answer; nobody answers about their own."""

    line: UUID
    grant: GrantRow

    @property
    def may_answer(self) -> bool:
        return not self.grant.mine


def open_review(workspace: Workspace) -> AccessReview | None:
    return _counted().filter(workspace=workspace, finished_at=None).first()


def past_reviews(workspace: Workspace) -> QuerySet[AccessReview]:
    finished = _counted().filter(workspace=workspace, finished_at__isnull=False)
    return finished.select_related("started_by")[:SHOWN]


def plan_of(workspace: Workspace) -> ReviewPlan | None:
    return ReviewPlan.objects.filter(workspace=workspace).first()


def waiting_in(user: User, review: AccessReview) -> QuerySet[Any]:
    """Return what still waits for an answer, as rows for `line_rows`; what has gone since is left out."""
    open_lines = ReviewLine.objects.filter(review=review).open()
    return grants_in(user, review.workspace, list(open_lines.values_list("grant", flat=True)))


def line_rows(user: User, review: AccessReview, found: Iterable[dict[str, Any]]) -> list[LineRow]:
    rows = rows_for(user, found)
    lines = dict(review.lines.filter(grant__in=[row.id for row in rows]).values_list("grant", "pk"))
    return [LineRow(lines[row.id], row) for row in rows]


def reviews_for(managed: QuerySet[Any, Any]) -> QuerySet[AccessReview]:
    """Return the open reviews in these workspaces, the first to be due first."""
    waiting = _counted().filter(workspace__in=managed, finished_at=None)
    return waiting.select_related("workspace").order_by("due_at")


def _counted() -> QuerySet[AccessReview]:
    counts = {name: Count("lines", filter=Q(lines__answer=name)) for name in ReviewLine.Answer.values}
    everything = AccessReview.objects.annotate(**counts, total=Count("lines"))
    return everything.annotate(left=F("total") - F("kept") - F("taken") - F("gone"))

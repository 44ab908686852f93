"""What stands in the inbox of managers about a review of access: one line for each review, as it stands."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Count, Q
from django.urls import reverse

from accounts.inbox import kinds, telling
from accounts.inbox.kinds import Group, Kind, Line, Reading
from accounts.inbox.models import Notice
from accounts.inbox.telling import About
from accounts.mail import day
from sharing import holding
from sharing.reviews.models import AccessReview
from workspaces.noticed import rights_in_workspaces
from workspaces.permissions import Right

BEGUN = Kind("access_review.begun", Group.ACCESS, "began a review of access")
REMINDED = Kind("access_review.reminded", Group.ACCESS, "reminds you of a review of access")


def register() -> None:
    kinds.register(read, [BEGUN, REMINDED])


def tell_of_review(review: AccessReview, *, reminds: bool, mailed: bool) -> None:
    """Tell everybody who may answer; a reminder takes the place of what was said before."""
    telling.forget_thing(review.pk)
    kind, about = REMINDED if reminds else BEGUN, About(thing=review.pk, workspace=review.workspace_id)
    managers = holding.managers_of(review.workspace)
    telling.tell(managers, kind.code, actor=None if reminds else review.started_by, about=about, mailed=mailed)


def forget_review(review: AccessReview) -> None:
    """Nothing is left to answer."""
    telling.forget_thing(review.pk)


def read(reading: Reading, notices: Sequence[Notice]) -> dict[UUID, Line]:
    """Reviews that still run, to those who still manage the workspace."""
    managed = {pk for pk, rights in reading.once(rights_in_workspaces).items() if Right.MANAGE in rights}
    running = AccessReview.objects.filter(pk__in=[one.thing for one in notices], finished_at=None)
    counted = running.filter(workspace__in=managed).annotate(left=Count("lines", filter=Q(lines__answer="")))
    reviews = {one.pk: one for one in counted.select_related("workspace")}
    return {
        notice.pk: _line(notice, reviews[notice.thing], reviews[notice.thing].left)
        for notice in notices
        if notice.thing in reviews
    }


def _line(notice: Notice, review: AccessReview, left: int) -> Line:
    verb = "reminds you of" if notice.kind == REMINDED.code else "began"
    words = f"{verb} a review of access: {left} left to answer until {day(review.due_at)}"
    return Line(words, review.workspace.name, reverse("sharing:review", args=[review.workspace_id]))

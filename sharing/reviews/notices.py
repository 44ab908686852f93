"""What stands in the inbox of managers about a review of access: one line for each review, as it stands."""

from collections.abc import Sequence
from uuid import UUID

from django.urls import reverse

from accounts.inbox import kinds, telling
from accounts.inbox.kinds import Group, Kind, Line
from accounts.inbox.models import Notice
from accounts.inbox.telling import About
from accounts.mail import day
from accounts.models import User
from sharing import holding
from sharing.reviews.models import AccessReview
from workspaces.models import Workspace
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


def read(person: User, notices: Sequence[Notice]) -> dict[UUID, Line]:
    """Reviews that still run, to those who still manage the workspace."""
    running = AccessReview.objects.filter(pk__in=[one.thing for one in notices], finished_at=None)
    seen = Workspace.objects.visible_to(person)
    reviews = {one.pk: one for one in running.filter(workspace__in=seen).select_related("workspace")}
    lines = {}
    for notice in notices:
        review = reviews.get(notice.thing)
        if review is not None and person.has_perm(Right.MANAGE, review.workspace):
            lines[notice.pk] = _line(notice, review)
    return lines


def _line(notice: Notice, review: AccessReview) -> Line:
    left = review.lines.open().count()
    verb = "reminds you of" if notice.kind == REMINDED.code else "began"
    words = f"{verb} a review of access: {left} left to answer until {day(review.due_at)}"
    return Line(words, review.workspace.name, reverse("sharing:review", args=[review.workspace_id]))

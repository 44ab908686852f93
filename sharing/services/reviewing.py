"""Reviews of access: planned, started, answered line by line, and reminded of by the clock."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.utils import timezone

from accounts.mail import address_of, day, send_mail
from accounts.models import User
from core.access import Actor, Service, require
from core.errors import Conflict, InvalidInput
from ledger_bridge.recording import record
from sharing import events as sharing_events
from sharing import holding
from sharing.models import (
    AccessReview,
    Effect,
    ItemGroupException,
    ItemUserException,
    ReviewLine,
    ReviewPlan,
    WorkspaceGroupGrant,
    WorkspaceUserGrant,
)
from sharing.permissions import Right as SharingRight
from sharing.reviews import events, notices
from sharing.reviews.models import LONGEST_DAYS, SHORTEST_DAYS
from sharing.roles import role_of
from sharing.services import checks
from sharing.services.exceptions import lift_exception
from sharing.services.grants import receiver_of, revoke_role
from workspaces.models import Workspace
from workspaces.permissions import Right

CLOCK = Service("reviews of access", frozenset({SharingRight.WATCH_REVIEWS}))
_ROLES: tuple[Any, ...] = (WorkspaceUserGrant, WorkspaceGroupGrant)
_EXCEPTIONS: tuple[Any, ...] = (ItemUserException, ItemGroupException)
_RUNNING = "A review is under way already. Finish that one first."


@transaction.atomic
def plan_reviews(*, actor: User, workspace: Workspace, every_days: int | None) -> None:
    """Have the access to a workspace reviewed every so many days from now on; nothing means no more by itself."""
    require(actor, Right.MANAGE, workspace)
    checks.lock_workspace(workspace)
    if every_days is None:
        ReviewPlan.objects.filter(workspace=workspace).delete()
    elif not SHORTEST_DAYS <= every_days <= LONGEST_DAYS:
        raise InvalidInput(f"Choose between {SHORTEST_DAYS} and {LONGEST_DAYS} days.", field="every_days")
    else:
        plan = {"every_days": every_days, "next_at": timezone.now() + timedelta(days=every_days)}
        ReviewPlan.objects.update_or_create(workspace=workspace, defaults=plan)
    every = f"every {every_days} days" if every_days else "only when somebody starts one"
    record(events.ReviewPlanned(every=every), actor=actor, subject=workspace)


@transaction.atomic
def start_review(*, actor: User, workspace: Workspace) -> AccessReview:
    """Ask about every role and every allowance that is in force in a workspace.

    Raises:
        Refused: without the right to manage.
        Conflict: while another review is open, or when nothing has been given.

    """
    require(actor, Right.MANAGE, workspace)
    checks.lock_workspace(workspace)
    if not (grants := _in_force(workspace)):
        raise Conflict("Nobody but the owner has access, so there is nothing to review.")
    return _begin(actor, workspace, grants, started_by=actor)


@transaction.atomic
def keep_grant(*, actor: User, line: ReviewLine) -> ReviewLine:
    """Say that a grant is still needed."""
    line, grant = _to_answer(actor, line)
    event = events.GrantKept(
        review=str(line.review_id), to=_to(grant), what=_what(grant), until=sharing_events.until(grant.expires_at)
    )
    record(event, actor=actor, subject=grant)
    return _answer(actor, line, ReviewLine.Answer.KEPT)


@transaction.atomic
def take_grant(*, actor: User, line: ReviewLine) -> ReviewLine:
    """Take away what is not needed any more, as everywhere else, and say that it was in a review."""
    line, grant = _to_answer(actor, line)
    event = events.GrantTaken(review=str(line.review_id), to=_to(grant), what=_what(grant))
    record(event, actor=actor, subject=grant)
    if isinstance(grant, _ROLES):
        revoke_role(actor=actor, grant=grant)
    else:
        lift_exception(actor=actor, exception=grant)
    return _answer(actor, line, ReviewLine.Answer.TAKEN)


def watch_reviews(*, actor: Actor = CLOCK) -> int:
    """Begin the reviews that are due, finish those with nothing left to ask, remind of the others; return how many."""
    require(actor, SharingRight.WATCH_REVIEWS)
    due = ReviewPlan.objects.filter(next_at__lte=timezone.now(), workspace__archived_at=None)
    begun = sum(_begin_planned(pk) for pk in list(due.values_list("pk", flat=True)))
    running = AccessReview.objects.filter(finished_at=None).values_list("pk", flat=True)
    return begun + sum(_look_after(pk) for pk in list(running))


@transaction.atomic
def _begin_planned(workspace_id: UUID) -> bool:
    workspace = checks.lock_workspace(Workspace(pk=workspace_id))
    plan = ReviewPlan.objects.filter(workspace=workspace, next_at__lte=timezone.now()).first()
    if plan is None:
        return False
    plan.next_at = timezone.now() + timedelta(days=plan.every_days)
    plan.save(update_fields=["next_at"])
    grants = _in_force(workspace)
    if not grants or AccessReview.objects.filter(workspace=workspace, finished_at=None).exists():
        return False
    review = _begin(CLOCK, workspace, grants, started_by=None)
    _mail(review, len(grants))
    return True


def _begin(actor: Actor, workspace: Workspace, grants: list[Any], *, started_by: User | None) -> AccessReview:
    due = timezone.now() + timedelta(days=settings.ACCESS_REVIEW_DAYS)
    try:
        with transaction.atomic():
            review = AccessReview.objects.create(workspace=workspace, started_by=started_by, due_at=due)
    except IntegrityError:
        raise Conflict(_RUNNING) from None
    ReviewLine.objects.bulk_create([ReviewLine(review=review, grant=grant) for grant in grants])
    event = events.ReviewStarted(review=str(review.pk), grants=len(grants), due=sharing_events.until(due))
    record(event, actor=actor, subject=workspace)
    # A review that the clock began is mailed at once as well.
    notices.tell_of_review(review, reminds=False, mailed=started_by is None)
    return review


@transaction.atomic
def _look_after(pk: UUID) -> bool:
    found = AccessReview.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    review = found.select_related("workspace").filter(pk=pk, finished_at=None).first()
    if review is None:
        return False
    left = _settle(CLOCK, review)
    since = review.reminded_at or review.started_at
    if not left or since > timezone.now() - timedelta(days=settings.ACCESS_REVIEW_REMIND_DAYS):
        return not left
    review.reminded_at = timezone.now()
    review.save(update_fields=["reminded_at"])
    event = events.ReviewReminded(review=str(review.pk), open=left, due=sharing_events.until(review.due_at))
    record(event, actor=CLOCK, subject=review.workspace)
    notices.tell_of_review(review, reminds=True, mailed=True)
    _mail(review, left)
    return True


def _mail(review: AccessReview, left: int) -> None:
    """Mail everybody who may answer; it names no workspace and nobody."""
    url = address_of("sharing:review", review.workspace_id)
    for person in User.objects.filter(pk__in=holding.managers_of(review.workspace)):
        late, due = review.is_late, day(review.due_at)
        send_mail("access_review", to=person.email, name=person.name, left=left, due=due, late=late, url=url)


def _to_answer(actor: User, line: ReviewLine) -> tuple[ReviewLine, Any]:
    """Return the line, locked, and the grant it asks about."""
    workspace = line.review.workspace
    require(actor, Right.MANAGE, workspace)
    checks.lock_workspace(workspace)
    line = ReviewLine.objects.select_for_update(no_key=True, of=("self",)).select_related("review").get(pk=line.pk)
    if line.answer:
        raise Conflict(f"This has been answered already: {line.get_answer_display().lower()}.")
    grant = next(iter(_grants([line.grant])), None)
    if grant is None or grant.is_over:
        raise Conflict("It has ended in the meantime, or was taken away.")
    person, _ = receiver_of(grant)
    if person is not None and person.pk == actor.pk:
        raise InvalidInput("Somebody else must decide about your own access.")
    return line, grant


def _answer(actor: User, line: ReviewLine, answer: ReviewLine.Answer) -> ReviewLine:
    line.answer, line.answered_by, line.answered_at = answer, actor, timezone.now()
    line.save(update_fields=["answer", "answered_by", "answered_at"])
    _settle(actor, line.review)
    return line


def _settle(actor: Actor, review: AccessReview) -> int:
    """Write down what has gone by itself, and close a review with no line left; return how many are left."""
    unanswered = dict(review.lines.open().values_list("grant", "pk"))
    alive = {grant.pk for grant in _grants(unanswered) if not grant.is_over}
    gone = [line for grant, line in unanswered.items() if grant not in alive]
    review.lines.filter(pk__in=gone).update(answer=ReviewLine.Answer.GONE, answered_at=timezone.now())
    if not alive:
        _finish(actor, review)
    return len(alive)


def _finish(actor: Actor, review: AccessReview) -> None:
    review.finished_at = timezone.now()
    review.save(update_fields=["finished_at"])
    counts = {answer: Count("pk", filter=Q(answer=answer)) for answer in ReviewLine.Answer.values}
    found: dict[str, int] = review.lines.aggregate(**counts)
    notices.forget_review(review)
    record(events.ReviewFinished(review=str(review.pk), **found), actor=actor, subject=review)


def _in_force(workspace: Workspace) -> list[Any]:
    """Return the ids of everything that lets somebody in now; what denies something needs no keeping."""
    now: datetime = timezone.now()
    lasting = Q(expires_at=None) | Q(expires_at__gt=now)
    found: list[Any] = []
    for model in _ROLES:
        found += model.objects.filter(lasting, content_object=workspace).values_list("pk", flat=True)
    here = lasting & Q(content_object__workspace=workspace, content_object__removed_at=None, effect=Effect.ALLOW)
    for model in _EXCEPTIONS:
        found += model.objects.filter(here).values_list("pk", flat=True)
    return found


def _grants(ids: Any) -> list[Any]:
    """Return what there is still of these grants; what is about something in the bin lets nobody in."""
    found: list[Any] = []
    for model in (*_ROLES, *_EXCEPTIONS):
        there = Q(content_object__removed_at=None) if model in _EXCEPTIONS else Q()
        rows = model.objects.filter(there, pk__in=list(ids))
        found += rows.select_related("permission", "content_object")
    return found


def _to(grant: Any) -> str:
    return sharing_events.to(receiver_of(grant)[1])


def _what(grant: Any) -> str:
    return role_of(grant).in_entry if isinstance(grant, _ROLES) else str(grant.permission.codename)

"""The clock of requests for access: who is reminded, who is asked next, and what ends without an answer."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from core.access import Actor, require
from ledger_bridge.recording import record
from ledger_bridge.subjects import Subject
from sharing.models import AccessRequest
from sharing.permissions import Right
from sharing.requests import events, notices
from sharing.requests.answering import can_answer, second_to_answer
from sharing.services.requests import let_run_out


def watch_requests(*, actor: Actor = notices.CLOCK) -> int:
    """Look after every request that waits; return for how many something was done.

    A request about what was removed for good goes too: what somebody wrote about it could say what it was.
    """
    require(actor, Right.WATCH_REQUESTS)
    AccessRequest.objects.filter(item__shredded_at__isnull=False).delete()
    waiting = AccessRequest.objects.filter(state=AccessRequest.State.OPEN).values_list("pk", flat=True)
    return sum(_look_after(pk) for pk in list(waiting))


@transaction.atomic
def _look_after(pk: UUID) -> bool:
    found = AccessRequest.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    open_ones = found.filter(state=AccessRequest.State.OPEN).select_related("asker", "addressed_to")
    request = open_ones.select_related("workspace__owner", "item__workspace").filter(pk=pk).first()
    if request is None:
        return False
    if not request.is_waiting:
        let_run_out(request)
        return True
    return _pass_on(request) or _remind(request)


def _pass_on(request: AccessRequest) -> bool:
    """Ask a second person when it has waited long, and at once when the first cannot answer any more."""
    due = request.escalated_at is None and _days_ago(request.asked_at, settings.ACCESS_REQUEST_PASS_ON_DAYS)
    if not due and can_answer(request.addressed_to, request):
        return False
    second = second_to_answer(request)
    if second is None:
        return False
    request.addressed_to, request.escalated_at = second, timezone.now()
    request.save(update_fields=["addressed_to", "escalated_at"])
    event = events.AccessRequestPassedOn(request=str(request.pk), how_long=_how_long(request.asked_at))
    record(event, actor=notices.CLOCK, subject=_about(request, second))
    notices.tell_who_answers(request, "passed_on")
    return True


def _remind(request: AccessRequest) -> bool:
    """Remind whoever was asked, and from then on now and then until it ends."""
    addressed_at = request.escalated_at or request.asked_at
    reminded = request.reminded_at is not None and request.reminded_at > addressed_at
    days = settings.ACCESS_REQUEST_PASS_ON_DAYS if reminded else settings.ACCESS_REQUEST_REMIND_DAYS
    since = request.reminded_at if reminded else addressed_at
    if not _days_ago(since, days) or not can_answer(request.addressed_to, request):
        return False
    request.reminded_at = timezone.now()
    request.save(update_fields=["reminded_at"])
    event = events.AccessRequestReminded(request=str(request.pk), how_long=_how_long(request.asked_at))
    record(event, actor=notices.CLOCK, subject=_about(request, request.addressed_to))
    notices.tell_who_answers(request, "waiting")
    return True


def _days_ago(since: datetime | None, days: int) -> bool:
    return since is not None and since <= timezone.now() - timedelta(days=days)


def _how_long(since: datetime) -> str:
    return events.in_days(max((timezone.now() - since).days, 1))


def _about(request: AccessRequest, person: User) -> Subject:
    """Return the subject of an entry that concerns somebody else than the asker."""
    subject = request.ledger_subject
    return Subject(workspace=subject.workspace, item=subject.item, person=str(person.pk))

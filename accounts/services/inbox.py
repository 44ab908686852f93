"""What people do with their own notices: read them, and say how they want to be mailed."""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.events import MailChosen
from accounts.inbox import kinds
from accounts.inbox.models import MailChoice, Notice
from accounts.models import User
from accounts.permissions import Right
from core.access import require
from core.errors import InvalidInput
from ledger_bridge.recording import record


@transaction.atomic
def mark_read(*, actor: User, notice: Notice) -> Notice:
    """Note that a notice was read, and when for the first time."""
    require(actor, Right.KEEP_ACCOUNT, notice.person)
    Notice.objects.filter(pk=notice.pk, read_at=None).update(read_at=timezone.now())
    notice.refresh_from_db()
    return notice


@transaction.atomic
def mark_all_read(*, actor: User, codes: Collection[str] | None = None) -> int:
    """Note that everything was read, or everything of some kinds; return how much that was."""
    require(actor, Right.KEEP_ACCOUNT, actor)
    unread = Notice.objects.visible_to(actor).unread()
    return (unread if codes is None else unread.filter(kind__in=codes)).update(read_at=timezone.now())


@transaction.atomic
def choose_mail(*, actor: User, how: str, workspace: UUID | None = None) -> None:
    """Say how one wants to be mailed about a workspace or, without one, about everything else. Nothing: as elsewhere.

    Raises:
        InvalidInput: there is no such choice, or no such workspace for them.

    """
    require(actor, Right.KEEP_ACCOUNT, actor)
    if how not in MailChoice.How.values and (how or workspace is None):
        raise InvalidInput("Choose at once, once a day or never.", field="how")
    if how and workspace is not None and workspace not in kinds.places_of(actor):
        raise InvalidInput("Choose one of your workspaces.", field="workspace")
    mine = MailChoice.objects.filter(person=actor, workspace=workspace)
    before = mine.values_list("how", flat=True).first() or ""
    if how == before:
        return
    if how:
        MailChoice.objects.update_or_create(person=actor, workspace=workspace, defaults={"how": how})
    else:
        mine.delete()
    record(MailChosen(how=how or "usual", where="one" if workspace else "all"), actor=actor)

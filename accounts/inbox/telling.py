"""Telling people something, from the deed that does it and in its transaction; mails follow after commit."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from accounts.inbox.kinds import is_known
from accounts.inbox.models import Notice
from accounts.models import User
from core.queue import wake


@dataclass(frozen=True)
class About:
    """What a notice is about, by ids alone."""

    thing: UUID
    workspace: UUID | None = None
    item: UUID | None = None


def tell(
    people: Iterable[UUID], kind: str, *, actor: User | None, about: About, words: str = "", mailed: bool = False
) -> None:
    """Tell people something once; whoever did it is not told. `mailed`: a mail of its own says so already."""
    if not is_known(kind):
        message = f"Nobody has said how a notice of the kind {kind} reads."
        raise LookupError(message)
    but = actor.pk if actor else None
    mail = Notice.Mail.NONE if mailed else Notice.Mail.DUE
    rows = [
        Notice(
            person_id=person,
            kind=kind,
            actor=actor,
            workspace=about.workspace,
            item=about.item,
            thing=about.thing,
            words=words,
            mail=mail,
        )
        for person in set(people)
        if person != but
    ]
    if rows:
        Notice.objects.bulk_create(rows, ignore_conflicts=True)
        wake("accounts.mail_notices", at_most_every=2.0)


def settle(person: UUID, thing: UUID) -> None:
    """Note that somebody has done what a notice asked of them: there is nothing left to read."""
    Notice.objects.filter(person=person, thing=thing, read_at=None).update(read_at=timezone.now())


def forget_items(items: Collection[UUID]) -> None:
    """Take away every notice about files that are removed for good."""
    Notice.objects.filter(item__in=items).delete()


def forget_thing(thing: UUID) -> None:
    """Take away every notice about something that was taken back."""
    Notice.objects.filter(thing=thing).delete()

"""Saying that a file or a folder is about a study participant, and asking who has seen what is about one."""

from collections.abc import Iterator

from django.db import transaction

from accounts.models import User
from core.access import require
from core.errors import Conflict, Refused
from ledger_bridge.filters import TrailFilters
from ledger_bridge.recording import record
from workspaces.activity import table
from workspaces.activity.lines import portion_of
from workspaces.models import Item
from workspaces.outsiders import as_now
from workspaces.participants.events import (
    ItemMarkedAbout,
    ItemUnmarkedAbout,
    ParticipantActivityExported,
    ParticipantActivityViewed,
)
from workspaces.participants.models import Participant, ParticipantMark
from workspaces.participants.pseudonyms import clean_pseudonym, key_of
from workspaces.participants.selectors import Scope
from workspaces.permissions import Right
from workspaces.services import structure

_PORTION = 500


@transaction.atomic
def mark_about(*, actor: User, item: Item, pseudonym: str, sure: bool = False) -> ParticipantMark:
    """Say that an item, with all that is in it, is about the participant with this pseudonym.

    Raises:
        Refused: without the right to edit it.
        InvalidInput: it cannot be a pseudonym, or looks like something else and the actor is not `sure`.
        Conflict: it is marked so already.

    """
    require(actor, Right.EDIT, item)
    structure.refuse_if_archived(item.workspace)
    cleaned = clean_pseudonym(pseudonym, sure=sure)
    item = structure.locked_item(item)
    participant, _ = Participant.objects.get_or_create(
        workspace_id=item.workspace_id, pseudonym_key=key_of(cleaned), defaults={"pseudonym": cleaned}
    )
    # Held, so that nobody takes its last mark off meanwhile and it with that.
    participant = Participant.objects.select_for_update(no_key=True).get(pk=participant.pk)
    mark, is_new = ParticipantMark.objects.get_or_create(
        participant=participant, item=item, defaults={"marked_by": actor}
    )
    if not is_new:
        raise Conflict("It is marked so already.")
    event = ItemMarkedAbout(name=item.name, pseudonym=participant.pseudonym, participant=str(participant.pk))
    record(event, actor=actor, subject=item)
    return mark


@transaction.atomic
def unmark_about(*, actor: User, mark: ParticipantMark) -> None:
    """Take off that an item is about a participant; with the last mark the pseudonym goes too.

    Raises:
        Refused: without the right to edit the item.

    """
    require(actor, Right.EDIT, mark.item)
    structure.refuse_if_archived(mark.item.workspace)
    item = structure.locked_item(mark.item)
    participant = Participant.objects.select_for_update().filter(pk=mark.participant_id).first()
    if participant is None or not ParticipantMark.objects.filter(pk=mark.pk).delete()[0]:
        return
    if not participant.marks.exists():
        participant.delete()
    event = ItemUnmarkedAbout(name=item.name, pseudonym=participant.pseudonym, participant=str(mark.participant_id))
    record(event, actor=actor, subject=item)


@transaction.atomic(durable=True)
def view_participant(*, actor: User, scope: Scope) -> None:
    """Record, in every workspace that is asked about, that `actor` looks at who has seen a participant's data.

    Raises:
        Refused: without the right to see the trail there.

    """
    for one in scope.participants:
        require(actor, Right.TRAIL, one.workspace)
        record(ParticipantActivityViewed(pseudonym=one.pseudonym, participant=str(one.pk)), actor=actor, subject=one)


def export_participant(*, actor: User, scope: Scope, filters: TrailFilters) -> Iterator[bytes]:
    """Record the same of an export, and return it as a table, portion by portion.

    Raises:
        Refused: without the right to see the trail there; also later, if it goes meanwhile.

    """
    with transaction.atomic(durable=True):
        for one in scope.participants:
            require(actor, Right.TRAIL, one.workspace)
            event = ParticipantActivityExported(pseudonym=one.pseudonym, participant=str(one.pk))
            record(event, actor=actor, subject=one)
    return _portions(actor, scope, filters)


def _portions(actor: User, scope: Scope, filters: TrailFilters) -> Iterator[bytes]:
    yield table.head()
    place = None
    while True:
        asker = as_now(actor)
        if asker is None:
            raise Refused("You are not known here any more.", right=Right.TRAIL.value)
        for one in scope.participants:
            require(asker, Right.TRAIL, one.workspace)
        lines, place = portion_of(filters, asker=asker, place=place, size=_PORTION)
        yield table.rows(lines)
        if place is None:
            return

"""What is marked as being about whom, through the eyes of whoever asks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count

from accounts.models import User
from core.access import rights_on_each, visible_to
from core.errors import InvalidInput
from ledger_bridge.filters import TrailFilters
from workspaces.models import Item, Workspace
from workspaces.participants.models import Participant, ParticipantMark
from workspaces.permissions import Right

_MOST_FILES = 5000
NO_FILE = str(UUID(int=0))
"""Stands for "none of the files": no filter at all would mean all of them."""


@dataclass(frozen=True)
class MarkShown:
    """A mark on an item, or on a folder that it lies in."""

    mark: ParticipantMark
    is_own: bool


@dataclass(frozen=True)
class Scope:
    """Of whom it is about: one participant, or all with the same pseudonym where the asker may see the trail."""

    participants: list[Participant]
    files: list[Item]

    @property
    def within(self) -> TrailFilters:
        return TrailFilters(items=tuple(str(file.pk) for file in self.files) or (NO_FILE,))


def marks_on(item: Item, *, asker: User) -> list[MarkShown]:
    """Return whom an item is about, by marks of its own and of the folders above that the asker sees."""
    marks = ParticipantMark.objects.visible_to(asker).filter(item__in=item.path)
    listed = marks.select_related("participant", "item__workspace", "marked_by").order_by("participant__pseudonym_key")
    return [MarkShown(mark, mark.item_id == item.pk) for mark in listed]


def participants_in(workspace: Workspace, *, asker: User) -> list[tuple[Participant, int]]:
    """Return the participants of a workspace, with how many things are marked as being about each."""
    seen = ParticipantMark.objects.visible_to(asker).filter(participant__workspace=workspace)
    counts = dict(seen.order_by().values_list("participant").annotate(Count("id")))
    found = Participant.objects.filter(pk__in=counts)
    return [(participant, counts[participant.pk]) for participant in found]


def scope_of(participant: Participant, *, asker: User, across: bool) -> Scope:
    """Return what the asker may know to be about a participant.

    Raises:
        InvalidInput: it is more than one page can be about.

    """
    same = [participant]
    if across:
        others = Participant.objects.filter(pseudonym_key=participant.pseudonym_key).exclude(pk=participant.pk)
        places = Workspace.objects.visible_to(asker)
        same += _with_trail(others.filter(workspace__in=places).select_related("workspace"), asker)
    marks = ParticipantMark.objects.visible_to(asker).filter(participant__in=same)
    pairs = list(marks.values_list("participant", "item"))
    known = {pk for pk, _ in pairs} | {participant.pk}
    return Scope([one for one in same if one.pk in known], _files([item for _, item in pairs], asker))


def _with_trail(participants: Iterable[Participant], asker: User) -> list[Participant]:
    listed = list(participants)
    rights = rights_on_each(asker, [one.workspace for one in listed]) if listed else {}
    return [one for one in listed if Right.TRAIL.value in rights[one.workspace_id]]


def _files(marked: Sequence[Any], asker: User) -> list[Item]:
    if not marked:
        return []
    below = Item.objects.files().filter(path__overlap=marked, shredded_at=None).select_related("workspace")
    files = list(visible_to(below, asker).order_by("name_key", "pk")[: _MOST_FILES + 1])
    if len(files) > _MOST_FILES:
        raise InvalidInput("Too many files are about this participant to show them together. Look at one workspace.")
    return files

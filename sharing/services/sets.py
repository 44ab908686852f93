"""Permission sets of an institution: make, change, retire."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Institution, User
from core.access import require, rights_on_each
from core.errors import Conflict, InvalidInput, Refused
from core.ids import uuid7
from core.text import plain_line
from ledger_bridge.events import Event
from ledger_bridge.recording import record
from ledger_bridge.subjects import Subject
from sharing.models import PermissionSet
from sharing.notices import tell
from sharing.permissions import Right as SharingRight
from sharing.roles import in_words
from sharing.services import checks
from sharing.sets import events
from sharing.sets.models import CODE_BEGINS, LONGEST_NAME
from sharing.sets.using import people_with, workspaces_with
from workspaces.models import Workspace
from workspaces.permissions import Right, Role

MOST_SETS = 100
_TAKEN = "There is a permission set with this name already. Choose another name, or change that one."


@transaction.atomic
def make_permission_set(
    *, actor: User, institution: Institution, name: str, rights: Collection[Right], description: str = ""
) -> PermissionSet:
    """Define a role under a name of one's own, for the workspaces of an institution.

    Raises:
        Refused: for whoever is not of the institution, or manages none of its workspaces.
        InvalidInput: without a name, without the right to view, or with the right to manage.
        Conflict: when the name is taken, or there are very many already.

    """
    require(actor, SharingRight.DEFINE_SETS, institution)
    name, description = _name(name), checks.said(description, field="description", longest=300)
    codes = _codes(rights)
    if PermissionSet.objects.in_use().filter(institution=institution).count() >= MOST_SETS:
        raise Conflict(f"There are {MOST_SETS} permission sets already. Retire some first.")
    made = _insert(actor, institution, name, description, codes)
    event = events.SetMade(
        set=str(made.pk), name=name, rights=_said(codes), institution=str(institution.pk), description=description
    )
    record(event, actor=actor)
    return made


@transaction.atomic
def change_permission_set(
    *, actor: User, permission_set: PermissionSet, name: str, rights: Collection[Right], description: str = ""
) -> PermissionSet:
    """Change what a set is called or gives. Everybody who has it gains and loses with it, at once.

    Raises:
        Refused: for whoever does not manage every workspace in which somebody has it, or lacks there what it gives.
        InvalidInput: as for making one.
        Conflict: when the name is taken, it has been retired, or somebody was given it in this moment.

    """
    require(actor, SharingRight.CHANGE_SET, permission_set)
    name, description = _name(name), checks.said(description, field="description", longest=300)
    codes = _codes(rights)
    found, reached = _locked(actor, permission_set)
    _check_own(actor, reached, codes)
    old_name, old_codes = found.name, found.rights
    found.name, found.description, found.rights = name, description, codes
    found.changed_by, found.changed_at = actor, timezone.now()
    try:
        with transaction.atomic():
            found.save(update_fields=["name", "description", "rights", "changed_by", "changed_at"])
    except IntegrityError:
        raise Conflict(_TAKEN) from None
    event = events.SetChanged(
        set=str(found.pk), old_name=old_name, name=name, old_rights=_said(old_codes), rights=_said(codes)
    )
    _record_everywhere(event, actor, reached)
    if old_codes != codes:
        for person in people_with(found, through_groups=False):
            tell(person, actor, what="changed what a permission set that you have lets you do")
    return found


@transaction.atomic
def retire_permission_set(*, actor: User, permission_set: PermissionSet) -> PermissionSet:
    """Let a set be given no more. Whoever has it keeps it until it ends or is taken away; its name is free again."""
    require(actor, SharingRight.CHANGE_SET, permission_set)
    found, reached = _locked(actor, permission_set)
    found.retired_at = timezone.now()
    found.save(update_fields=["retired_at"])
    _record_everywhere(events.SetRetired(set=str(found.pk), name=found.name), actor, reached)
    return found


def _insert(actor: User, institution: Institution, name: str, description: str, codes: list[str]) -> PermissionSet:
    pk = uuid7()
    kind = ContentType.objects.get_for_model(Workspace)
    try:
        with transaction.atomic():
            permission = Permission.objects.create(
                content_type=kind, codename=CODE_BEGINS + pk.hex, name="Permission set"
            )
            return PermissionSet.objects.create(
                id=pk, institution=institution, permission=permission, name=name, description=description,
                rights=codes, made_by=actor,
            )  # fmt: skip
    except IntegrityError:
        raise Conflict(_TAKEN) from None


def _locked(actor: User, permission_set: PermissionSet) -> tuple[PermissionSet, list[UUID]]:
    """Return the set and the workspaces that it reaches, locked: first the workspaces, as whoever gives it does."""
    reached = workspaces_with(permission_set)
    list(Workspace.objects.select_for_update(no_key=True).filter(pk__in=reached).order_by("pk").values_list("pk"))
    found = checks.lock_set(permission_set.permission.codename)
    if workspaces_with(permission_set) != reached:
        raise Conflict("Somebody was given this permission set in this moment. Look again who gains and who loses.")
    if found.retired_at is not None:
        raise Conflict("This permission set has been retired.")
    require(actor, SharingRight.CHANGE_SET, found)
    return found, reached


def _check_own(actor: User, reached: list[UUID], codes: list[str]) -> None:
    """Refuse to let a set give in some workspace what whoever changes it could not give there."""
    places = [Workspace(pk=pk) for pk in reached]
    rights = rights_on_each(actor, places)
    for place in places:
        if missing := {f"workspaces.{code}" for code in codes} - rights[place.pk]:
            raise Refused(
                f"Nobody can give more than they have: you may not {Right(min(missing)).label} everywhere it is used.",
                right=Right.MANAGE,
                subject=place,
            )


def _name(name: str) -> str:
    name = plain_line(name, field="name", empty="Give the permission set a name.")
    if len(name) > LONGEST_NAME:
        raise InvalidInput(f"Use at most {LONGEST_NAME} characters.", field="name")
    if name.casefold() in {role.label.casefold() for role in Role}:
        raise InvalidInput("This is the name of a role that is built in. Choose another name.", field="name")
    return name


def _codes(rights: Collection[Right]) -> list[str]:
    """Return rights as they are kept, in their usual order."""
    if Right.MANAGE in rights:
        raise InvalidInput("Managing is what the role Manager is for. Leave it out.", field="rights")
    if Right.VIEW not in rights:
        raise InvalidInput("Nothing works without the right to view. Include it.", field="rights")
    return [right.codename for right in Right if right in rights]


def _said(codes: Collection[str]) -> str:
    return in_words([f"workspaces.{code}" for code in codes])


def _record_everywhere(event: Event, actor: User, reached: list[UUID]) -> None:
    """Record in the trail of every workspace the set reaches: what people may do there has changed."""
    places: list[Any] = [*reached] or [None]
    for workspace in places:
        record(event, actor=actor, subject=Subject(workspace=str(workspace)) if workspace else Subject())

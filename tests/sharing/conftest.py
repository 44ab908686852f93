"""A workspace with a small tree in it, and one line ways to let people in."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from accounts.models import User
from ledger_bridge.models import Entry
from sharing.models import ItemGroupException, ItemUserException, WorkspaceGroupGrant, WorkspaceUserGrant
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


@pytest.fixture
def workspace(alice: User) -> Workspace:
    return Workspace.objects.create(name="Site 12", owner=alice)


@pytest.fixture
def imaging(workspace: Workspace) -> Item:
    return make_item(workspace, None, "Imaging", kind="folder")


@pytest.fixture
def scan(workspace: Workspace, imaging: Item) -> Item:
    return make_item(workspace, imaging, "scan.dcm")


def make_item(workspace: Workspace, parent: Item | None, name: str, *, kind: str = "file") -> Item:
    item = Item(workspace=workspace, parent=parent, kind=kind, name=name, name_key=name.lower())
    item.created_by = workspace.owner
    item.path = [*(parent.path if parent else []), item.id]
    item.save()
    return item


def give(workspace: Workspace, role: str, to: User | Group, *, days: int | None = None) -> Any:
    """Write a grant as if it had been given long ago; `days` may be negative."""
    permission = Permission.objects.get(content_type__model="workspace", codename=role)
    return _say(workspace, to, days, WorkspaceUserGrant, WorkspaceGroupGrant, permission=permission)


def exempt(item: Item, effect: str, right: Right, to: User | Group, *, days: int | None = None) -> Any:
    permission = Permission.objects.get(content_type__model="item", codename=right.codename)
    return _say(item, to, days, ItemUserException, ItemGroupException, permission=permission, effect=effect)


def _say(thing: Any, to: User | Group, days: int | None, for_user: Any, for_group: Any, **fields: Any) -> Any:
    model, receiver = (for_user, {"user": to}) if isinstance(to, User) else (for_group, {"group": to})
    owner = thing.owner if isinstance(thing, Workspace) else thing.workspace.owner
    end = None if days is None else timezone.now() + timedelta(days=days)
    return model.objects.create(content_object=thing, granted_by=owner, expires_at=end, **receiver, **fields)


def last_entry() -> Entry:
    return Entry.objects.latest("recorded_at")


def in_days(days: int) -> Any:
    return timezone.now() + timedelta(days=days)


def house_of(person: User) -> Group:
    """Return the group of everybody in the person's institution."""
    assert person.institution is not None
    return person.institution.members

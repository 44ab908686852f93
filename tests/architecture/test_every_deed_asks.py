"""Every deed that asks for a right refuses somebody whose account was closed, before it looks at anything else.

What a deed is about is taken from the world by the name of its parameter, or else is a row about the things of the
world that was never saved. All else is nothing: no deed gets that far.
"""

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, get_type_hints

import pytest
from django.db.models import Model

from accounts.models import AdminAppointment, AdminSuspension, Application, Institution, Notice, User
from core.errors import Refused
from ledger_bridge.erasure.models import Erasure, LegalHold
from ledger_bridge.filters import TrailFilters
from sharing.models import (
    GroupProfile,
    Invitation,
    ItemUserException,
    Link,
    PermissionSet,
    WorkspaceUserGrant,
)
from sharing.requests.models import AccessRequest
from sharing.reviews.models import ReviewLine
from tests.architecture.sources import ROOT, modules
from tests.architecture.test_deeds import ASKS_NO_RIGHT, DEEDS, is_services
from tests.architecture.world import World, undone, world_for_many
from workspaces.models import (
    Comment,
    HandOver,
    Item,
    RecipientKey,
    Removal,
    Upload,
    Version,
    Workspace,
)
from workspaces.permissions import Role

pytestmark = pytest.mark.django_db

REFUSES_OTHERWISE = {
    "sharing.begin_delivery": "as check_delivery",
    "sharing.check_delivery": "asks what is said to an outsider; tests/sharing/links",
    "sharing.counted_opening": "as check_delivery",
    "sharing.deliver_file": "as check_delivery",
    "sharing.set_exceptions": "asks for each thing and says which were refused; tests/sharing/test_bulk.py",
    "workspaces.export_participant": "asks in each workspace of its scope; tests/workspaces/participants",
    "workspaces.move_items": "asks for each thing and says which were refused; tests/workspaces/test_bulk.py",
    "workspaces.open_archive": "takes what the person sees, which is nothing; tests/workspaces/test_archives.py",
    "workspaces.finish_upload": "acts for whoever sent the bytes; tests/workspaces/test_resumable.py",
    "workspaces.finish_uploads": "as finish_upload",
    "workspaces.remove_items": "as move_items",
    "workspaces.restore_items": "as move_items",
    "workspaces.view_participant": "as export_participant",
}
KINDS: dict[str, tuple[Any, str]] = {
    "about": (Item, "item_id"),
    "application": (Application, "application_id"),
    "appointment": (AdminAppointment, "appointment_id"),
    "candidate": (User, "contributor_id"),
    "comment": (Comment, "comment_id"),
    "erasure": (Erasure, "erasure_id"),
    "exception": (ItemUserException, "exception_id"),
    "file": (Item, "item_id"),
    "folder": (Item, "folder_id"),
    "grant": (WorkspaceUserGrant, "grant_id"),
    "hand_over": (HandOver, "hand_over_id"),
    "hold": (LegalHold, "hold_id"),
    "institution": (Institution, "institution_id"),
    "invitation": (Invitation, "invitation_id"),
    "item": (Item, "item_id"),
    "key": (RecipientKey, "key_id"),
    "line": (ReviewLine, "line_id"),
    "link": (Link, "link_id"),
    "notice": (Notice, "notice_id"),
    "person": (User, "contributor_id"),
    "profile": (GroupProfile, "group_id"),
    "permission_set": (PermissionSet, "set_id"),
    "removal": (Removal, "removal_id"),
    "request": (AccessRequest, "request_id"),
    "suspension": (AdminSuspension, "suspension_id"),
    "thing": (Item, "item_id"),
    "upload": (Upload, "upload_id"),
    "version": (Version, "version_id"),
    "workspace": (Workspace, "workspace_id"),
}

ABOUT: dict[Any, str] = {
    Item: "item_id",
    User: "contributor_id",
    Version: "version_id",
    Workspace: "workspace_id",
}


def deeds() -> Iterator[tuple[str, Callable[..., Any]]]:
    for room, name in DEEDS:
        if f"{room}.{name}" not in {*ASKS_NO_RIGHT, *REFUSES_OTHERWISE}:
            yield f"{room}.{name}", deed_called(room, name)


def deed_called(room: str, name: str) -> Callable[..., Any]:
    for path in filter(is_services, modules(room)):
        module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
        if hasattr(module, name):
            return getattr(module, name)  # type: ignore[no-any-return]
    raise LookupError(name)


@pytest.fixture
def _django_db_helper() -> None:
    """Begin no transaction for each test: the one in which the world stands goes on."""


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with world_for_many(django_db_blocker) as built:
        yield built


@pytest.mark.parametrize("deed", [pytest.param(deed, id=name) for name, deed in deeds()])
def test_a_deed_refuses_somebody_whose_account_was_closed(world: World, deed: Callable[..., Any]) -> None:
    needed = [one.name for one in inspect.signature(deed).parameters.values() if one.default is one.empty]
    with undone():
        closed = world.people["owner"]
        User.objects.filter(pk=closed.pk).update(is_active=False)
        kinds = get_type_hints(deed)
        arguments = {one: thing(world, one, kinds[one]) for one in needed}
        arguments["actor"] = User.objects.get(pk=closed.pk)
        with pytest.raises(Refused):
            deed(**arguments)


def test_every_exemption_still_has_its_deed() -> None:
    assert set(REFUSES_OTHERWISE) <= {f"{room}.{name}" for room, name in DEEDS} - set(ASKS_NO_RIGHT)


def thing(world: World, name: str, kind: Any) -> Any:
    if name in KINDS:
        model, key = KINDS[name]
        return model.objects.get(pk=world.ids[key])
    if isinstance(kind, type) and issubclass(kind, Model):
        return unsaved(world, kind)
    return {"filters": TrailFilters(), "role": Role.VISITOR}.get(name)


def unsaved(world: World, kind: type[Model]) -> Model:
    """Return a row about the things of the world, as far as it is about any."""
    about = {}
    for field in kind._meta.concrete_fields:
        model: Any = field.related_model
        if model in ABOUT:
            about[field.name] = model.objects.get(pk=world.ids[ABOUT[model]])
    return kind(**about)

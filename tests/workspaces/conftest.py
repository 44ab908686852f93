"""A workspace with a folder and a file in it, made by the deeds themselves."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.account.internal.flows.login import record_authentication
from django.contrib.auth.models import Permission
from django.http import HttpRequest
from django.test import Client

from accounts.models import User
from ledger_bridge.models import Entry
from sharing.models import ItemUserException, WorkspaceUserGrant
from workspaces import services
from workspaces.keys import forget_keys
from workspaces.models import Item, Version, Workspace
from workspaces.permissions import Right

CONTENT = b"subject,visit,dose\n12-001,2,5 mg\n"


@pytest.fixture(autouse=True)
def _own_store(tmp_path: Path, settings: Any) -> Iterator[None]:
    """Give every test a blob directory of its own, and no remembered keys."""
    settings.BLOB_DIRECTORY = tmp_path / "blobs"
    forget_keys()
    yield
    forget_keys()


@pytest.fixture
def workspace(alice: User) -> Workspace:
    return services.create_workspace(actor=alice, name="Site 12", description="Second visit")


@pytest.fixture
def folder(alice: User, workspace: Workspace) -> Item:
    return services.create_folder(actor=alice, workspace=workspace, parent=None, name="Visit 2")


@pytest.fixture
def version(alice: User, workspace: Workspace, folder: Item) -> Version:
    return put(alice, workspace, "doses.csv", CONTENT, folder=folder)


def put(actor: User, workspace: Workspace, name: str, content: bytes, **more: Any) -> Version:
    """Seal and add a file in one line; `folder` and what add_file takes may be given."""
    folder = more.pop("folder", None)
    sealed = services.seal_upload(actor=actor, workspace=workspace, chunks=[content], into=folder)
    return services.add_file(actor=actor, workspace=workspace, parent=folder, name=name, sealed=sealed, **more)


def read(actor: User, version: Version, right: Right = Right.VIEW) -> bytes:
    opened = services.open_version(actor=actor, version=version, right=right)
    return b"".join(opened.iter_range(0, opened.size))


def give(workspace: Workspace, role: str, to: User) -> WorkspaceUserGrant:
    permission = Permission.objects.get(content_type__model="workspace", codename=role)
    grant: WorkspaceUserGrant = WorkspaceUserGrant.objects.create(
        content_object=workspace, user=to, permission=permission, granted_by=workspace.owner
    )
    return grant


def exempt(item: Item, effect: str, right: Right, to: User) -> ItemUserException:
    permission = Permission.objects.get(content_type__model="item", codename=right.codename)
    exception: ItemUserException = ItemUserException.objects.create(
        content_object=item, user=to, permission=permission, effect=effect, granted_by=item.workspace.owner
    )
    return exception


def last_entry() -> Entry:
    return Entry.objects.latest("recorded_at")


def blobs(settings: Any) -> list[Path]:
    """Return the files of what is stored or on its way: neither the mark of the store nor its trash."""
    files = (path for path in settings.BLOB_DIRECTORY.rglob("*") if path.is_file())
    return [path for path in files if path.name != "installation" and path.parent.name != "trash"]


def damage(blob: Path, place: int) -> None:
    body = bytearray(blob.read_bytes())
    body[place] ^= 1
    blob.write_bytes(body)


def browser(user: User, **options: Any) -> Any:
    """Return a client that is signed in with both factors."""
    client = Client(**options)
    client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    request = HttpRequest()
    request.session = client.session
    record_authentication(request, user, method="mfa", type="totp")
    request.session.save()
    return client


def content_of(response: Any) -> bytes:
    return b"".join(response.streaming_content)


class DirectConnection:
    """Takes views and files as the web server's connection does."""

    def __init__(self) -> None:
        self.sent = io.BytesIO()

    def send_view(self, view: memoryview) -> None:
        self.sent.write(view)

    def send_file(self, file: Any, offset: int, count: int) -> int:
        file.seek(offset)
        return self.sent.write(file.read(count))

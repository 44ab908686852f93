"""A folder that files are asked for, and browsers of people who have no account."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from sharing import services
from sharing.models import FileRequest, Link, Visit
from tests.conftest import make_person
from tests.sharing.conftest import give
from workspaces import services as workspace_services
from workspaces.keys import forget_keys
from workspaces.models import Item, Workspace

CSV = b"subject,visit,dose\n12-001,2,5 mg\n"
NOWHERE = "n" * 43


@pytest.fixture(autouse=True)
def _own_store(tmp_path: Path, settings: Any) -> Iterator[None]:
    """Give every test a blob directory of its own, no remembered keys and no counted attempts."""
    settings.BLOB_DIRECTORY = tmp_path / "blobs"
    forget_keys()
    cache.clear()
    yield
    forget_keys()


@pytest.fixture
def workspace(alice: User) -> Workspace:
    return workspace_services.create_workspace(actor=alice, name="Site 12")


@pytest.fixture
def folder(alice: User, workspace: Workspace) -> Item:
    return workspace_services.create_folder(actor=alice, workspace=workspace, parent=None, name="Secret folder")


@pytest.fixture
def manager(bob: User, workspace: Workspace) -> User:
    give(workspace, "manager", bob)
    return bob


@pytest.fixture
def contributor(workspace: Workspace, bob: User) -> User:
    person = make_person("Carla Weiss", bob.institution)
    give(workspace, "contributor", person)
    return person


def ask_for_files(actor: User, folder: Item, **more: Any) -> tuple[FileRequest, str]:
    usual: dict[str, Any] = {"expires_at": timezone.now() + timedelta(days=14), "most_files": 3, "most_bytes": 10_000}
    return services.make_file_request(actor=actor, folder=folder, **(usual | more))


@pytest.fixture
def asked(alice: User, folder: Item) -> tuple[FileRequest, str]:
    return ask_for_files(alice, folder, title="Scans for the reading")


class Outside:
    """Somebody's browser, outside."""

    def __init__(self) -> None:
        self.client = Client()
        self.visit: Visit | None = None

    def enter(self, token: str) -> HttpResponseBase:
        answer = self.client.post(reverse("sharing:outside"), {"token": token})
        if answer.status_code == 302:
            self.visit = Visit.objects.latest("began_at")
        return answer

    def at(self, page: str) -> str:
        assert self.visit is not None
        return reverse(f"sharing:{page}", args=[self.visit.pk])

    def get(self, page: str) -> Any:
        return self.client.get(self.at(page))

    def post(self, page: str, **fields: Any) -> Any:
        return self.client.post(self.at(page), fields)

    def introduced(self, token: str) -> "Outside":
        assert self.enter(token).status_code == 302
        assert self.post("outside_introduce", name="Dora Deliverer", email="dora@lab.example").status_code == 302
        return self

    def send(self, name: str, content: bytes) -> Any:
        """Send one file as the page does with JavaScript."""
        headers = {"X-File-Name": name, "Accept": "application/json"}
        path = self.at("outside_deliver")
        return self.client.post(path, content, content_type="application/octet-stream", headers=headers)

    def send_form(self, **files: bytes) -> Any:
        sent = [SimpleUploadedFile(f"{name}.csv", content) for name, content in files.items()]
        return self.client.post(self.at("outside_deliver"), {"files": sent})


def code_in(message: Any) -> str:
    found = re.search(r"^\d{8}$", message.body, re.MULTILINE)
    assert found
    return found[0]


def mailed_code(outside: Outside) -> str:
    outside.post("outside_code")
    return code_in(mail.outbox[-1])


def close(link: Link, by: User) -> None:
    services.close_link(actor=by, link=Link.objects.get(pk=link.pk))

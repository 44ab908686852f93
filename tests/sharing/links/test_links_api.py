"""Links for programs."""

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from sharing.models import FileRequest, Link
from tests.sharing.links.conftest import CSV, Outside
from tests.sharing.links.test_making_requests import as_
from workspaces.models import Item

WISH = {"most_files": 5, "most_bytes": 10_000, "title": "Scans", "kinds": ["tables"]}


def wish(**more: Any) -> dict[str, Any]:
    return WISH | {"expires_at": (timezone.now() + timedelta(days=3)).isoformat()} | more


def make(person: User, folder: Item, **more: Any) -> Any:
    path = reverse("sharing_api:file_requests", args=[folder.pk])
    return as_(person).post(path, wish(**more), content_type="application/json")


def test_a_program_makes_a_link_that_opens_and_lists_what_came(alice: User, folder: Item) -> None:
    made = make(alice, folder).json()
    Outside().introduced(made["url"]).send("scan.csv", CSV)
    [link] = as_(alice).get(reverse("sharing_api:links")).json()
    assert (link["id"], link["title"], link["shut"], link["state"]) == (made["id"], "Scans", "", "open")
    [came] = as_(alice).get(reverse("sharing_api:deliveries", args=[made["id"]])).json()
    assert came["outsider"]["email"] == "dora@lab.example"
    assert made["url"].partition("#")[2] not in str(link)


def test_a_link_without_an_end_is_refused(alice: User, folder: Item) -> None:
    answer = make(alice, folder, expires_at=None)
    assert answer.status_code == 400
    assert not Link.objects.exists()


def test_a_program_closes_a_link(alice: User, asked: tuple[FileRequest, str]) -> None:
    path = reverse("sharing_api:link", args=[asked[0].pk])
    assert as_(alice).delete(path).status_code == 204
    assert as_(alice).get(path).json()["state"] == "closed"
    assert as_(alice).delete(path).status_code == 409


def test_somebody_who_may_not_share_sees_no_link(contributor: User, asked: tuple[FileRequest, str]) -> None:
    assert as_(contributor).get(reverse("sharing_api:links")).json() == []
    assert as_(contributor).delete(reverse("sharing_api:link", args=[asked[0].pk])).status_code == 404
    assert Link.objects.get().state == "open"

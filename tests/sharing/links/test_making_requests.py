"""Making, seeing and closing a link for files."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.errors import Conflict, InvalidInput, Refused
from ledger_bridge.models import Entry
from sharing import services
from sharing.links.tokens import digest_of
from sharing.models import FileRequest, Link
from tests.sharing.conftest import exempt, last_entry
from tests.sharing.links.conftest import CSV, Outside, ask_for_files, close
from workspaces.models import Item, Workspace
from workspaces.permissions import Right

Asked = tuple[FileRequest, str]


def as_(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_a_manager_makes_a_link_and_it_is_recorded(manager: User, folder: Item) -> None:
    request, _ = ask_for_files(manager, folder, kinds=["tables"])
    entry = last_entry()
    assert entry.kind == "file_request.made"
    assert (str(entry.actor), str(entry.item)) == (str(manager.pk), str(folder.pk))
    assert entry.detail["request"] == str(request.pk)
    assert entry.detail["kinds"] == "tables"


def test_only_a_fingerprint_of_the_token_is_kept(asked: Asked) -> None:
    request, token = asked
    assert len(token) >= 43
    row = Link.objects.filter(pk=request.pk).values().get()
    assert token not in str(row)
    assert bytes(row["digest"]) == digest_of(token)


def test_who_may_upload_but_not_share_makes_none(contributor: User, folder: Item) -> None:
    with pytest.raises(Refused, match="share"):
        ask_for_files(contributor, folder)


def test_who_may_share_but_not_upload_makes_none(manager: User, folder: Item) -> None:
    exempt(folder, "deny", Right.UPLOAD, manager)
    with pytest.raises(Refused, match="upload"):
        ask_for_files(manager, folder)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"most_files": 0}, "most_files"),
        ({"most_bytes": 0}, "most_bytes"),
        ({"kinds": ["poems"]}, "kinds"),
        ({"email": "nobody"}, "email"),
        ({"title": "a\u202eb"}, "title"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "expires_at"),
        ({"expires_at": timezone.now() + timedelta(days=900)}, "expires_at"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(alice: User, folder: Item, wrong: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        ask_for_files(alice, folder, **wrong)
    assert error.value.field == field
    assert not Link.objects.exists()


def test_the_page_shows_the_link_once_behind_a_hash(alice: User, folder: Item) -> None:
    page = reverse("sharing:new_file_request", args=[folder.pk])
    form = as_(alice).get(page).context["form"]
    fields = {"expires_on": form["expires_on"].value(), "most_files": 5, "most_gib": 1, "title": "Scans"}
    text = as_(alice).post(page, fields).content.decode()
    request = FileRequest.objects.get()
    assert (request.most_bytes, request.title) == (1024**3, "Scans")
    assert timedelta(days=13) < request.expires_at - timezone.now() < timedelta(days=16)
    token = text.partition("/outside/#")[2][:43]
    assert bytes(request.digest) == digest_of(token)
    listed = as_(alice).get(reverse("sharing:links")).content.decode()
    assert "Scans" in listed
    assert token not in listed


def test_making_a_link_asks_for_a_factor_again(alice: User, folder: Item) -> None:
    client = as_(alice)
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": 0}]
    session.save()
    answer = client.get(reverse("sharing:new_file_request", args=[folder.pk]))
    assert "reauthenticate" in answer["Location"]


def test_a_file_is_no_place_to_deliver_into(alice: User, workspace: Workspace) -> None:
    from tests.workspaces.conftest import put

    with pytest.raises(InvalidInput):
        ask_for_files(alice, put(alice, workspace, "a.csv", CSV).file)


def test_a_link_is_seen_by_those_who_could_have_made_it(
    asked: Asked, manager: User, contributor: User, charlie: User
) -> None:
    link = reverse("sharing:link", args=[asked[0].pk])
    assert as_(manager).get(link).status_code == 200
    assert as_(contributor).get(link).status_code == 404
    assert as_(charlie).get(link).status_code == 404


def test_a_manager_who_may_not_view_the_folder_sees_no_link_to_it(asked: Asked, manager: User, folder: Item) -> None:
    exempt(folder, "deny", Right.VIEW, manager)
    assert as_(manager).get(reverse("sharing:link", args=[asked[0].pk])).status_code == 404
    assert "Scans for the reading" not in as_(manager).get(reverse("sharing:links")).content.decode()


def test_closing_is_recorded_and_for_good(asked: Asked, manager: User) -> None:
    page = reverse("sharing:close_link", args=[asked[0].pk])
    assert as_(manager).post(page).status_code == 302
    assert last_entry().kind == "file_request.closed"
    assert Link.objects.get().closed_by == manager
    with pytest.raises(Conflict):
        close(asked[0], manager)


def test_who_may_not_share_closes_nothing(asked: Asked, contributor: User) -> None:
    with pytest.raises(Refused):
        close(asked[0], contributor)
    assert Link.objects.get().state == "open"


def test_the_end_is_written_down_once_for_when_it_came(asked: Asked) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=20), tick=False):
        assert services.end_links() == 1
        assert services.end_links() == 0
    entry = Entry.objects.get(kind="file_request.expired")
    assert entry.occurred_at == asked[0].expires_at
    assert Link.objects.get().state == "expired"


def test_the_links_that_have_ended_stand_in_a_list_of_their_own(asked: Asked, alice: User) -> None:
    close(asked[0], alice)
    assert "Scans for the reading" not in as_(alice).get(reverse("sharing:links")).content.decode()
    over = as_(alice).get(reverse("sharing:links") + "?list=over").content.decode()
    assert "Scans for the reading" in over
    assert "Closed by Alice Brandt" in over


def test_the_page_of_a_link_names_who_delivered_what(asked: Asked, alice: User) -> None:
    Outside().introduced(asked[1]).send("scan.csv", CSV)
    text = as_(alice).get(reverse("sharing:link", args=[asked[0].pk])).content.decode()
    for words in ("scan.csv", "Dora Deliverer", "dora@lab.example", "(as they said)"):
        assert words in text


def test_a_manager_who_may_not_view_a_file_is_not_told_its_name(asked: Asked, alice: User, manager: User) -> None:
    Outside().introduced(asked[1]).send("scan.csv", CSV)
    exempt(Item.objects.get(name="scan.csv"), "deny", Right.VIEW, manager)
    text = as_(manager).get(reverse("sharing:link", args=[asked[0].pk])).content.decode()
    assert "scan.csv" not in text
    assert "Dora Deliverer" in text


def test_a_workspace_has_so_many_open_links_and_no_more(
    asked: Asked, alice: User, folder: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sharing.links.limits.MOST_OPEN", 1)
    with pytest.raises(Conflict):
        ask_for_files(alice, folder)

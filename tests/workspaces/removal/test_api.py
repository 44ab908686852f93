"""Removals for good over the API: what a token may, what needs a person, and what each of them is told."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.services import make_api_token
from ledger_bridge.erasure import services as erasures
from ledger_bridge.models import Entry
from tests.workspaces.conftest import CONTENT, browser, give, last_entry
from workspaces import services
from workspaces.models import Item, Removal, Version, Workspace

pytestmark = pytest.mark.django_db(transaction=True)
REASON = "Sent to us by mistake."


@pytest.fixture
def binned(alice: User, version: Version) -> Item:
    return services.remove_item(actor=alice, item=version.file)


@pytest.fixture
def removal(alice: User, binned: Item) -> Removal:
    return services.ask_for_removal(actor=alice, item=binned, reason=REASON)


def program(owner: User, *scopes: str) -> Client:
    text = make_api_token(actor=owner, name="archive", scopes=scopes, days=7)[1]
    return Client(headers={"Authorization": f"Bearer {text}"})


def post(client: Any, path: str, **fields: str) -> Any:
    return client.post(f"/api/v1/{path}", fields, content_type="application/json")


def get(client: Any, path: str) -> Any:
    return client.get(f"/api/v1/{path}")


def test_a_program_finds_what_is_in_the_bin_and_asks(alice: User, workspace: Workspace, binned: Item) -> None:
    client = program(alice, "read", "remove")
    (found,) = get(client, f"workspaces/{workspace.pk}/bin/").json()["results"]
    assert (found["name"], found["size"]) == ("doses.csv", len(CONTENT))
    answer = post(client, f"items/{found['id']}/removals/", reason=REASON)
    assert answer.status_code == 201
    said = answer.json()
    assert (said["state"], said["files"], said["size"], said["name"]) == ("asked", 1, len(CONTENT), "doses.csv")
    assert last_entry().kind == "removal.asked"
    (listed,) = get(client, f"workspaces/{workspace.pk}/removals/").json()["results"]
    assert listed == get(client, f"removals/{said['id']}/").json() == said


def test_asking_takes_the_scope_for_it(alice: User, binned: Item) -> None:
    answer = post(program(alice, "read", "download", "upload"), f"items/{binned.pk}/removals/", reason=REASON)
    assert answer.status_code == 403
    assert "lacks the scope “remove”" in answer.json()["error"]
    assert not Removal.objects.exists()


def test_asking_takes_a_reason(alice: User, binned: Item) -> None:
    for reason in ("", " "):
        assert post(browser(alice), f"items/{binned.pk}/removals/", reason=reason).status_code == 400
    assert not Removal.objects.exists()


def test_asking_takes_the_right_to_manage(bob: User, charlie: User, workspace: Workspace, binned: Item) -> None:
    give(workspace, "contributor", bob)
    assert post(browser(bob), f"items/{binned.pk}/removals/", reason=REASON).status_code == 403
    assert post(browser(charlie), f"items/{binned.pk}/removals/", reason=REASON).status_code == 404
    assert get(browser(bob), f"workspaces/{workspace.pk}/removals/").status_code == 403


def test_what_is_not_in_the_bin_cannot_be_asked_for(alice: User, version: Version) -> None:
    assert post(browser(alice), f"items/{version.file_id}/removals/", reason=REASON).status_code == 404


def test_a_hold_is_named_and_the_refusal_recorded(alice: User, dana: User, binned: Item) -> None:
    erasures.place_hold(actor=dana, kind="item", subject=str(binned.pk), reason="inquiry 7")
    answer = post(program(alice, "remove"), f"items/{binned.pk}/removals/", reason=REASON)
    assert answer.status_code == 409
    assert "inquiry 7" in answer.json()["error"]
    assert Entry.objects.filter(kind="removal.refused").count() == 1


def test_a_second_person_confirms(bob: User, workspace: Workspace, removal: Removal) -> None:
    give(workspace, "manager", bob)
    answer = post(browser(bob), f"removals/{removal.pk}/confirm/")
    assert answer.status_code == 200
    said = answer.json()
    assert (said["state"], said["name"], said["files"], said["size"]) == ("done", "", 1, len(CONTENT))
    assert str(last_entry().pk) == said["entry"]
    assert bytes(Version.objects.get(file=removal.item).wrapped_key) == b""
    assert post(browser(bob), f"removals/{removal.pk}/confirm/").status_code == 409


def test_whoever_asked_cannot_confirm(alice: User, removal: Removal) -> None:
    assert post(browser(alice), f"removals/{removal.pk}/confirm/").status_code == 403
    removal.refresh_from_db()
    assert removal.state == "asked"


def test_no_token_confirms(bob: User, workspace: Workspace, removal: Removal) -> None:
    give(workspace, "manager", bob)
    answer = post(program(bob, "read", "download", "upload", "remove"), f"removals/{removal.pk}/confirm/")
    assert answer.status_code == 403
    assert "sign in in a browser" in answer.json()["error"]
    removal.refresh_from_db()
    assert removal.state == "asked"


def test_confirming_takes_a_fresh_proof(bob: User, workspace: Workspace, removal: Removal, settings: Any) -> None:
    give(workspace, "manager", bob)
    client = browser(bob)
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    answer = post(client, f"removals/{removal.pk}/confirm/")
    assert (answer.status_code, answer.json()["code"]) == (403, "recent_authentication_required")
    removal.refresh_from_db()
    assert removal.state == "asked"


def test_whoever_asked_takes_it_back_and_others_decline(
    alice: User, bob: User, workspace: Workspace, binned: Item
) -> None:
    give(workspace, "manager", bob)
    for person in (alice, bob):
        asked = services.ask_for_removal(actor=alice, item=binned, reason=REASON)
        client = program(person, "remove")
        assert post(client, f"removals/{asked.pk}/decline/").status_code == 400
        said = post(client, f"removals/{asked.pk}/decline/", answer="It is needed.").json()
        assert (said["state"], said["answer"], said["decided_by"]) == ("declined", "It is needed.", str(person.pk))
        assert last_entry().kind == "removal.declined"
    services.restore_item(actor=alice, item=binned)


def test_an_admin_sees_neither_names_nor_content_and_confirms(dana: User, removal: Removal) -> None:
    client = browser(dana)
    (waiting,) = get(client, "removals/").json()
    assert (waiting["id"], waiting["name"], waiting["reason"]) == (str(removal.pk), "", REASON)
    assert "doses" not in get(client, f"removals/{removal.pk}/").content.decode()
    assert post(client, f"removals/{removal.pk}/confirm/").json()["state"] == "done"
    assert get(client, "removals/").json() == []


def test_strangers_see_nothing_of_it(charlie: User, removal: Removal) -> None:
    client = browser(charlie)
    assert get(client, "removals/").status_code == 403
    for method, path in ((get, ""), (post, "confirm/"), (post, "decline/")):
        assert method(client, f"removals/{removal.pk}/{path}").status_code == 404


def test_the_api_describes_removals(alice: User) -> None:
    paths = browser(alice).get("/api/v1/schema/", headers={"Accept": "application/json"}).json()["paths"]
    for path in ("items/{item_id}/removals/", "removals/{removal_id}/confirm/", "removals/{removal_id}/decline/"):
        assert "post" in paths[f"/api/v1/{path}"]
    assert "get" in paths["/api/v1/workspaces/{workspace_id}/bin/"]

"""Where the spotlight is required, and what that changes."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from core.errors import Conflict, Refused
from tests.workspaces.conftest import browser, exempt, give, last_entry, put
from workspaces import services
from workspaces.models import Item, SpotlightRule, Version, Workspace
from workspaces.permissions import Right
from workspaces.viewer.spotlight import spotlight_required

pytestmark = pytest.mark.django_db


def required(version: Version) -> bool:
    return spotlight_required(Item.objects.get(pk=version.file_id))


def shown(user: User, version: Version, way: str = "", **headers: Any) -> Any:
    return browser(user).get(f"/workspaces/versions/{version.pk}/view/{way}", **headers)


def thing_of(version: Version, place: str) -> Workspace | Item:
    assert version.file.parent is not None
    places: dict[str, Workspace | Item] = {
        "workspace": version.file.workspace,
        "folder": version.file.parent,
        "file": version.file,
    }
    return places[place]


@pytest.mark.parametrize("place", ["workspace", "folder", "file"])
def test_a_rule_holds_for_all_that_lies_below(alice: User, version: Version, place: str) -> None:
    assert not required(version)
    services.set_spotlight(actor=alice, thing=thing_of(version, place), required=True)
    assert required(version)
    services.set_spotlight(actor=alice, thing=thing_of(version, place), required=False)
    assert not required(version)


def test_what_is_required_further_up_cannot_be_lifted_below(alice: User, version: Version) -> None:
    services.set_spotlight(actor=alice, thing=version.file.workspace, required=True)
    services.set_spotlight(actor=alice, thing=version.file, required=True)
    services.set_spotlight(actor=alice, thing=version.file, required=False)
    assert required(version)


def test_a_rule_of_one_file_says_nothing_of_another(alice: User, workspace: Workspace, version: Version) -> None:
    other = put(alice, workspace, "other.csv", b"1\n")
    services.set_spotlight(actor=alice, thing=version.file, required=True)
    assert not required(other)


def test_setting_it_is_recorded_once(alice: User, version: Version) -> None:
    services.set_spotlight(actor=alice, thing=version.file, required=True)
    entry = last_entry()
    assert (entry.kind, entry.item, entry.detail["required"]) == ("spotlight.set", version.file_id, "yes")
    assert SpotlightRule.objects.get().entry == entry.pk
    services.set_spotlight(actor=alice, thing=version.file, required=True)
    assert last_entry() == entry
    services.set_spotlight(actor=alice, thing=version.file, required=False)
    assert last_entry().detail["required"] == "no"


def test_it_takes_the_right_to_manage(bob: User, version: Version) -> None:
    give(version.file.workspace, "contributor", bob)
    for thing in (version.file.workspace, version.file):
        with pytest.raises(Refused, match="manage"):
            services.set_spotlight(actor=bob, thing=thing, required=True)
        with pytest.raises(Refused, match="manage"):
            services.set_spotlight(actor=bob, thing=thing, required=False)
    exempt(version.file, "allow", Right.MANAGE, bob)
    assert services.set_spotlight(actor=bob, thing=version.file, required=True)


def test_it_stays_as_it_is_in_an_archived_workspace_and_in_the_bin(alice: User, version: Version) -> None:
    services.remove_item(actor=alice, item=version.file)
    with pytest.raises(Conflict):
        services.set_spotlight(actor=alice, thing=version.file, required=True)
    services.archive_workspace(actor=alice, workspace=version.file.workspace)
    with pytest.raises(Conflict, match="archived"):
        services.set_spotlight(actor=alice, thing=version.file.workspace, required=True)
    assert not SpotlightRule.objects.exists()


def test_the_database_keeps_one_rule_for_each_place(alice: User, version: Version) -> None:
    services.set_spotlight(actor=alice, thing=version.file.workspace, required=True)
    rule = SpotlightRule.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        SpotlightRule.objects.create(workspace=rule.workspace, item=None, set_by=alice, entry=version.entry)


def test_nobody_moves_a_file_out_of_the_spotlight_but_who_manages(
    alice: User, bob: User, folder: Item, version: Version
) -> None:
    give(version.file.workspace, "contributor", bob)
    services.set_spotlight(actor=alice, thing=folder, required=True)
    with pytest.raises(Refused, match="spotlight is required"):
        services.move_item(actor=bob, item=version.file, parent=None)
    assert required(version)
    services.move_item(actor=alice, item=version.file, parent=None)
    assert not required(version)
    services.move_item(actor=bob, item=Item.objects.get(pk=version.file_id), parent=folder)
    assert required(version)


def test_a_rule_on_the_file_itself_moves_along(alice: User, bob: User, version: Version) -> None:
    give(version.file.workspace, "contributor", bob)
    services.set_spotlight(actor=alice, thing=version.file, required=True)
    services.move_item(actor=bob, item=version.file, parent=None)
    assert required(version)


def test_where_it_is_required_the_page_begins_dark_and_has_no_way_out(alice: User, scan: Version) -> None:
    offered = shown(alice, scan).content.decode()
    assert 'data-spotlight="offered" data-spotlight-state="off"' in offered
    assert "data-spotlight-toggle" in offered
    assert "<noscript><img" in offered
    services.set_spotlight(actor=alice, thing=scan.file, required=True)
    page = shown(alice, scan).content.decode()
    assert 'data-spotlight="required" data-spotlight-state="on"' in page
    assert "data-spotlight-toggle" not in page
    assert "<noscript><img" not in page
    assert "Nothing is shown without JavaScript" in page


def test_who_turned_it_on_finds_the_next_page_dark(alice: User, scan: Version) -> None:
    client = browser(alice)
    client.cookies["spotlight"] = "on"
    page = client.get(f"/workspaces/versions/{scan.pk}/view/").content.decode()
    assert 'data-spotlight="offered" data-spotlight-state="on"' in page
    client.cookies["spotlight"] = '"><script>alert(1)</script>'
    assert "alert(1)" not in client.get(f"/workspaces/versions/{scan.pk}/view/").content.decode()


@pytest.mark.parametrize("wanted_as", ["document", "iframe", "object"])
def test_a_picture_does_not_fill_a_window_where_it_is_required(alice: User, scan: Version, wanted_as: str) -> None:
    assert shown(alice, scan, "page/", headers={"Sec-Fetch-Dest": wanted_as}).status_code == 200
    services.set_spotlight(actor=alice, thing=scan.file, required=True)
    answer = shown(alice, scan, "page/", headers={"Sec-Fetch-Dest": wanted_as})
    assert (answer.status_code, "Open it in the viewer" in answer.content.decode()) == (422, True)
    assert shown(alice, scan, "page/", headers={"Sec-Fetch-Dest": "empty"}).status_code == 200


def test_programs_hear_that_it_is_required(alice: User, scan: Version) -> None:
    client = browser(alice)
    assert client.get(f"/api/v1/versions/{scan.pk}/view/").json()["spotlight"] is False
    services.set_spotlight(actor=alice, thing=scan.file.workspace, required=True)
    assert client.get(f"/api/v1/versions/{scan.pk}/view/").json()["spotlight"] is True


def test_programs_set_it(alice: User, bob: User, charlie: User, version: Version) -> None:
    give(version.file.workspace, "contributor", bob)
    places = [
        f"/api/v1/workspaces/{version.file.workspace_id}/spotlight/",
        f"/api/v1/items/{version.file_id}/spotlight/",
    ]
    for place in places:
        for who, status in ((alice, 200), (bob, 403), (charlie, 404)):
            answer = browser(who).put(place, {"required": True}, content_type="application/json")
            assert answer.status_code == status
    assert browser(bob).get(places[1]).json() == {"required": True, "here": True}
    browser(alice).put(places[1], {"required": False}, content_type="application/json")
    assert browser(bob).get(places[1]).json() == {"required": True, "here": False}
    assert browser(charlie).get(places[1]).status_code == 404
    for who, status in ((alice, 400), (bob, 403)):
        assert browser(who).put(places[0], {"required": "x"}, content_type="application/json").status_code == status


def test_managers_set_it_on_its_page(alice: User, bob: User, folder: Item, version: Version) -> None:
    give(version.file.workspace, "contributor", bob)
    pages = [f"/workspaces/{folder.workspace_id}/spotlight/"]
    pages += [f"/workspaces/items/{item.pk}/spotlight/" for item in (folder, version.file)]
    client = browser(alice)
    for page in pages:
        assert "Not required here" in client.get(page).content.decode()
        assert client.post(page, {"required": "yes"}).status_code == 302
        assert "Required here" in client.get(page).content.decode()
        assert browser(bob).get(page).status_code == 403
    assert "Required further up" in client.get(pages[2]).content.decode()
    client.post(pages[2], {"required": "no"})
    assert "Not required here" in client.get(pages[2]).content.decode()
    assert required(version)


def test_its_page_is_reached_from_where_one_would_look(alice: User, bob: User, folder: Item, version: Version) -> None:
    client = browser(alice)
    assert "/spotlight/" in client.get(f"/workspaces/{folder.workspace_id}/settings/").content.decode()
    assert f"/items/{folder.pk}/spotlight/" in client.get(f"/workspaces/folders/{folder.pk}/").content.decode()
    file_page = f"/workspaces/files/{version.file_id}/"
    assert f"/items/{version.file_id}/spotlight/" in client.get(file_page).content.decode()
    give(folder.workspace, "contributor", bob)
    assert "/spotlight/" not in browser(bob).get(file_page).content.decode()

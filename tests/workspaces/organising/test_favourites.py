"""Favourites: one's own alone, and gone without a word with the right."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from core.errors import Conflict, InvalidInput, Refused
from ledger_bridge.models import Entry
from tests.workspaces.conftest import browser, give
from workspaces import services
from workspaces.models import Favourite, Item, Lock, Tagging, Version
from workspaces.organising.selectors import favourite_items, favourite_workspaces, is_favourite
from workspaces.services import favourites as deeds

PAGE = "/workspaces/favourites/"


def test_a_workspace_a_folder_and_a_file_are_kept(alice: User, folder: Item, version: Version) -> None:
    for thing in (folder.workspace, folder, version.file):
        assert services.keep_at_hand(actor=alice, thing=thing, wanted=True)
        assert is_favourite(alice, thing)
    shown = browser(alice).get(PAGE).content.decode()
    for name in ("Site 12", "Visit 2", "doses.csv"):
        assert name in shown


def test_they_are_nobody_elses_business(alice: User, bob: User, version: Version) -> None:
    give(version.file.workspace, "manager", bob)
    before = Entry.objects.count()
    services.keep_at_hand(actor=alice, thing=version.file, wanted=True)
    assert Entry.objects.count() == before
    assert not is_favourite(bob, version.file)
    assert "doses.csv" not in browser(bob).get(PAGE).content.decode()


def test_keeping_twice_and_taking_out_twice_change_nothing(alice: User, version: Version) -> None:
    for wanted, count in ((True, 1), (True, 1), (False, 0), (False, 0)):
        services.keep_at_hand(actor=alice, thing=version.file, wanted=wanted)
        assert Favourite.objects.count() == count


def test_a_stranger_keeps_nothing(charlie: User, version: Version) -> None:
    for thing in (version.file, version.file.workspace):
        with pytest.raises(Refused):
            services.keep_at_hand(actor=charlie, thing=thing, wanted=True)


def test_it_vanishes_with_the_right_and_comes_back_with_it(bob: User, version: Version) -> None:
    grant = give(version.file.workspace, "visitor", bob)
    services.keep_at_hand(actor=bob, thing=version.file, wanted=True)
    services.keep_at_hand(actor=bob, thing=version.file.workspace, wanted=True)
    grant.delete()
    assert not favourite_items(bob).exists()
    assert not favourite_workspaces(bob).exists()
    assert "No favourites yet" in browser(bob).get(PAGE).content.decode()
    give(version.file.workspace, "visitor", bob)
    assert favourite_items(bob).count() == 1


def test_what_lies_in_the_bin_is_not_among_them(alice: User, version: Version) -> None:
    services.keep_at_hand(actor=alice, thing=version.file, wanted=True)
    removed = services.remove_item(actor=alice, item=version.file)
    assert not favourite_items(alice).exists()
    with pytest.raises(InvalidInput):
        services.keep_at_hand(actor=alice, thing=removed, wanted=True)


def test_there_is_an_end_to_them(alice: User, folder: Item, version: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deeds, "MOST", 1)
    services.keep_at_hand(actor=alice, thing=folder, wanted=True)
    with pytest.raises(Conflict, match="1 favourites"):
        services.keep_at_hand(actor=alice, thing=version.file, wanted=True)


def test_the_buttons_and_programs_do_the_same(alice: User, version: Version) -> None:
    client: Any = browser(alice)
    assert "Add to favourites" in client.get(f"/workspaces/files/{version.file_id}/").content.decode()
    assert client.post(f"/workspaces/items/{version.file_id}/favourite/").status_code == 302
    assert client.post(f"/workspaces/{version.file.workspace_id}/favourite/").status_code == 302
    found = client.get("/api/v1/favourites/").json()
    assert ([one["name"] for one in found["workspaces"]], [one["name"] for one in found["items"]]) == (
        ["Site 12"],
        ["doses.csv"],
    )
    for path in (f"items/{version.file_id}", f"workspaces/{version.file.workspace_id}"):
        address = f"/api/v1/{path}/favourite/"
        assert client.get(address).json() == {"wanted": True}
        assert client.put(address, {"wanted": False}, content_type="application/json").json() == {"wanted": False}
    assert not Favourite.objects.exists()


def test_what_is_removed_for_good_loses_its_tags_its_lock_and_its_place_here(
    alice: User, bob: User, version: Version
) -> None:
    file, until = version.file, timezone.now() + timedelta(days=1)
    give(file.workspace, "manager", bob)
    services.tag_item(actor=alice, item=file, name="Blinded")
    services.lock_file(actor=alice, file=file, reason="I look at it.", until=until)
    services.keep_at_hand(actor=alice, thing=file, wanted=True)
    removed = services.remove_item(actor=alice, item=file)
    removal = services.ask_for_removal(actor=alice, item=removed, reason="Put here by mistake.")
    services.confirm_removal(actor=bob, removal=removal)
    assert [model.objects.exists() for model in (Tagging, Lock, Favourite)] == [False, False, False]

"""Tags: who may put them on, who keeps the words, and that they tell of nothing hidden."""

from typing import Any

import pytest

from accounts.models import User
from core.errors import Conflict, InvalidInput, Refused
from ledger_bridge.models import Entry
from tests.workspaces.conftest import browser, exempt, give, last_entry, put
from workspaces import services
from workspaces.models import Item, Tag, Tagging, UndoableDeed, Version, Workspace
from workspaces.organising.selectors import tags_shown_to
from workspaces.permissions import Right
from workspaces.search.finding import Question, find_items
from workspaces.services import tags as deeds


@pytest.fixture
def tag(alice: User, version: Version) -> Tag:
    return services.tag_item(actor=alice, item=version.file, name="Blinded")


def names(person: User, workspace: Workspace) -> list[str]:
    return [one.name for one in tags_shown_to(person, workspace)]


def test_whoever_may_edit_puts_a_tag_on_and_it_is_recorded(bob: User, version: Version) -> None:
    give(version.file.workspace, "contributor", bob)
    services.tag_item(actor=bob, item=version.file, name="  To   review ")
    assert names(bob, version.file.workspace) == ["To review"]
    assert (last_entry().kind, last_entry().actor, last_entry().item) == ("item.tagged", bob.pk, version.file_id)


@pytest.mark.parametrize("right", ["visitor", None])
def test_others_may_not(bob: User, version: Version, tag: Tag, right: str | None) -> None:
    if right:
        give(version.file.workspace, right, bob)
    for deed in (
        lambda: services.tag_item(actor=bob, item=version.file, name="Mine"),
        lambda: services.untag_item(actor=bob, item=version.file, tag=tag),
    ):
        with pytest.raises(Refused):
            deed()
    assert Tagging.objects.count() == 1


def test_a_word_is_one_tag_whatever_its_case(alice: User, folder: Item, tag: Tag) -> None:
    assert services.tag_item(actor=alice, item=folder, name="BLINDED") == tag
    assert Tag.objects.count() == 1


def test_putting_a_tag_on_twice_leaves_one_entry(alice: User, version: Version, tag: Tag) -> None:
    services.tag_item(actor=alice, item=version.file, name="blinded")
    assert Entry.objects.filter(kind="item.tagged").count() == Tagging.objects.count() == 1


@pytest.mark.parametrize("name", ["", "  ", "a" * 61, "in\u202everted", "two\nlines\x07"])
def test_nonsense_is_no_tag(alice: User, version: Version, name: str) -> None:
    with pytest.raises(InvalidInput):
        services.tag_item(actor=alice, item=version.file, name=name)


def test_a_thing_and_a_workspace_have_only_so_many(
    alice: User, folder: Item, version: Version, tag: Tag, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deeds, "MOST_ON_ONE", 1)
    with pytest.raises(Conflict, match="1 tags already"):
        services.tag_item(actor=alice, item=version.file, name="Second")
    monkeypatch.setattr(deeds, "MOST_IN_ONE", 1)
    with pytest.raises(Conflict, match="workspace has 1 tags"):
        services.tag_item(actor=alice, item=folder, name="Third")


def test_a_tag_is_taken_off_and_that_is_recorded(alice: User, version: Version, tag: Tag) -> None:
    services.untag_item(actor=alice, item=version.file, tag=tag)
    assert (Tagging.objects.count(), last_entry().kind) == (0, "item.untagged")


def test_managers_rename_and_remove_a_tag_everywhere(alice: User, folder: Item, version: Version, tag: Tag) -> None:
    services.tag_item(actor=alice, item=folder, name="blinded")
    services.rename_tag(actor=alice, tag=tag, name="Open label")
    assert (names(alice, folder.workspace), last_entry().kind) == (["Open label"], "tag.renamed")
    services.remove_tag(actor=alice, tag=tag)
    assert (Tagging.objects.count(), Tag.objects.count(), last_entry().kind) == (0, 0, "tag.removed")


def test_contributors_do_not(bob: User, version: Version, tag: Tag) -> None:
    give(version.file.workspace, "contributor", bob)
    for deed in (
        lambda: services.rename_tag(actor=bob, tag=tag, name="Mine"),
        lambda: services.remove_tag(actor=bob, tag=tag),
    ):
        with pytest.raises(Refused):
            deed()
    tag.refresh_from_db()
    assert tag.name == "Blinded"


def test_a_tag_cannot_take_the_name_of_another(alice: User, version: Version, tag: Tag) -> None:
    services.tag_item(actor=alice, item=version.file, name="Open")
    with pytest.raises(Conflict, match="another tag called"):
        services.rename_tag(actor=alice, tag=tag, name="OPEN")


def test_an_archived_workspace_keeps_its_tags_as_they_are(alice: User, version: Version, tag: Tag) -> None:
    services.archive_workspace(actor=alice, workspace=version.file.workspace)
    for deed in (
        lambda: services.tag_item(actor=alice, item=version.file, name="New"),
        lambda: services.untag_item(actor=alice, item=version.file, tag=tag),
        lambda: services.rename_tag(actor=alice, tag=tag, name="New"),
        lambda: services.remove_tag(actor=alice, tag=tag),
    ):
        with pytest.raises(Conflict, match="archived"):
            deed()


def test_tags_of_what_is_hidden_are_not_shown(alice: User, bob: User, version: Version, tag: Tag) -> None:
    give(version.file.workspace, "contributor", bob)
    exempt(version.file, "deny", Right.VIEW, bob)
    assert names(bob, version.file.workspace) == []
    shown = browser(bob).get(f"/workspaces/{version.file.workspace_id}/?tag={tag.pk}").content.decode()
    assert "doses.csv" not in shown
    assert find_items(bob, Question(tag="Blinded")).count == find_items(bob, Question("blinded")).count == 0


def test_lists_and_the_search_are_narrowed_by_a_tag(alice: User, version: Version, tag: Tag) -> None:
    put(alice, version.file.workspace, "other.csv", b"1")
    shown = browser(alice).get(f"/workspaces/{version.file.workspace_id}/?tag={tag.pk}").content.decode()
    assert ("doses.csv" in shown, "other.csv" in shown) == (True, False)
    assert [one.name for one in find_items(alice, Question(tag="BLINDED")).items] == ["doses.csv"]
    assert [one.name for one in find_items(alice, Question("blind")).items] == ["doses.csv"]


def test_the_pages_put_on_take_off_rename_and_remove(alice: User, version: Version) -> None:
    client, item = browser(alice), version.file_id
    assert client.post(f"/workspaces/items/{item}/tags/", {"name": "Blinded"}).status_code == 302
    tag = Tag.objects.get()
    for path in (f"/workspaces/files/{item}/", f"/workspaces/items/{item}/tags/", f"/workspaces/tags/{tag.pk}/"):
        assert "Blinded" in client.get(path).content.decode()
    assert "Blinded" in client.get(f"/workspaces/{version.file.workspace_id}/tags/").content.decode()
    assert client.post(f"/workspaces/tags/{tag.pk}/", {"name": "Open"}).status_code == 302
    assert client.post(f"/workspaces/items/{item}/tags/{tag.pk}/take-off/").status_code == 302
    assert client.post(f"/workspaces/items/{item}/tags/{tag.pk}/take-off/").status_code == 404
    assert client.post(f"/workspaces/tags/{tag.pk}/remove/").status_code == 302
    assert not Tag.objects.exists()


def test_programs_do_the_same(alice: User, version: Version) -> None:
    client: Any = browser(alice)
    path = f"/api/v1/items/{version.file_id}/tags/"
    made = client.post(path, {"name": "Blinded"}, content_type="application/json")
    tag = made.json()["id"]
    assert (made.status_code, client.get(path).json()[0]["name"]) == (201, "Blinded")
    listed = client.get(f"/api/v1/workspaces/{version.file.workspace_id}/tags/").json()
    assert [one["name"] for one in listed["results"]] == ["Blinded"]
    renamed = client.patch(f"/api/v1/tags/{tag}/", {"name": "Open"}, content_type="application/json")
    assert renamed.json()["name"] == "Open"
    assert client.delete(f"{path}{tag}/").status_code == 204
    assert client.delete(f"/api/v1/tags/{tag}/").status_code == 204


def test_the_words_in_an_entry_are_sealed(version: Version, tag: Tag) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(entry)::text FROM ledger_bridge_entry entry WHERE kind = 'item.tagged'")
        assert "Blinded" not in cursor.fetchone()[0]


def undo(actor: User) -> None:
    services.undo_deed(actor=actor, deed=UndoableDeed.objects.latest("pk"))


def test_putting_a_tag_on_and_taking_it_off_are_undone(alice: User, version: Version) -> None:
    tag = services.tag_item(actor=alice, item=version.file, name="Blinded")
    undo(alice)
    assert not tag.taggings.exists()
    services.tag_item(actor=alice, item=version.file, name="Blinded")
    services.untag_item(actor=alice, item=version.file, tag=tag)
    undo(alice)
    assert tag.taggings.get().item == version.file
    assert last_entry().kind == "deed.undone"


def test_a_tag_that_is_no_more_is_not_put_back(alice: User, version: Version) -> None:
    tag = services.tag_item(actor=alice, item=version.file, name="Blinded")
    services.untag_item(actor=alice, item=version.file, tag=tag)
    services.remove_tag(actor=alice, tag=tag)
    with pytest.raises(Conflict, match="changed since"):
        undo(alice)


def test_the_page_of_tags_offers_to_undo(alice: User, version: Version) -> None:
    client, path = browser(alice), f"/workspaces/items/{version.file_id}/tags/"
    shown = client.post(path, {"name": "Blinded"}, follow=True).content.decode()
    assert "Undo" in shown

"""What the pages show, to whom, and in how many queries."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from ledger_bridge.models import Entry
from tests.workspaces.conftest import browser, exempt, give, put
from workspaces import services
from workspaces.models import Item, Version, Workspace
from workspaces.permissions import Right


def page(user: User, name: str, *args: Any, query: str = "") -> Any:
    return browser(user).get(reverse(f"workspaces:{name}", args=args) + query)


def pages_of(version: Version) -> list[tuple[str, Any]]:
    file = version.file
    return [
        ("detail", file.workspace_id),
        ("folder", file.parent_id),
        ("file", file.id),
        ("upload", file.workspace_id),
        ("new_folder", file.workspace_id),
        ("new_version", file.id),
        ("edit", file.id),
        ("move", file.id),
        ("remove", file.id),
        ("bin", file.workspace_id),
        ("settings", file.workspace_id),
        ("trail", file.workspace_id),
        ("item_trail", file.id),
    ]


def test_every_page_is_there_for_the_owner(alice: User, version: Version) -> None:
    statuses = {name: page(alice, name, key).status_code for name, key in pages_of(version)}
    assert set(statuses.values()) == {200}


def test_every_page_hides_from_a_stranger(charlie: User, version: Version) -> None:
    statuses = {name: page(charlie, name, key).status_code for name, key in pages_of(version)}
    assert set(statuses.values()) == {404}


@pytest.mark.parametrize("persona", ["dana", "olga"])
def test_every_page_hides_from_admins_and_auditors(
    request: pytest.FixtureRequest, persona: str, version: Version
) -> None:
    person = request.getfixturevalue(persona)
    assert {page(person, name, key).status_code for name, key in pages_of(version)} == {404}


def test_every_page_sends_a_visitor_of_the_site_to_sign_in(version: Version) -> None:
    for name, key in pages_of(version):
        assert Client().get(reverse(f"workspaces:{name}", args=[key])).status_code == 302


@pytest.mark.parametrize("name", ["upload", "new_folder", "new_version", "edit", "move", "remove", "settings", "trail"])
def test_a_page_for_a_deed_refuses_who_may_only_read(bob: User, version: Version, name: str) -> None:
    give(version.file.workspace, "visitor", bob)
    assert page(bob, name, dict(pages_of(version))[name]).status_code == 403
    assert Entry.objects.filter(kind="access.refused", actor=bob.id).count() == 1


@pytest.mark.parametrize("name", ["detail", "folder", "file", "view", "edit"])
def test_what_never_existed_looks_like_what_is_hidden(alice: User, name: str) -> None:
    assert page(alice, name, uuid4()).status_code == 404


def test_the_list_shows_what_is_mine_and_what_is_shared(alice: User, bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    services.create_workspace(actor=alice, name="Secret")
    shown = page(bob, "list").content.decode()
    assert "Site 12" in shown
    assert "Secret" not in shown


def test_the_list_can_be_searched(alice: User, workspace: Workspace) -> None:
    services.create_workspace(actor=alice, name="Another")
    shown = page(alice, "list", query="?q=site").content.decode()
    assert "Site 12" in shown
    assert "Another" not in shown


@pytest.mark.parametrize(("persona", "words"), [("alice", "Create the first one"), ("dana", "never see content")])
def test_an_empty_list_says_what_to_do(request: pytest.FixtureRequest, persona: str, words: str) -> None:
    assert words in page(request.getfixturevalue(persona), "list").content.decode()


def test_a_workspace_is_created_by_its_form(alice: User) -> None:
    answer = browser(alice).post(reverse("workspaces:create"), {"name": "Site 13", "description": ""})
    assert answer.url == reverse("workspaces:detail", args=[Workspace.objects.get().id])


def test_a_name_that_cannot_be_is_said_at_the_field(alice: User) -> None:
    answer = browser(alice).post(reverse("workspaces:create"), {"name": "a/b"})
    assert answer.status_code == 400
    assert "cannot contain" in answer.context["form"].errors["name"][0]


def test_a_folder_is_created_by_its_form(alice: User, workspace: Workspace, folder: Item) -> None:
    address = reverse("workspaces:new_folder", args=[workspace.id]) + f"?folder={folder.id}"
    browser(alice).post(address, {"name": "CT"})
    assert Item.objects.get(name="CT").parent == folder


def test_names_are_escaped(alice: User, workspace: Workspace) -> None:
    put(alice, workspace, "<script>alert(1)<", b"x")
    assert b"<script>alert(1)" not in page(alice, "detail", workspace.id).content


def test_a_folder_lists_what_is_in_it_and_no_more(alice: User, version: Version) -> None:
    put(alice, version.file.workspace, "elsewhere.txt", b"x")
    shown = page(alice, "folder", version.file.parent_id).content.decode()
    assert "doses.csv" in shown
    assert "elsewhere.txt" not in shown


def test_a_search_finds_by_name_below_and_says_where(alice: User, version: Version) -> None:
    shown = page(alice, "detail", version.file.workspace_id, query="?q=DOSE").content.decode()
    assert "doses.csv" in shown
    assert "Visit 2" in shown


def test_a_search_finds_nothing_hidden(alice: User, bob: User, version: Version) -> None:
    give(version.file.workspace, "visitor", bob)
    exempt(version.file, "deny", Right.VIEW, bob)
    shown = page(bob, "detail", version.file.workspace_id, query="?q=dose").content.decode()
    assert "doses.csv" not in shown


@pytest.mark.parametrize(
    ("sort", "order"),
    [("name", "ab"), ("date", "ba"), ("size", "ab"), ("?", "ab")],
)
def test_a_listing_can_be_sorted(alice: User, workspace: Workspace, sort: str, order: str) -> None:
    for name, content in (("a", b"long"), ("b", b"x")):
        put(alice, workspace, name, content)
    rows = page(alice, "detail", workspace.id, query=f"?sort={sort}").context["listing"].rows
    assert "".join(row.thing.name for row in rows) == order


def test_somebody_let_into_one_file_finds_it_at_the_top(bob: User, version: Version) -> None:
    exempt(version.file, "allow", Right.VIEW, bob)
    shown = page(bob, "detail", version.file.workspace_id).content.decode()
    assert "doses.csv" in shown
    assert "Visit 2" not in shown


def test_a_folder_that_may_not_be_seen_is_not_named_in_the_way_to_a_file(bob: User, version: Version) -> None:
    exempt(version.file, "allow", Right.VIEW, bob)
    assert "Visit 2" not in page(bob, "file", version.file_id).content.decode()


def test_a_page_holds_fifty(alice: User, workspace: Workspace) -> None:
    for number in range(51):
        services.create_folder(actor=alice, workspace=workspace, parent=None, name=f"{number:02}")
    first = page(alice, "detail", workspace.id).context["listing"]
    second = page(alice, "detail", workspace.id, query="?page=2").context["listing"]
    assert (len(first.rows), len(second.rows)) == (50, 1)


def test_the_number_of_queries_does_not_grow_with_the_rows(
    alice: User, workspace: Workspace, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client, address = browser(alice), reverse("workspaces:detail", args=[workspace.id])
    put(alice, workspace, "first.txt", b"x")
    client.get(address)
    with django_assert_num_queries(16):
        client.get(address)
    for number in range(8):
        put(alice, workspace, f"{number}.txt", b"x")
    with django_assert_num_queries(16):
        client.get(address)


def test_the_file_page_shows_each_version_with_its_proof(alice: User, version: Version) -> None:
    put(alice, version.file.workspace, "doses.csv", b"2", folder=version.file.parent, on_conflict="new_version")
    rows = page(alice, "file", version.file_id).context["versions"]
    assert [(row.version.number, row.proof.state) for row in rows] == [(2, "pending"), (1, "pending")]


def test_the_file_page_leads_to_sharing_only_whoever_may_share(
    alice: User, bob: User, workspace: Workspace, version: Version
) -> None:
    give(workspace, "visitor", bob)
    share = reverse("sharing:share", args=[version.file_id])
    assert share in page(alice, "file", version.file_id).content.decode()
    assert share not in page(bob, "file", version.file_id).content.decode()


def test_the_name_and_description_are_edited_by_their_form(alice: User, version: Version) -> None:
    address = reverse("workspaces:edit", args=[version.file_id])
    browser(alice).post(address, {"name": "new.csv", "description": "mg"})
    version.file.refresh_from_db()
    assert (version.file.name, version.file.description) == ("new.csv", "mg")


def test_the_picker_moves_to_where_one_is(alice: User, version: Version) -> None:
    browser(alice).post(reverse("workspaces:move", args=[version.file_id]))
    assert Item.objects.get(pk=version.file_id).parent is None


def test_the_picker_offers_folders_only_and_not_the_item_itself(alice: User, version: Version, folder: Item) -> None:
    assert page(alice, "move", version.file_id).context["folders"] == [folder]
    assert page(alice, "move", folder.id).context["folders"] == []


def test_removing_asks_first_and_restoring_brings_back(alice: User, version: Version) -> None:
    client = browser(alice)
    client.post(reverse("workspaces:remove", args=[version.file_id]))
    assert "doses.csv" in client.get(reverse("workspaces:bin", args=[version.file.workspace_id])).content.decode()
    client.post(reverse("workspaces:restore", args=[version.file_id]))
    assert client.get(reverse("workspaces:file", args=[version.file_id])).status_code == 200


def test_a_stranger_restores_nothing(alice: User, charlie: User, version: Version) -> None:
    services.remove_item(actor=alice, item=version.file)
    assert browser(charlie).post(reverse("workspaces:restore", args=[version.file_id])).status_code == 404


@pytest.mark.parametrize("name", ["archive", "reopen"])
def test_archiving_takes_a_post(alice: User, workspace: Workspace, name: str) -> None:
    assert page(alice, name, workspace.id).status_code == 405


def test_an_archived_workspace_says_so_and_offers_no_upload(alice: User, workspace: Workspace) -> None:
    browser(alice).post(reverse("workspaces:archive", args=[workspace.id]))
    shown = page(alice, "detail", workspace.id).content.decode()
    assert "archived" in shown
    assert reverse("workspaces:upload", args=[workspace.id]) not in shown


def test_settings_save_both_words(alice: User, workspace: Workspace) -> None:
    browser(alice).post(reverse("workspaces:settings", args=[workspace.id]), {"name": "N", "description": "D"})
    workspace.refresh_from_db()
    assert (workspace.name, workspace.description) == ("N", "D")


def test_the_trail_of_a_workspace_says_what_happened_there_and_nowhere_else(alice: User, version: Version) -> None:
    elsewhere = services.create_workspace(actor=alice, name="Elsewhere")
    shown = page(alice, "trail", version.file.workspace_id).content.decode()
    assert "uploaded version 1 of “doses.csv”" in shown
    assert str(elsewhere.id) not in shown
    assert "Elsewhere" not in shown


def test_the_trail_of_a_file_leaves_out_its_neighbours(alice: User, version: Version) -> None:
    shown = page(alice, "item_trail", version.file_id).content.decode()
    assert "doses.csv" in shown
    assert "created the folder" not in shown

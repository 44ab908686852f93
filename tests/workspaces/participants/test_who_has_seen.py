"""Who has seen a participant's data: across files, in one workspace or in all that the asker may see."""

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from core.errors import InvalidInput, Refused
from ledger_bridge.models import Entry
from sharing.models import WorkspaceUserGrant
from tests.workspaces.conftest import browser, content_of, exempt, give, last_entry, put, read
from workspaces import services
from workspaces.activity.lines import page_of
from workspaces.models import Item, Participant, Version, Workspace
from workspaces.participants import selectors
from workspaces.participants.selectors import scope_of
from workspaces.permissions import Right


@pytest.fixture
def participant(alice: User, bob: User, folder: Item, version: Version) -> Participant:
    """A file in a marked folder, and one beside it that is about nobody; Bob has taken both."""
    give(folder.workspace, "contributor", bob)
    other = put(alice, folder.workspace, "protocol.txt", b"x")
    for one in (version, other):
        read(bob, one, Right.DOWNLOAD)
    return services.mark_about(actor=alice, item=folder, pseudonym="12-001").participant


def seen(asker: User, participant: Participant, *, across: bool = False) -> list[tuple[str, str]]:
    scope = scope_of(participant, asker=asker, across=across)
    return [(line.who, line.name) for line in page_of(scope.within, asker=asker).lines]


def address(participant: Participant, name: str = "participant", query: str = "") -> str:
    return reverse(f"workspaces:{name}", args=[participant.pk]) + query


def test_what_happened_to_files_about_the_participant_is_found(
    alice: User, bob: User, participant: Participant
) -> None:
    assert seen(alice, participant) == [(bob.name, "doses.csv")]


def test_files_in_the_bin_count_too(alice: User, bob: User, participant: Participant, version: Version) -> None:
    services.remove_item(actor=alice, item=version.file)
    assert seen(alice, participant) == [(bob.name, "doses.csv")]


def test_of_a_file_that_one_may_not_view_nothing_is_told(
    alice: User, bob: User, participant: Participant, version: Version
) -> None:
    read(alice, version, Right.DOWNLOAD)
    assert (alice.name, "doses.csv") in seen(bob, participant)
    exempt(version.file, "deny", Right.VIEW, bob)
    assert seen(bob, participant) == []
    assert scope_of(participant, asker=bob, across=False).files == []
    assert "doses.csv" not in browser(bob).get(address(participant)).content.decode()


def test_no_file_at_all_is_not_everything(alice: User, participant: Participant, folder: Item) -> None:
    services.unmark_about(actor=alice, mark=participant.marks.get())
    assert seen(alice, participant) == []


def elsewhere(owner: User, reader: User) -> tuple[Workspace, Participant]:
    """The same pseudonym in another workspace, where the reader has read a file."""
    workspace = services.create_workspace(actor=owner, name="Site 99")
    give(workspace, "visitor", reader)
    version = put(owner, workspace, "elsewhere.txt", b"x")
    read(reader, version, Right.DOWNLOAD)
    return workspace, services.mark_about(actor=owner, item=version.file, pseudonym="12-001").participant


def test_across_workspaces_the_same_pseudonym_is_found(
    alice: User, bob: User, charlie: User, participant: Participant
) -> None:
    elsewhere(alice, charlie)
    assert seen(alice, participant) == [(bob.name, "doses.csv")]
    assert set(seen(alice, participant, across=True)) == {
        (bob.name, "doses.csv"),
        (charlie.name, "elsewhere.txt"),
    }


def test_a_workspace_whose_trail_one_may_not_see_is_left_out(
    alice: User, bob: User, charlie: User, participant: Participant
) -> None:
    workspace, _ = elsewhere(alice, charlie)
    assert len(scope_of(participant, asker=bob, across=True).participants) == 1
    give(workspace, "visitor", bob)
    scope = scope_of(participant, asker=bob, across=True)
    assert ([one.pk for one in scope.participants], len(scope.files)) == ([participant.pk], 1)
    WorkspaceUserGrant.objects.filter(user=bob, content_object=workspace).delete()
    give(workspace, "contributor", bob)
    assert len(scope_of(participant, asker=bob, across=True).participants) == 2


def test_a_workspace_where_one_may_view_nothing_about_them_is_left_out(
    alice: User, bob: User, charlie: User, participant: Participant
) -> None:
    workspace, there = elsewhere(alice, charlie)
    give(workspace, "contributor", bob)
    assert len(scope_of(participant, asker=bob, across=True).participants) == 2
    exempt(there.marks.get().item, "deny", Right.VIEW, bob)
    assert scope_of(participant, asker=bob, across=True).participants == [participant]


def test_nothing_is_asked_about_workspaces_that_one_is_not_in(
    alice: User, bob: User, charlie: User, participant: Participant
) -> None:
    workspace, _ = elsewhere(alice, charlie)
    for person, asked in ((alice, True), (bob, False)):
        with CaptureQueriesContext(connection) as queries:
            scope_of(participant, asker=person, across=True)
        assert any(str(workspace.pk) in query["sql"] for query in queries) is asked


def test_looking_is_recorded_in_every_workspace_that_was_asked_about(
    alice: User, charlie: User, participant: Participant
) -> None:
    workspace, _ = elsewhere(alice, charlie)
    assert browser(alice).get(address(participant, query="?across=1")).status_code == 200
    entries = Entry.objects.filter(kind="activity.participant_viewed")
    assert {entry.workspace for entry in entries} == {workspace.pk, participant.workspace_id}
    assert {entry.detail["pseudonym"] for entry in entries} == {"12-001"}


def test_the_page_shows_who_and_what_by_person_and_by_file(alice: User, bob: User, participant: Participant) -> None:
    client = browser(alice)
    for query in ("", "?by=people", "?by=files&sort=name", f"?person={bob.pk}&kind=version.downloaded"):
        shown = client.get(address(participant, query=query)).content.decode()
        assert "12-001" in shown
        assert "protocol.txt" not in shown
        assert (bob.name in shown) or "doses.csv" in shown
    assert client.get(address(participant, query="?person=x")).status_code == 400


def test_a_file_about_somebody_else_cannot_be_asked_for(alice: User, participant: Participant, folder: Item) -> None:
    put(alice, folder.workspace, "second.txt", b"x", folder=folder)
    other = Item.objects.get(name="protocol.txt")
    assert browser(alice).get(address(participant, query=f"?file={other.pk}")).status_code == 400


def test_no_address_holds_a_pseudonym(alice: User, participant: Participant) -> None:
    for name, thing in (("participants", participant.workspace), ("participant", participant)):
        shown = browser(alice).get(reverse(f"workspaces:{name}", args=[thing.pk])).content.decode()
        assert 'href="' in shown
        assert not [part for part in shown.split('href="')[1:] if "12-001" in part.split('"')[0]]


def test_strangers_find_nothing_and_visitors_are_refused(
    bob: User, charlie: User, participant: Participant, folder: Item
) -> None:
    assert browser(charlie).get(address(participant)).status_code == 404
    give(participant.workspace, "visitor", charlie)
    for query in ("", "?older=nonsense"):
        assert browser(charlie).get(address(participant) + query).status_code == 403
    assert browser(charlie).post(address(participant, "export_participant")).status_code == 403
    exempt(folder, "deny", Right.VIEW, bob)
    assert browser(bob).get(address(participant)).status_code == 404


def test_the_deeds_require_the_right_to_see_the_trail(alice: User, charlie: User, participant: Participant) -> None:
    give(participant.workspace, "visitor", charlie)
    scope = scope_of(participant, asker=alice, across=False)
    with pytest.raises(Refused):
        services.view_participant(actor=charlie, scope=scope)
    with pytest.raises(Refused):
        services.export_participant(actor=charlie, scope=scope, filters=scope.within)


def test_the_export_is_a_table_and_recorded(alice: User, bob: User, participant: Participant) -> None:
    answer = browser(alice).post(address(participant, "export_participant"))
    rows: list[Any] = list(csv.reader(io.StringIO(content_of(answer).decode("utf-8-sig"))))
    assert [(row[1], row[4]) for row in rows[1:]] == [(bob.name, "doses.csv")]
    assert last_entry().kind == "activity.participant_exported"


def test_an_export_ends_with_the_right(bob: User, participant: Participant) -> None:
    scope = scope_of(participant, asker=bob, across=False)
    chunks = services.export_participant(actor=bob, scope=scope, filters=scope.within)
    next(chunks)
    WorkspaceUserGrant.objects.filter(user=bob).delete()
    with pytest.raises(Refused):
        next(chunks)


def test_an_export_ends_when_the_person_is_not_there_any_more(
    bob: User, participant: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope = scope_of(participant, asker=bob, across=False)
    chunks = services.export_participant(actor=bob, scope=scope, filters=scope.within)
    next(chunks)
    monkeypatch.setattr("workspaces.services.participants.as_now", lambda _: None)
    with pytest.raises(Refused, match="not known here any more"):
        next(chunks)


def test_programs_get_the_same_lines(alice: User, bob: User, participant: Participant) -> None:
    found = browser(alice).get(f"/api/v1/participants/{participant.pk}/activity/").json()
    assert [(line["who"], line["name"]) for line in found["lines"]] == [(bob.name, "doses.csv")]


def test_too_many_files_for_one_page_are_said(
    alice: User, participant: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "_MOST_FILES", 0)
    with pytest.raises(InvalidInput, match="Too many files"):
        scope_of(participant, asker=alice, across=False)
    assert browser(alice).get(address(participant)).status_code == 400

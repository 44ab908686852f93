"""Saying that a file or a folder is about a study participant, under a pseudonym."""

from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from core.errors import Conflict, InvalidInput, Refused
from tests.workspaces.conftest import browser, exempt, give, last_entry
from workspaces import services
from workspaces.models import Item, Participant, ParticipantMark, Version, Workspace
from workspaces.participants.pseudonyms import clean_pseudonym
from workspaces.participants.selectors import marks_on, participants_in
from workspaces.permissions import Right
from workspaces.services.removals import _shred


def test_a_mark_is_recorded_with_the_pseudonym_sealed(alice: User, folder: Item) -> None:
    mark = services.mark_about(actor=alice, item=folder, pseudonym=" 12-001 ")
    entry = last_entry()
    assert (entry.kind, entry.item, entry.detail["pseudonym"]) == ("item.marked_about", folder.pk, "12-001")
    assert entry.detail["participant"] == str(mark.participant_id)
    assert entry.sealed


def test_what_lies_in_a_marked_folder_is_about_them_too(alice: User, folder: Item, version: Version) -> None:
    services.mark_about(actor=alice, item=folder, pseudonym="12-001")
    services.mark_about(actor=alice, item=version.file, pseudonym="12-002")
    shown = {one.mark.participant.pseudonym: one.is_own for one in marks_on(version.file, asker=alice)}
    assert shown == {"12-001": False, "12-002": True}


def test_the_same_pseudonym_is_one_participant_whatever_its_case(alice: User, folder: Item, version: Version) -> None:
    services.mark_about(actor=alice, item=folder, pseudonym="P-01a")
    services.mark_about(actor=alice, item=version.file, pseudonym="p-01A")
    assert Participant.objects.get().pseudonym == "P-01a"


def test_marking_requires_the_right_to_edit(bob: User, charlie: User, folder: Item) -> None:
    give(folder.workspace, "visitor", bob)
    for person in (bob, charlie):
        with pytest.raises(Refused):
            services.mark_about(actor=person, item=folder, pseudonym="12-001")
    assert not Participant.objects.exists()


def test_marking_twice_says_so(alice: User, folder: Item) -> None:
    services.mark_about(actor=alice, item=folder, pseudonym="12-001")
    with pytest.raises(Conflict):
        services.mark_about(actor=alice, item=folder, pseudonym="12-001")


def test_an_archived_workspace_is_not_marked(alice: User, workspace: Workspace, folder: Item) -> None:
    services.archive_workspace(actor=alice, workspace=workspace)
    folder.refresh_from_db()
    with pytest.raises((Conflict, Refused)):
        services.mark_about(actor=alice, item=Item.objects.get(pk=folder.pk), pseudonym="12-001")


@pytest.mark.parametrize(
    "text", ["", "1", "Ana Ribeiro", "ana@example.org", "x" * 41, "12/001", "-12", "12\n001", "12\0"]
)
def test_what_cannot_be_a_pseudonym_is_refused_even_when_sure(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        clean_pseudonym(text, sure=True)
    assert refused.value.field == "pseudonym"


@pytest.mark.parametrize(
    "text", ["Ribeiro", "anna-maria", "1984-03-17", "17031984", "P17.03.1984", "19840317", "03171984"]
)
def test_what_looks_like_a_name_or_a_birth_date_has_to_be_confirmed(text: str) -> None:
    with pytest.raises(InvalidInput, match="looks like"):
        clean_pseudonym(text, sure=False)
    assert clean_pseudonym(text, sure=True) == text


@pytest.mark.parametrize("text", ["12-001", "A0017", "SUBJ_99999999", "P-2999.13.45", "1984-1"])
def test_ordinary_pseudonyms_need_no_confirmation(text: str) -> None:
    assert clean_pseudonym(text, sure=False) == text


def test_taking_off_is_recorded_and_the_last_mark_takes_the_pseudonym_along(alice: User, folder: Item) -> None:
    mark = services.mark_about(actor=alice, item=folder, pseudonym="12-001")
    services.unmark_about(actor=alice, mark=mark)
    assert last_entry().kind == "item.unmarked_about"
    assert not Participant.objects.exists()


def test_another_mark_keeps_the_pseudonym(alice: User, folder: Item, version: Version) -> None:
    mark = services.mark_about(actor=alice, item=folder, pseudonym="12-001")
    services.mark_about(actor=alice, item=version.file, pseudonym="12-001")
    services.unmark_about(actor=alice, mark=mark)
    assert Participant.objects.get().marks.count() == 1


def test_taking_off_requires_the_right_to_edit(alice: User, bob: User, folder: Item) -> None:
    give(folder.workspace, "visitor", bob)
    mark = services.mark_about(actor=alice, item=folder, pseudonym="12-001")
    with pytest.raises(Refused):
        services.unmark_about(actor=bob, mark=mark)


def test_removing_for_good_takes_the_marks_along(alice: User, folder: Item, version: Version) -> None:
    services.mark_about(actor=alice, item=version.file, pseudonym="12-001")
    services.remove_item(actor=alice, item=version.file)
    from workspaces.removal.rules import extent_of

    item = Item.objects.get(pk=version.file_id)
    _shred(item, extent_of(item))
    assert not ParticipantMark.objects.exists()
    assert not Participant.objects.exists()


def test_a_hidden_folder_shows_no_mark(alice: User, bob: User, folder: Item) -> None:
    give(folder.workspace, "contributor", bob)
    services.mark_about(actor=alice, item=folder, pseudonym="12-001")
    assert [count for _, count in participants_in(folder.workspace, asker=bob)] == [1]
    exempt(folder, "deny", Right.VIEW, bob)
    assert participants_in(folder.workspace, asker=bob) == []
    assert marks_on(folder, asker=bob) == []


def page(name: str, thing: Any) -> str:
    return reverse(f"workspaces:{name}", args=[thing.pk])


def test_marking_and_taking_off_on_the_page(alice: User, version: Version) -> None:
    client = browser(alice)
    assert client.post(page("item_participants", version.file), {"pseudonym": "Ribeiro"}).status_code == 400
    asked = {"pseudonym": "12-001"}
    assert client.post(page("item_participants", version.file), asked).status_code == 302
    assert "12-001" in client.get(page("item_participants", version.file)).content.decode()
    assert "About 12-001" in client.get(page("file", version.file)).content.decode()
    assert "12-001" in client.get(page("participants", version.file.workspace)).content.decode()
    client.post(page("unmark_participant", ParticipantMark.objects.get()))
    assert not ParticipantMark.objects.exists()


def test_marking_and_taking_off_over_the_api(alice: User, version: Version) -> None:
    client, address = browser(alice), f"/api/v1/items/{version.file_id}/participants/"
    answer = client.post(address, {"pseudonym": "12-001"}, content_type="application/json")
    assert (answer.status_code, answer.json()[0]["pseudonym"]) == (201, "12-001")
    assert client.get(f"/api/v1/workspaces/{version.file.workspace_id}/participants/").json()[0]["marked"] == 1
    assert client.post(address, {"pseudonym": "a@b.de"}, content_type="application/json").status_code == 400
    assert client.delete(f"/api/v1/participant-marks/{answer.json()[0]['id']}/").status_code == 204
    assert client.get(address).json() == []

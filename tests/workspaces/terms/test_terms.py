"""The terms of a workspace: setting them, acknowledging them, and that no file of it opens for anybody before."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.inbox import selectors as inbox
from accounts.models import User
from core.errors import Conflict, InvalidInput, IthacaError, Refused
from ledger_bridge.models import Entry
from sharing.models import Link
from tests.workspaces.acknowledging.test_acknowledging import ADDRESSES, WAYS, ways_in
from tests.workspaces.conftest import CONTENT, browser, content_of, exempt, give, last_entry, put, read
from workspaces import services
from workspaces.acknowledging.rules import keeps_shut, open_files, require_open_to_outsiders
from workspaces.crypt4gh.keys import format_public_key
from workspaces.models import Item, Outsider, Terms, TermsAcknowledgement, Version, Workspace
from workspaces.opening import require_openable
from workspaces.permissions import Right

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "Use these files for the named study alone.\n\nPublish nothing of them without asking."


@pytest.fixture
def visitor(workspace: Workspace, bob: User) -> User:
    give(workspace, "visitor", bob)
    return bob


@pytest.fixture
def terms(alice: User, workspace: Workspace) -> Terms:
    return services.set_terms(actor=alice, workspace=workspace, text=WORDS)


def refused(deed: Any) -> bool:
    try:
        deed()
    except IthacaError as error:
        return error.code == "terms_required"
    return False


def test_setting_them_is_an_entry_with_their_version_and_hash(terms: Terms) -> None:
    entry = last_entry()
    assert (entry.kind, entry.workspace) == ("terms.set", terms.workspace_id)
    assert (entry.detail["number"], entry.detail["text_sha256"]) == (1, terms.text_sha256)
    assert WORDS not in str(entry.detail)


def test_acknowledging_them_is_an_entry_with_their_version_and_hash(visitor: User, terms: Terms) -> None:
    given = services.acknowledge_terms(actor=visitor, terms=terms)
    entry = last_entry()
    assert (entry.kind, entry.actor, entry.pk) == ("terms.acknowledged", visitor.pk, given.entry)
    assert (entry.detail["number"], entry.detail["text_sha256"]) == (1, terms.text_sha256)


def test_what_for_is_asked_and_recorded_where_the_terms_ask_it(
    alice: User, visitor: User, workspace: Workspace
) -> None:
    terms = services.set_terms(actor=alice, workspace=workspace, text=WORDS, asks_purpose=True)
    with pytest.raises(InvalidInput, match="what you use"):
        services.acknowledge_terms(actor=visitor, terms=terms, purpose=" \n ")
    services.acknowledge_terms(actor=visitor, terms=terms, purpose="Second reading")
    assert last_entry().purpose == "Second reading"


def test_they_are_acknowledged_once(visitor: User, terms: Terms) -> None:
    first = services.acknowledge_terms(actor=visitor, terms=terms)
    assert services.acknowledge_terms(actor=visitor, terms=terms) == first
    assert Entry.objects.filter(kind="terms.acknowledged").count() == 1
    with pytest.raises(IntegrityError, match="terms_are_acknowledged_once"), transaction.atomic():
        TermsAcknowledgement.objects.create(terms=terms, person=visitor, entry=terms.pk)


def test_strangers_acknowledge_nothing(charlie: User, terms: Terms) -> None:
    with pytest.raises(Refused):
        services.acknowledge_terms(actor=charlie, terms=terms)


def test_setting_and_withdrawing_them_is_for_those_who_manage(bob: User, workspace: Workspace, terms: Terms) -> None:
    give(workspace, "contributor", bob)
    with pytest.raises(Refused, match="does not include “manage”"):
        services.set_terms(actor=bob, workspace=workspace, text="Mine.")
    with pytest.raises(Refused, match="does not include “manage”"):
        services.withdraw_terms(actor=bob, workspace=workspace)


@pytest.mark.parametrize("text", ["", " \n ", "x" * 20_001])
def test_terms_say_something_and_not_too_much(alice: User, workspace: Workspace, text: str) -> None:
    with pytest.raises(InvalidInput):
        services.set_terms(actor=alice, workspace=workspace, text=text)
    assert not Terms.objects.exists()


def test_a_workspace_has_one_at_a_time(alice: User, workspace: Workspace, terms: Terms) -> None:
    with pytest.raises(IntegrityError, match="one_standing_terms"), transaction.atomic():
        Terms.objects.create(workspace=workspace, number=2, text="x", asks_purpose=False, set_by=alice)


def test_the_same_again_changes_nothing(alice: User, workspace: Workspace, terms: Terms) -> None:
    assert services.set_terms(actor=alice, workspace=workspace, text=WORDS) == terms
    assert Entry.objects.filter(kind="terms.set").count() == 1


def test_other_words_are_another_version_to_acknowledge_anew(
    alice: User, visitor: User, version: Version, terms: Terms
) -> None:
    services.acknowledge_terms(actor=visitor, terms=terms)
    other = services.set_terms(actor=alice, workspace=version.file.workspace, text="Other ones.")
    assert other.number == 2
    assert refused(lambda: read(visitor, version))
    with pytest.raises(Conflict, match="changed or withdrawn"):
        services.acknowledge_terms(actor=visitor, terms=terms)


def test_withdrawing_them_opens_everything_and_keeps_what_was_given(
    alice: User, visitor: User, version: Version, terms: Terms
) -> None:
    services.acknowledge_terms(actor=alice, terms=terms)
    services.withdraw_terms(actor=alice, workspace=version.file.workspace)
    assert last_entry().kind == "terms.withdrawn"
    assert read(visitor, version) == CONTENT
    assert TermsAcknowledgement.objects.count() == 1
    with pytest.raises(Conflict, match="no terms"):
        services.withdraw_terms(actor=alice, workspace=version.file.workspace)


@pytest.mark.parametrize("way", WAYS)
def test_no_way_in_is_open_before_and_every_one_after(visitor: User, version: Version, terms: Terms, way: str) -> None:
    key = services.register_recipient_key(actor=visitor, name="Laptop", content=format_public_key(b"\x09" * 32))
    deed = ways_in(visitor, version, key)[way]
    before = Entry.objects.filter(kind__startswith="version.").count()
    assert refused(deed)
    assert Entry.objects.filter(kind__startswith="version.").count() == before
    services.acknowledge_terms(actor=visitor, terms=terms)
    assert deed()


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_address_of_it_says_so_and_leads_to_the_terms(
    visitor: User, version: Version, terms: Terms, address: str
) -> None:
    path = address.format(version=version.pk, workspace=version.file.workspace_id, file=version.file_id)
    answer = browser(visitor).get(path)
    assert answer.status_code == 403
    assert f"/workspaces/{version.file.workspace_id}/terms/?file={version.file_id}" in answer.content.decode()
    assert last_entry().kind == "access.refused"


def test_whoever_set_them_acknowledges_them_too(alice: User, version: Version, terms: Terms) -> None:
    assert refused(lambda: read(alice, version))


def test_they_hold_for_those_who_were_let_in_by_an_exception(charlie: User, version: Version, terms: Terms) -> None:
    exempt(version.file, "allow", Right.VIEW, charlie)
    assert refused(lambda: read(charlie, version))
    services.acknowledge_terms(actor=charlie, terms=terms)
    assert read(charlie, version) == CONTENT


def test_another_workspace_is_not_concerned(alice: User, terms: Terms) -> None:
    elsewhere = services.create_workspace(actor=alice, name="Elsewhere")
    assert read(alice, put(alice, elsewhere, "a.csv", b"1\n")) == b"1\n"


def test_nothing_is_sealed_for_somebody_who_has_not_acknowledged_them(
    alice: User, visitor: User, version: Version, terms: Terms
) -> None:
    services.acknowledge_terms(actor=alice, terms=terms)
    key = services.register_recipient_key(actor=visitor, name="Laptop", content=format_public_key(b"\x09" * 32))
    with pytest.raises(IthacaError, match="Bob Lefèvre has not acknowledged"):
        services.hand_over_version(actor=alice, version=version, key=key)


def test_nobody_from_outside_gets_past_them(version: Version, terms: Terms) -> None:
    guest = Outsider.objects.create(link=terms.pk, name="Gita Rao", email="gita@example.org")
    with pytest.raises(Refused, match="terms of use"):
        require_openable(guest, version, Right.DOWNLOAD)
    with pytest.raises(Conflict, match="nobody from outside"):
        require_open_to_outsiders(version)
    assert not Link.objects.exists()


def test_the_question_of_one_and_the_question_of_many_agree(visitor: User, version: Version, terms: Terms) -> None:
    files = Item.objects.filter(pk=version.file_id)
    assert (keeps_shut(visitor, version), open_files(files, visitor).exists()) == (True, False)
    services.acknowledge_terms(actor=visitor, terms=terms)
    assert (keeps_shut(visitor, version), open_files(files, visitor).exists()) == (False, True)


def page(user: User, path: str) -> str:
    answer = browser(user).get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_pages_of_file_and_workspace_lead_to_them(visitor: User, version: Version, terms: Terms) -> None:
    where = f"/workspaces/{version.file.workspace_id}/terms/"
    assert f"{where}?file={version.file_id}" in page(visitor, f"/workspaces/files/{version.file_id}/")
    assert where in page(visitor, f"/workspaces/{version.file.workspace_id}/")
    services.acknowledge_terms(actor=visitor, terms=terms)
    assert where not in page(visitor, f"/workspaces/files/{version.file_id}/")


def test_they_are_acknowledged_on_a_page_that_leads_back(alice: User, visitor: User, version: Version) -> None:
    terms = services.set_terms(actor=alice, workspace=version.file.workspace, text=WORDS, asks_purpose=True)
    path = f"/workspaces/{terms.workspace_id}/terms/?file={version.file_id}"
    assert "Publish nothing of them without asking." in page(visitor, path)
    assert browser(visitor).post(path, {"terms": "nonsense", "purpose": "x"}).status_code == 409
    assert browser(visitor).post(path, {"terms": str(terms.pk)}).status_code == 400
    answer = browser(visitor).post(path, {"terms": str(terms.pk), "purpose": "Second reading"})
    assert answer["Location"] == f"/workspaces/files/{version.file_id}/"
    assert "You acknowledged them" in page(visitor, path)


def test_the_page_does_not_lead_back_to_what_is_hidden(alice: User, visitor: User, version: Version) -> None:
    workspace = version.file.workspace
    services.set_terms(actor=alice, workspace=workspace, text=WORDS)
    path = f"/workspaces/{workspace.pk}/terms/?file={version.file_id}"
    assert f"/workspaces/files/{version.file_id}/" in page(visitor, path)
    exempt(version.file, "deny", Right.VIEW, visitor)
    assert f"/workspaces/files/{version.file_id}/" not in page(visitor, path)


def test_only_managers_are_led_to_changing_them(alice: User, visitor: User, workspace: Workspace, terms: Terms) -> None:
    path = f"/workspaces/{workspace.pk}/terms/"
    assert [f"{path}set/" in page(person, path) for person in (alice, visitor)] == [True, False]


def test_managers_set_them_on_a_page_and_see_who_acknowledged(alice: User, visitor: User, workspace: Workspace) -> None:
    path = f"/workspaces/{workspace.pk}/terms/set/"
    assert "There are no terms" in page(alice, path)
    assert browser(alice).post(path, {"text": ""}).status_code == 400
    browser(alice).post(path, {"text": WORDS, "asks_purpose": "on"})
    services.acknowledge_terms(actor=visitor, terms=Terms.objects.get(), purpose="Second reading")
    seen = page(alice, path)
    assert visitor.name in seen
    assert "Second reading" in seen
    assert browser(visitor).get(path).status_code == 403
    browser(alice).post(f"/workspaces/{workspace.pk}/terms/withdraw/")
    assert "There are no terms" in page(alice, path)


def told(person: User) -> list[str]:
    return [row.words for row in inbox.rows_for(person, list(inbox.notices_for(person, unread=True)))]


def test_everybody_with_a_role_is_told_until_they_have_acknowledged_them(
    alice: User, visitor: User, charlie: User, workspace: Workspace, terms: Terms
) -> None:
    words = f"asks you to acknowledge the terms of use of “{workspace.name}”"
    assert (told(visitor), told(alice), told(charlie)) == ([words], [], [])
    services.acknowledge_terms(actor=visitor, terms=terms)
    assert told(visitor) == []


def test_other_terms_take_the_place_of_what_was_told_and_withdrawing_them_takes_it_away(
    alice: User, visitor: User, workspace: Workspace, terms: Terms
) -> None:
    services.set_terms(actor=alice, workspace=workspace, text="Other words.")
    assert len(told(visitor)) == 1
    services.withdraw_terms(actor=alice, workspace=workspace)
    assert told(visitor) == []


def test_whoever_sees_the_workspace_no_more_reads_nothing_of_its_terms(
    visitor: User, workspace: Workspace, terms: Terms
) -> None:
    workspace.user_grants.all().delete()
    assert told(visitor) == ["Something that you do not see any more"]


def test_managers_see_for_whom_files_are_still_shut(
    alice: User, visitor: User, workspace: Workspace, terms: Terms
) -> None:
    shown = browser(alice).get(f"/workspaces/{workspace.pk}/terms/set/")
    assert shown.context["missing"] == [alice, visitor]
    services.acknowledge_terms(actor=visitor, terms=terms)
    shown = browser(alice).get(f"/workspaces/{workspace.pk}/terms/set/")
    assert shown.context["missing"] == [alice]


def test_the_api_sets_acknowledges_and_lists(alice: User, visitor: User, version: Version) -> None:
    client, path = browser(alice), f"/api/v1/workspaces/{version.file.workspace_id}/terms/"
    assert client.get(path).status_code == 204
    made = client.put(path, {"text": WORDS, "asks_purpose": True}, content_type="application/json").json()
    assert (made["number"], made["acknowledged_at"]) == (1, None)
    theirs = browser(visitor)
    shut = theirs.get(f"/api/v1/versions/{version.pk}/content/").json()
    assert (shut["code"], path.removeprefix("/api/v1") in shut["ask"]) == ("terms_required", True)
    said = {"terms": made["id"], "purpose": "Second reading"}
    answer = theirs.post(f"{path}acknowledge/", said, content_type="application/json")
    assert answer.json()["acknowledged_at"]
    assert content_of(theirs.get(f"/api/v1/versions/{version.pk}/content/")) == CONTENT
    [row] = client.get(f"{path}acknowledgements/").json()["results"]
    assert (row["name"], row["purpose"]) == (visitor.name, "Second reading")
    assert theirs.get(f"{path}acknowledgements/").status_code == 403
    assert client.delete(path).status_code == 204

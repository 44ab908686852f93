"""Asking for acknowledgement, giving it, and that nothing of a version leaves before where it is required."""

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.inbox import selectors as inbox
from accounts.models import Notice, User
from core.errors import Conflict, IthacaError, Refused
from ledger_bridge.models import Entry
from tests.workspaces.conftest import CONTENT, browser, content_of, exempt, give, last_entry, put, read
from workspaces import services
from workspaces.acknowledging.rules import NotAcknowledged, keeps_shut, open_files
from workspaces.acknowledging.selectors import asks_on, roll_of
from workspaces.crypt4gh.keys import format_public_key
from workspaces.handover.sending import Part
from workspaces.models import Acknowledgement, AcknowledgementAsk, Item, Version, Workspace
from workspaces.outsiders import Outsider
from workspaces.permissions import Right
from workspaces.viewer.showing import Look, describe, show_page

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "I have read amendment 3 and follow it from today."


@pytest.fixture
def visitor(workspace: Workspace, bob: User) -> User:
    give(workspace, "visitor", bob)
    return bob


@pytest.fixture
def ask(alice: User, version: Version) -> AcknowledgementAsk:
    return services.ask_acknowledgement(actor=alice, version=version, statement=WORDS, required=True)


def lines(person: User) -> list[str]:
    return [row.words for row in inbox.rows_for(person, list(inbox.notices_for(person)))]


def test_everybody_who_may_view_it_is_told(visitor: User, charlie: User, ask: AcknowledgementAsk) -> None:
    assert lines(visitor) == ["asks you to acknowledge version 1 of “doses.csv”"]
    assert lines(charlie) == []


def test_acknowledging_is_an_entry_with_the_words_and_what_they_are_about(
    visitor: User, version: Version, ask: AcknowledgementAsk
) -> None:
    given = services.acknowledge(actor=visitor, ask=ask)
    entry = last_entry()
    assert (entry.kind, entry.actor, entry.version, entry.pk) == (
        "acknowledgement.given",
        visitor.pk,
        version.pk,
        given.entry,
    )
    assert entry.detail["statement"] == WORDS
    assert entry.detail["plaintext_sha256"] == bytes(version.plaintext_sha256).hex()
    assert inbox.unread_count(visitor) == 0


def test_it_is_given_once(visitor: User, ask: AcknowledgementAsk) -> None:
    assert services.acknowledge(actor=visitor, ask=ask) == services.acknowledge(actor=visitor, ask=ask)
    assert Entry.objects.filter(kind="acknowledgement.given").count() == 1
    with pytest.raises(IntegrityError, match="one_acknowledgement"), transaction.atomic():
        Acknowledgement.objects.create(ask=ask, person=visitor, entry=ask.pk)


def test_strangers_acknowledge_nothing(charlie: User, ask: AcknowledgementAsk) -> None:
    with pytest.raises(Refused):
        services.acknowledge(actor=charlie, ask=ask)


def test_other_words_have_to_be_acknowledged_anew(alice: User, visitor: User, ask: AcknowledgementAsk) -> None:
    services.acknowledge(actor=visitor, ask=ask)
    services.ask_acknowledgement(actor=alice, version=ask.version, statement="Amendment 4, too.", required=True)
    assert keeps_shut(visitor, ask.version)
    with pytest.raises(Conflict, match="changed or withdrawn"):
        services.acknowledge(actor=visitor, ask=ask)
    assert lines(visitor) == ["asks you to acknowledge version 1 of “doses.csv”"]


def test_asking_the_same_again_changes_nothing(alice: User, ask: AcknowledgementAsk) -> None:
    again = services.ask_acknowledgement(actor=alice, version=ask.version, statement=WORDS, required=True)
    assert again == ask
    assert Entry.objects.filter(kind="acknowledgement.asked").count() == 1


def test_without_words_the_usual_ones_are_asked_for(alice: User, version: Version) -> None:
    assert services.ask_acknowledgement(actor=alice, version=version).statement == "I have read this version."


def test_a_version_has_one_ask_at_a_time(ask: AcknowledgementAsk) -> None:
    with pytest.raises(IntegrityError, match="one_ask_at_a_time"), transaction.atomic():
        AcknowledgementAsk.objects.create(version=ask.version, statement="x", required=False, asked_by=ask.asked_by)


def test_asking_is_for_who_brought_it_in_and_who_manages(
    alice: User, bob: User, workspace: Workspace, version: Version
) -> None:
    give(workspace, "contributor", bob)
    with pytest.raises(Refused, match="does not include “manage”"):
        services.ask_acknowledgement(actor=bob, version=version)
    own = put(bob, workspace, "own.csv", b"1\n")
    services.ask_acknowledgement(actor=bob, version=own)
    services.ask_acknowledgement(actor=alice, version=own, statement="And this.")
    exempt(own.file, "deny", Right.UPLOAD, bob)
    with pytest.raises(Refused):
        services.withdraw_acknowledgement(actor=bob, version=own)


def test_a_manager_who_may_add_no_version_asks_about_their_own(bob: User, workspace: Workspace) -> None:
    give(workspace, "manager", bob)
    own = put(bob, workspace, "own.csv", b"1\n")
    exempt(own.file, "deny", Right.UPLOAD, bob)
    assert services.ask_acknowledgement(actor=bob, version=own).version == own


def test_nobody_is_asked_in_an_archived_workspace(alice: User, version: Version) -> None:
    services.archive_workspace(actor=alice, workspace=version.file.workspace)
    with pytest.raises(Conflict, match="archived"):
        services.ask_acknowledgement(actor=alice, version=version)


def test_asking_no_more_opens_it_and_keeps_what_was_given(
    alice: User, visitor: User, version: Version, ask: AcknowledgementAsk
) -> None:
    services.withdraw_acknowledgement(actor=alice, version=version)
    assert last_entry().kind == "acknowledgement.withdrawn"
    assert read(visitor, version) == CONTENT
    assert not Notice.objects.filter(thing=ask.pk).exists()
    with pytest.raises(Conflict, match="Nobody is asked"):
        services.withdraw_acknowledgement(actor=alice, version=version)


def refused(deed: Any) -> bool:
    """Return whether the deed is refused because something has to be acknowledged."""
    try:
        deed()
    except IthacaError as error:
        return error.code == "acknowledgement_required"
    return False


def ways_in(person: User, version: Version, key: Any) -> dict[str, Any]:
    """Return every deed by which what is in a version reaches somebody."""
    return {
        "open": lambda: services.open_version(actor=person, version=version, right=Right.VIEW),
        "download": lambda: services.open_version(actor=person, version=version, right=Right.DOWNLOAD),
        "view": lambda: services.view_version(actor=person, version=version),
        "page": lambda: show_page(actor=person, version=version, look=Look()),
        "shape": lambda: describe(actor=person, version=version),
        "hand over": lambda: services.hand_over_version(actor=person, version=version, key=key),
        "archive": lambda: services.open_archive(
            actor=person, workspace=version.file.workspace, chosen=[version.file_id]
        ),
    }


WAYS = ["open", "download", "view", "page", "shape", "hand over", "archive"]


@pytest.mark.parametrize("way", WAYS)
def test_no_way_in_is_open_before_and_every_one_after(
    visitor: User, version: Version, ask: AcknowledgementAsk, way: str
) -> None:
    key = services.register_recipient_key(actor=visitor, name="Laptop", content=format_public_key(b"\x09" * 32))
    deed = ways_in(visitor, version, key)[way]
    before = Entry.objects.filter(kind__startswith="version.").count()
    assert refused(deed)
    assert Entry.objects.filter(kind__startswith="version.").count() == before
    services.acknowledge(actor=visitor, ask=ask)
    assert deed()


ADDRESSES = [
    "/workspaces/versions/{version}/view/",
    "/workspaces/versions/{version}/view/page/",
    "/workspaces/versions/{version}/download/",
    "/workspaces/{workspace}/zip/?item={file}",
    "/api/v1/versions/{version}/content/",
    "/api/v1/versions/{version}/view/",
    "/api/v1/versions/{version}/view/pages/1/",
    "/api/v1/workspaces/{workspace}/zip/?item={file}",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_address_of_it_says_so_and_leads_to_the_page(
    visitor: User, version: Version, ask: AcknowledgementAsk, address: str
) -> None:
    path = address.format(version=version.pk, workspace=version.file.workspace_id, file=version.file_id)
    answer = browser(visitor).get(path)
    assert answer.status_code == 403
    body = answer.content.decode()
    assert "acknowledged it" in body
    assert f"/workspaces/versions/{version.pk}/acknowledge/" in body
    assert last_entry().kind == "access.refused"


def test_whoever_asked_has_to_acknowledge_it_too(alice: User, version: Version, ask: AcknowledgementAsk) -> None:
    assert refused(lambda: read(alice, version))


def test_what_does_not_require_it_opens_before(alice: User, visitor: User, version: Version) -> None:
    services.ask_acknowledgement(actor=alice, version=version, statement=WORDS)
    assert read(visitor, version) == CONTENT


def test_another_version_is_not_concerned(alice: User, visitor: User, ask: AcknowledgementAsk) -> None:
    file = ask.version.file
    sealed = services.seal_upload(actor=alice, workspace=file.workspace, chunks=[b"2\n"], into=file)
    assert read(visitor, services.upload_version(actor=alice, file=file, sealed=sealed)) == b"2\n"


def test_nothing_is_sealed_for_somebody_who_has_not_acknowledged_it(
    alice: User, visitor: User, version: Version, ask: AcknowledgementAsk
) -> None:
    services.acknowledge(actor=alice, ask=ask)
    key = services.register_recipient_key(actor=visitor, name="Laptop", content=format_public_key(b"\x09" * 32))
    with pytest.raises(IthacaError, match="Bob Lefèvre has not acknowledged"):
        services.hand_over_version(actor=alice, version=version, key=key)


def test_nor_does_whoever_has_not_hand_it_over_or_take_what_was(
    alice: User, visitor: User, version: Version, ask: AcknowledgementAsk
) -> None:
    services.acknowledge(actor=alice, ask=ask)
    key = services.register_recipient_key(actor=alice, name="Desk", content=format_public_key(b"\x09" * 32))
    with pytest.raises(NotAcknowledged):
        services.hand_over_version(actor=visitor, version=version, key=key)
    made = services.hand_over_version(actor=alice, version=version, key=key)
    with pytest.raises(NotAcknowledged):
        services.open_hand_over(actor=visitor, hand_over=made, part=Part(0, 1))


def test_an_archive_leaves_it_out_and_says_so(
    alice: User, visitor: User, workspace: Workspace, ask: AcknowledgementAsk
) -> None:
    put(alice, workspace, "open.csv", b"1\n")
    answer = browser(visitor).get(f"/workspaces/{workspace.pk}/zip/")
    archive = zipfile.ZipFile(io.BytesIO(content_of(answer)))
    names = archive.namelist()
    assert any(name.endswith("open.csv") for name in names)
    assert not any(name.endswith("doses.csv") for name in names)
    [left_out] = [name for name in names if name.endswith("LEFT OUT.txt")]
    assert "doses.csv" in archive.read(left_out).decode()


def test_nobody_from_outside_gets_past_it(version: Version, ask: AcknowledgementAsk) -> None:
    from workspaces.opening import require_openable

    guest = Outsider.objects.create(link=ask.pk, name="Gita Rao", email="gita@example.org")
    with pytest.raises(Refused, match="acknowledged"):
        require_openable(guest, version, Right.DOWNLOAD)


def test_the_question_of_one_and_the_question_of_many_agree(
    alice: User, visitor: User, version: Version, ask: AcknowledgementAsk
) -> None:
    files = Item.objects.filter(pk=version.file_id)
    assert (keeps_shut(visitor, version), open_files(files, visitor).exists()) == (True, False)
    services.acknowledge(actor=visitor, ask=ask)
    assert (keeps_shut(visitor, version), open_files(files, visitor).exists()) == (False, True)
    assert (keeps_shut(alice, version), open_files(files, alice).exists()) == (True, False)


def test_the_roll_says_who_has_and_who_has_not(alice: User, visitor: User, ask: AcknowledgementAsk) -> None:
    services.acknowledge(actor=visitor, ask=ask)
    roll = roll_of(alice, ask)
    assert [(row.person, row.at is not None) for row in roll.people] == [(alice, False), (visitor, True)]
    exempt(ask.version.file, "deny", Right.VIEW, visitor)
    assert [row.sees_it for row in roll_of(alice, ask).people if row.person == visitor] == [False]


def test_whoever_is_not_shown_the_members_sees_numbers(
    charlie: User, visitor: User, folder: Item, workspace: Workspace
) -> None:
    exempt(folder, "allow", Right.VIEW, charlie)
    exempt(folder, "allow", Right.UPLOAD, charlie)
    own = put(charlie, workspace, "own.csv", b"1\n", folder=folder)
    roll = roll_of(charlie, services.ask_acknowledgement(actor=charlie, version=own))
    assert (roll.people, roll.is_shown, roll.missing) == ([], False, 3)


def test_removing_the_file_for_good_takes_the_words(
    alice: User, bob: User, workspace: Workspace, version: Version, ask: AcknowledgementAsk
) -> None:
    give(workspace, "manager", bob)
    item = services.remove_item(actor=alice, item=version.file)
    services.confirm_removal(actor=bob, removal=services.ask_for_removal(actor=alice, item=item, reason="Mistake."))
    ask.refresh_from_db()
    assert (ask.statement, ask.withdrawn_at is not None) == ("", True)
    assert lines(bob) == []


def page(user: User, path: str) -> str:
    answer = browser(user).get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_page_of_the_file_leads_to_it_and_offers_nothing_that_is_shut(
    visitor: User, version: Version, ask: AcknowledgementAsk
) -> None:
    file = f"/workspaces/files/{version.file_id}/"
    before = page(visitor, file)
    assert WORDS in before
    assert f"/workspaces/versions/{version.pk}/acknowledge/" in before
    assert f"/workspaces/versions/{version.pk}/download/" not in before
    browser(visitor).post(f"/workspaces/versions/{version.pk}/acknowledge/", {"ask": str(ask.pk)})
    after = page(visitor, file)
    assert f"/workspaces/versions/{version.pk}/download/" in after
    assert "Acknowledged" in after


def test_it_is_acknowledged_on_a_page_with_the_words(visitor: User, version: Version, ask: AcknowledgementAsk) -> None:
    path = f"/workspaces/versions/{version.pk}/acknowledge/"
    assert WORDS in page(visitor, path)
    assert browser(visitor).post(path, {"ask": "nonsense"}).status_code == 409
    assert browser(visitor).post(path, {"ask": str(ask.pk)}).status_code == 302
    assert "You acknowledged it" in page(visitor, path)


def test_only_who_may_ask_is_led_to_who_has_and_who_has_not(
    alice: User, visitor: User, version: Version, ask: AcknowledgementAsk
) -> None:
    path, roll = (f"/workspaces/versions/{version.pk}/{end}/" for end in ("acknowledge", "acknowledgements"))
    assert [roll in page(person, path) for person in (alice, visitor)] == [True, False]


def test_managers_ask_and_look_on_a_page(alice: User, visitor: User, version: Version) -> None:
    path = f"/workspaces/versions/{version.pk}/acknowledgements/"
    assert "Nobody is asked yet" in page(alice, path)
    assert browser(alice).post(path, {"statement": "x" * 501}).status_code == 400
    browser(alice).post(path, {"statement": WORDS, "required": "on"})
    seen = page(alice, path)
    assert WORDS in seen
    assert visitor.name in seen
    assert "the version opens only after that" in seen
    assert browser(visitor).get(path).status_code == 403
    browser(alice).post(f"{path}withdraw/")
    assert "Nobody is asked yet" in page(alice, path)


def test_strangers_find_no_such_page(charlie: User, version: Version, ask: AcknowledgementAsk) -> None:
    for end in ("acknowledge/", "acknowledgements/"):
        assert browser(charlie).get(f"/workspaces/versions/{version.pk}/{end}").status_code == 404
    assert browser(charlie).get(f"/api/v1/versions/{version.pk}/acknowledgement/").status_code == 404


def test_the_api_asks_acknowledges_and_counts(alice: User, visitor: User, version: Version) -> None:
    client, path = browser(alice), f"/api/v1/versions/{version.pk}"
    assert client.get(f"{path}/acknowledgement/").status_code == 204
    said = {"statement": WORDS, "before_opening": True}
    made = client.post(f"{path}/acknowledgement/", said, content_type="application/json")
    assert (made.status_code, made.json()["before_opening"], made.json()["acknowledged_at"]) == (201, True, None)
    theirs = browser(visitor)
    assert theirs.get(f"{path}/content/").json()["code"] == "acknowledgement_required"
    answer = theirs.post(f"{path}/acknowledge/", {"ask": made.json()["ask"]}, content_type="application/json")
    assert answer.json()["acknowledged_at"]
    assert content_of(theirs.get(f"{path}/content/")) == CONTENT
    roll = client.get(f"{path}/acknowledgements/").json()
    assert (roll["given"], roll["missing"]) == (1, 1)
    assert theirs.get(f"{path}/acknowledgements/").status_code == 403
    assert client.delete(f"{path}/acknowledgement/").status_code == 204
    assert asks_on(visitor, [version]) == {}


def test_who_may_not_ask_is_refused_whatever_they_send(visitor: User, version: Version) -> None:
    said = {"statement": "x" * 501}
    sent = browser(visitor).post(f"/api/v1/versions/{version.pk}/acknowledgement/", said, "application/json")
    assert sent.status_code == 403


def test_no_copy_is_sent_outside_that_nobody_could_open(alice: User, version: Version, ask: AcknowledgementAsk) -> None:
    from sharing.services import send_copy

    sent: dict[str, Any] = {
        "email": "gita@example.org",
        "expires_at": timezone.now() + timedelta(days=7),
        "mode": "view",
    }
    more: dict[str, Any] = {"most_openings": 1, "purpose": "An opinion"}
    assert refused(lambda: send_copy(actor=alice, version=version, **sent, **more))
    services.acknowledge(actor=alice, ask=ask)
    with pytest.raises(Conflict, match="nobody from outside can"):
        send_copy(actor=alice, version=version, **sent, **more)

"""A copy for one person outside: what is sent, who opens it, how often, and until when."""

import threading
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.errors import Conflict, InvalidInput, Refused
from ledger_bridge.models import Entry
from sharing import services
from sharing.models import Link, Send, Visit
from tests.sharing.conftest import exempt
from tests.sharing.links.conftest import CSV, NOWHERE, Outside, close, mailed_code
from tests.sharing.links.test_coming_in import body
from tests.sharing.links.test_making_requests import as_
from tests.workspaces.conftest import content_of, put
from workspaces.models import Item, Outsider, Version, VersionScan, Workspace
from workspaces.permissions import Right
from workspaces.services import end_viewings, open_version, remove_item
from workspaces.viewer.errors import CannotShow

REX = "rex@reader.example"
PAGES = ("outside_sent", "outside_view", "outside_page", "outside_download")
Sent = tuple[Send, str]


@pytest.fixture(autouse=True)
def _mail_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.mail.transaction.on_commit", lambda send: send())


@pytest.fixture
def version(alice: User, workspace: Workspace, folder: Item) -> Version:
    return put(alice, workspace, "doses.csv", CSV, folder=folder)


def send(actor: User, version: Version, **more: Any) -> Sent:
    usual: dict[str, Any] = {
        "email": REX,
        "name": "Rex Reader",
        "expires_at": timezone.now() + timedelta(days=14),
        "mode": "download",
        "most_openings": 2,
        "purpose": "Second opinion",
    }
    return services.send_copy(actor=actor, version=version, **(usual | more))


def signed_in(token: str) -> Outside:
    rex = Outside()
    assert rex.enter(token).status_code == 302
    assert rex.post("outside_code", code=mailed_code(rex)).status_code == 302
    return rex


@pytest.fixture
def sent(alice: User, version: Version) -> Sent:
    return send(alice, version)


@pytest.fixture
def rex(sent: Sent) -> Outside:
    return signed_in(sent[1])


@pytest.fixture
def viewer(alice: User, version: Version) -> Outside:
    """Rex, who may look and not download."""
    return signed_in(send(alice, version, mode="view")[1])


def test_a_copy_is_sent_recorded_and_mailed(sent: Sent, version: Version) -> None:
    entry = Entry.objects.get(kind="send.made")
    assert (str(entry.version), str(entry.person)) == (str(version.pk), str(sent[0].recipient_id))
    assert (entry.purpose, entry.detail["mode"]) == ("Second opinion", "download")
    [message] = mail.outbox
    assert message.to == [REX]
    assert f"/outside/#{sent[1]}" in message.body
    for inside in ("doses", "Site 12", "Secret folder", "Second opinion"):
        assert inside not in f"{message.subject}{message.body}"


def test_the_link_alone_opens_nothing(sent: Sent) -> None:
    eve = Outside()
    eve.enter(sent[1])
    page = eve.get("outside_visit").content.decode()
    assert "doses.csv" not in page
    assert REX not in page
    assert {eve.get(page).status_code for page in PAGES} == {404}


def test_the_recipient_downloads_it_and_the_entry_comes_first(rex: Outside, sent: Sent) -> None:
    assert rex.client.get(rex.at("outside_visit"))["Location"] == rex.at("outside_sent")
    assert "doses.csv" in rex.get("outside_sent").content.decode()
    answer = rex.get("outside_download")
    entry = Entry.objects.get(kind="version.downloaded")
    assert str(entry.actor) == str(sent[0].recipient_id)
    assert content_of(answer) == CSV
    assert "attachment" in answer["Content-Disposition"]


def test_without_an_entry_there_is_no_byte(rex: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*args: object, **more: object) -> str:
        raise RuntimeError

    monkeypatch.setattr("workspaces.services.reading.record_durably", fails)
    with pytest.raises(RuntimeError):
        rex.get("outside_download")


def test_who_may_look_sees_pages_with_their_address_and_gets_no_file(viewer: Outside) -> None:
    page = viewer.get("outside_view").content.decode()
    # It may be looked at, not copied: its text, with the address in it, comes as a picture.
    assert "5 mg" not in page
    assert viewer.at("outside_page") in page
    assert viewer.get("outside_page")["Content-Type"].startswith("image/")
    assert viewer.get("outside_download").status_code == 404
    assert "Download" not in viewer.get("outside_sent").content.decode()
    assert Entry.objects.get(kind="version.opened").actor == Send.objects.get().recipient_id


def test_a_picture_is_drawn_for_the_recipient(alice: User, workspace: Workspace) -> None:
    from tests.architecture.world import _PICTURE

    dot = put(alice, workspace, "dot.png", _PICTURE)
    rex = signed_in(send(alice, dot, mode="view")[1])
    assert rex.at("outside_page") in rex.get("outside_view").content.decode()
    assert rex.get("outside_page")["Content-Type"].startswith("image/")
    assert Send.objects.get().openings == 1


def test_looking_is_one_opening_until_somebody_stops(viewer: Outside, alice: User) -> None:
    viewer.get("outside_view")
    viewer.get("outside_view")
    assert Send.objects.get().openings == 1
    later = timezone.now() + timedelta(minutes=20)
    with time_machine.travel(later, tick=False):
        viewer.get("outside_view")
        assert Send.objects.get().openings == 2
    assert Entry.objects.filter(kind="version.opened").count() == 2
    with time_machine.travel(later + timedelta(minutes=20), tick=False):
        assert viewer.get("outside_view").status_code == 409
        end_viewings()
    viewed = Entry.objects.filter(kind="version.viewed")
    assert {entry.actor for entry in viewed} == {Send.objects.get().recipient_id}
    text = as_(alice).get(reverse("sharing:link", args=[Send.objects.get().pk])).content.decode()
    assert "Rex Reader, from outside" in text


def test_it_is_opened_so_often_and_no_more(sent: Sent) -> None:
    comings = [signed_in(sent[1]) for _ in range(3)]
    assert [one.get("outside_download").status_code for one in comings] == [200, 200, 409]
    assert Entry.objects.filter(kind="version.downloaded").count() == 2
    assert "Opened as often as it may be" in comings[2].get("outside_sent").content.decode()


def test_the_parts_of_a_download_are_one_opening_and_an_entry_each(rex: Outside) -> None:
    for part in ("bytes=0-3", "bytes=4-", "bytes=0-"):
        assert rex.client.get(rex.at("outside_download"), headers={"Range": part}).status_code == 206
    assert Send.objects.get().openings == 1
    assert Entry.objects.filter(kind="version.downloaded").count() == 3


def test_the_last_opening_goes_on_in_its_own_visit_and_in_no_other(alice: User, version: Version) -> None:
    token = send(alice, version, most_openings=1)[1]
    first, second = signed_in(token), signed_in(token)
    assert first.get("outside_download").status_code == 200
    assert second.get("outside_download").status_code == 409
    assert first.get("outside_download").status_code == 200
    assert first.at("outside_download") in first.get("outside_sent").content.decode()


def test_looking_and_downloading_are_an_opening_each(alice: User, version: Version) -> None:
    rex = signed_in(send(alice, version, most_openings=2)[1])
    rex.get("outside_view")
    rex.get("outside_download")
    assert Send.objects.get().openings == 2


def test_an_opening_that_fails_is_given_back(rex: Outside, version: Version) -> None:
    VersionScan.objects.create(version=version, state="infected")
    assert rex.get("outside_download").status_code == 403
    assert Send.objects.get().openings == 0


def test_asking_how_long_it_is_is_no_opening(rex: Outside) -> None:
    assert rex.client.head(rex.at("outside_download"))["Content-Length"] == str(len(CSV))
    assert Send.objects.get().openings == 0


def shut_by(how: str, sent: Send, alice: User) -> None:
    match how:
        case "closed":
            close(sent, alice)
        case "removed":
            remove_item(actor=alice, item=sent.item)
        case "suspended":
            User.objects.filter(pk=sent.made_by_id).update(suspended_at=timezone.now())
        case "may not download":
            exempt(sent.item, "deny", Right.DOWNLOAD, sent.made_by)


@pytest.mark.parametrize("how", ["closed", "removed", "suspended", "may not download"])
def test_a_copy_that_is_shut_answers_like_one_that_never_was(
    how: str, manager: User, alice: User, version: Version
) -> None:
    made, token = send(manager, version)
    rex = signed_in(token)
    nowhere = body(Outside().enter(NOWHERE))
    shut_by(how, made, alice)
    for answer in [Outside().enter(token), *(rex.get(page) for page in ("outside_visit", *PAGES))]:
        assert answer.status_code == 404
        assert body(answer) == nowhere
    assert not Entry.objects.filter(kind="version.downloaded").exists()


def test_a_running_download_ends_when_the_link_is_closed(
    alice: User, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workspaces.services.reading._RECHECK", 0)
    large = put(alice, workspace, "genome.bam", bytes(3_000_000))
    made, token = send(alice, large)
    pieces = iter(signed_in(token).get("outside_download").streaming_content)
    next(pieces)
    close(made, alice)
    with pytest.raises(Refused):
        list(pieces)
    cut = Entry.objects.get(kind="version.cut_off")
    assert (str(cut.actor), cut.outcome) == (str(made.recipient_id), "deny")


def test_a_running_download_ends_when_the_recipient_leaves(
    alice: User, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workspaces.services.reading._RECHECK", 0)
    rex = signed_in(send(alice, put(alice, workspace, "genome.bam", bytes(3_000_000)))[1])
    pieces = iter(rex.get("outside_download").streaming_content)
    next(pieces)
    rex.post("outside_leave")
    with pytest.raises(Refused):
        list(pieces)


def test_the_recipient_has_that_version_and_nothing_else(rex: Outside, alice: User, version: Version) -> None:
    recipient = Outsider.objects.get()
    newer = put(alice, version.file.workspace, "doses.csv", CSV, folder=version.file.parent, on_conflict="new_version")
    things: list[Any] = [version.file.workspace, version.file, version.file.parent, newer]
    assert not any(recipient.has_perm(right, thing) for right in Right for thing in things)
    assert {right for right in Right if recipient.has_perm(right, version)} == {Right.VIEW, Right.DOWNLOAD, Right.COPY}
    with pytest.raises(Refused):
        open_version(actor=recipient, version=newer)


def test_one_link_does_not_open_another(rex: Outside, alice: User, version: Version) -> None:
    other = signed_in(send(alice, version, email="other@reader.example")[1])
    rex.visit, other.visit = other.visit, rex.visit
    assert {rex.get(page).status_code for page in PAGES} == {404}


def test_nobody_opens_a_copy_that_was_sent_to_somebody_else(sent: Sent, alice: User, version: Version) -> None:
    other, _ = send(alice, version, email="other@reader.example")
    with (
        pytest.raises(Refused),
        services.counted_opening(actor=other.recipient, send=sent[0], right=Right.VIEW, visit=uuid4()),
    ):
        pass
    assert Send.objects.get(pk=sent[0].pk).openings == 0


def test_a_copy_that_is_shut_does_not_say_that_it_is_used_up(alice: User, version: Version) -> None:
    made, token = send(alice, version, most_openings=1)
    signed_in(token).get("outside_download")
    close(made, alice)
    with (
        pytest.raises(Refused),
        services.counted_opening(actor=made.recipient, send=made, right=Right.DOWNLOAD, visit=uuid4()),
    ):
        pass


def test_a_link_for_files_opens_no_copy_and_a_copy_takes_no_files(rex: Outside, alice: User, folder: Item) -> None:
    from tests.sharing.links.conftest import ask_for_files

    assert rex.send("scan.csv", CSV).status_code == 404
    dora = Outside().introduced(ask_for_files(alice, folder)[1])
    assert {dora.get(page).status_code for page in PAGES} == {404}


def test_who_may_not_share_sends_nothing(contributor: User, version: Version) -> None:
    with pytest.raises(Refused, match="share"):
        send(contributor, version)
    assert not Outsider.objects.exists()


def test_who_may_not_download_sends_nothing(manager: User, version: Version) -> None:
    exempt(version.file, "deny", Right.DOWNLOAD, manager)
    with pytest.raises(Refused, match="download"):
        send(manager, version)


def test_what_the_scanner_holds_is_not_sent(alice: User, version: Version) -> None:
    VersionScan.objects.create(version=version, state="infected")
    with pytest.raises(Refused):
        send(alice, version)


def test_what_cannot_be_shown_is_not_sent_to_be_looked_at(alice: User, workspace: Workspace) -> None:
    with pytest.raises(CannotShow):
        send(alice, put(alice, workspace, "genome.bam", b"\x1f\x8b\x08\x04" + bytes(60)), mode="view")
    assert not Link.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": ""}, "email"),
        ({"purpose": " "}, "purpose"),
        ({"mode": "print"}, "mode"),
        ({"most_openings": 0}, "most_openings"),
        ({"name": "Rex\u202e"}, "name"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "expires_at"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(alice: User, version: Version, wrong: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        send(alice, version, **wrong)
    assert error.value.field == field
    assert not mail.outbox


def test_the_page_sends_and_asks_for_a_factor_first(alice: User, version: Version) -> None:
    page = reverse("sharing:send_copy", args=[version.pk])
    client = as_(alice)
    day = client.get(page).context["form"]["expires_on"].value()
    fields = {"email": REX, "mode": "view", "most_openings": 3, "purpose": "Reading", "expires_on": day}
    text = client.post(page, fields).content.decode()
    assert "It was mailed to the recipient" in text
    assert Send.objects.get().recipient.name == REX
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": 0}]
    session.save()
    assert "reauthenticate" in client.get(page)["Location"]


def test_the_page_says_when_nothing_draws_the_file(alice: User, workspace: Workspace) -> None:
    bam = put(alice, workspace, "genome.bam", b"\x1f\x8b\x08\x04" + bytes(60))
    page = reverse("sharing:send_copy", args=[bam.pk])
    day = as_(alice).get(page).context["form"]["expires_on"].value()
    fields = {"email": REX, "mode": "view", "most_openings": 3, "purpose": "Reading", "expires_on": day}
    answer = as_(alice).post(page, fields)
    assert answer.status_code == 400
    assert "Let them download it instead." in answer.content.decode()


def test_the_sender_sees_who_opened_it_and_when(rex: Outside, alice: User, sent: Sent) -> None:
    rex.get("outside_download")
    page = as_(alice).get(reverse("sharing:link", args=[sent[0].pk])).content.decode()
    assert "Rex Reader, from outside" in page
    assert "1 of 2 openings" in page
    [told] = as_(alice).get(reverse("sharing_api:openings", args=[sent[0].pk])).json()
    assert told["kind"] == "version.downloaded"


def test_who_shares_and_does_not_see_the_trail_is_not_told_of_openings(
    rex: Outside, alice: User, bob: User, workspace: Workspace, sent: Sent
) -> None:
    assert alice.institution is not None
    rights = [Right.VIEW, Right.DOWNLOAD, Right.SHARE]
    sender = services.make_permission_set(actor=alice, institution=alice.institution, name="Sender", rights=rights)
    services.grant_role(actor=alice, workspace=workspace, role=sender.permission.codename, person=bob)
    rex.get("outside_download")
    page = as_(bob).get(reverse("sharing:link", args=[sent[0].pk])).content.decode()
    assert "1 of 2 openings" in page
    assert "Rex Reader, from outside" not in page
    assert as_(bob).get(reverse("sharing_api:openings", args=[sent[0].pk])).status_code == 403


def test_closing_and_the_end_of_a_copy_are_recorded(sent: Sent, alice: User, version: Version) -> None:
    close(sent[0], alice)
    entry = Entry.objects.get(kind="send.closed")
    assert str(entry.person) == str(sent[0].recipient_id)
    second, _ = send(alice, version)
    with time_machine.travel(timezone.now() + timedelta(days=15), tick=False):
        assert services.end_links() == 1
    assert Entry.objects.get(kind="send.expired").detail["link"] == str(second.pk)


def test_a_program_sends_a_copy(alice: User, version: Version) -> None:
    end = (timezone.now() + timedelta(days=3)).isoformat()
    wish = {"email": REX, "expires_at": end, "mode": "download", "most_openings": 1, "purpose": "Reading"}
    path = reverse("sharing_api:sends", args=[version.pk])
    made = as_(alice).post(path, wish, content_type="application/json").json()
    assert content_of(signed_in(made["url"]).get("outside_download")) == CSV


@pytest.mark.django_db(transaction=True)
def test_of_two_last_openings_at_once_one_counts(alice: User, version: Version) -> None:
    made, token = send(alice, version, most_openings=1)
    signed_in(token)
    recipient, outcomes = Outsider.objects.get(), []
    ready = threading.Barrier(2)

    def go() -> None:
        ready.wait()
        try:
            with services.counted_opening(actor=recipient, send=made, right=Right.DOWNLOAD, visit=uuid4()):
                outcomes.append("opened")
        except Conflict:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["opened", "refused"]
    assert Visit.objects.count() == 1

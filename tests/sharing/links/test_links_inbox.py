"""What the inbox says about links, to whoever made them."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.inbox.models import Notice
from accounts.inbox.selectors import rows_for
from accounts.models import User
from sharing.models import FileRequest, WorkspaceUserGrant
from tests.sharing.links.conftest import CSV, Outside, ask_for_files
from tests.sharing.links.test_making_requests import as_
from tests.sharing.links.test_sending import send, signed_in
from tests.workspaces.conftest import put
from workspaces.models import Item, Workspace


@pytest.fixture(autouse=True)
def _mail_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.mail.transaction.on_commit", lambda send: send())


def line_for(person: User, kind: str) -> Any:
    [row] = rows_for(person, list(Notice.objects.filter(person=person, kind=kind)))
    return row.line


def test_the_maker_is_told_once_for_each_person_who_delivers(asked: tuple[FileRequest, str], alice: User) -> None:
    dora = Outside().introduced(asked[1])
    dora.send("one.csv", CSV)
    dora.send("two.csv", CSV)
    line = line_for(alice, "file_request.delivered")
    assert (line.who, line.words) == (
        "Dora Deliverer, from outside",
        "delivered something through “Scans for the reading”",
    )
    assert line.url == reverse("sharing:link", args=[asked[0].pk])
    Outside().introduced(asked[1]).send("three.csv", CSV)
    assert Notice.objects.filter(kind="file_request.delivered").count() == 2


def test_the_sender_is_told_of_the_first_opening(alice: User, workspace: Workspace) -> None:
    rex = signed_in(send(alice, put(alice, workspace, "doses.csv", CSV))[1])
    assert not Notice.objects.filter(kind="send.opened").exists()
    rex.get("outside_download")
    rex.get("outside_download")
    line = line_for(alice, "send.opened")
    assert (line.who, line.words) == ("Rex Reader, from outside", "opened the copy of “doses.csv” that you sent")


def test_whoever_may_not_share_any_more_is_told_nothing_of_it(manager: User, folder: Item) -> None:
    _, token = ask_for_files(manager, folder)
    Outside().introduced(token).send("one.csv", CSV)
    WorkspaceUserGrant.objects.filter(user=manager).delete()
    assert line_for(manager, "file_request.delivered") is None


def test_a_page_of_links_asks_as_often_for_many_as_for_one(alice: User, folder: Item) -> None:
    client = as_(alice)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(reverse("sharing:links")).status_code == 200
        return len(seen)

    ask_for_files(alice, folder)
    queries()
    one = queries()
    for _ in range(5):
        ask_for_files(alice, folder)
    assert queries() == one

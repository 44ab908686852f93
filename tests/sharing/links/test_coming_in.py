"""Who comes in through a link, and the one answer that everybody else gets."""

import re
from collections.abc import Callable
from copy import copy
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.errors import Conflict, InvalidInput, Refused
from sharing import services
from sharing.models import FileRequest, Visit, WorkspaceUserGrant
from tests.sharing.conftest import exempt
from tests.sharing.links.conftest import CSV, NOWHERE, Outside, ask_for_files, close, code_in, mailed_code
from workspaces.models import Item, Outsider, Version
from workspaces.permissions import Right
from workspaces.services import archive_workspace, remove_item

Asked = tuple[FileRequest, str]
PAGES = ("outside_visit", "outside_deliver")


@pytest.fixture(autouse=True)
def _mail_leaves(django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.mail.transaction.on_commit", lambda send: send())


def body(answer: Any) -> str:
    """Return the text of a page without what differs each time."""
    text = answer.content.decode()
    for changing in (r'nonce="[^"]*"', r'value="[A-Za-z0-9]{64}"'):
        text = re.sub(changing, "…", text)
    return str(text)


def shut_by(how: str, request: FileRequest, alice: User) -> None:
    match how:
        case "closed":
            close(request, alice)
        case "removed":
            remove_item(actor=alice, item=request.item)
        case "archived":
            archive_workspace(actor=alice, workspace=request.workspace)
        case "suspended":
            User.objects.filter(pk=request.made_by_id).update(suspended_at=timezone.now())
        case "taken out":
            WorkspaceUserGrant.objects.filter(user=request.made_by).delete()
        case "may not upload":
            exempt(request.item, "deny", Right.UPLOAD, request.made_by)


WAYS = ["closed", "removed", "archived", "suspended", "taken out", "may not upload"]


@pytest.mark.parametrize("how", WAYS)
def test_a_shut_link_answers_like_one_that_never_was(how: str, manager: User, alice: User, folder: Item) -> None:
    request, token = ask_for_files(manager, folder)
    dora = Outside().introduced(token)
    nowhere = Client().post(reverse("sharing:outside"), {"token": NOWHERE})
    assert nowhere.status_code == 404
    shut_by(how, request, alice)
    fresh = Outside().enter(token)
    assert fresh.status_code == 404
    assert body(fresh) == body(nowhere)
    for page in PAGES:
        answer = dora.get(page)
        assert answer.status_code == 404
        assert body(answer) == body(nowhere)
    assert dora.send("scan.csv", CSV).status_code == 404
    assert dora.send_form(scan=CSV).status_code == 404
    assert not Version.objects.exists()


def test_a_link_past_its_end_is_shut_before_the_clock_writes_it_down(asked: Asked) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=15), tick=False):
        assert Outside().enter(asked[1]).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token[:-1],
        lambda token: token + "x",
        lambda token: token.swapcase(),
        lambda token: token[:0],
    ],
    ids=["another letter", "shorter", "longer", "other case", "empty"],
)
def test_an_altered_token_opens_nothing(asked: Asked, change: Callable[[str], str]) -> None:
    assert Outside().enter(change(asked[1])).status_code == 404


def test_the_whole_address_may_be_pasted(asked: Asked) -> None:
    assert Outside().enter(f"  https://ithaca.example/outside/#{asked[1]} ").status_code == 302


def test_no_secret_stands_in_an_address(asked: Asked) -> None:
    outside = Outside()
    answer: Any = outside.enter(asked[1])
    assert asked[1] not in answer["Location"]
    assert outside.visit is not None
    secret = outside.client.cookies[f"visit-{outside.visit.pk}"]
    assert secret.value not in answer["Location"]
    assert (secret["httponly"], secret["samesite"], secret["path"]) == (True, "Strict", answer["Location"])
    assert secret.value.encode() not in bytes(outside.visit.digest)


def test_a_visit_belongs_to_one_browser(asked: Asked) -> None:
    dora, eve = Outside().introduced(asked[1]), Outside().introduced(asked[1])
    mine = dora.visit
    dora.visit, eve.visit = eve.visit, mine
    assert dora.get("outside_visit").status_code == 404
    assert eve.send("scan.csv", CSV).status_code == 404


def test_two_links_in_one_browser_do_not_mix(asked: Asked, alice: User, folder: Item) -> None:
    from workspaces.services import create_folder

    other = create_folder(actor=alice, workspace=folder.workspace, parent=None, name="Other")
    first, second = Outside().introduced(asked[1]), Outside()
    second.client = first.client
    second.introduced(ask_for_files(alice, other)[1])
    assert first.send("one.csv", CSV).status_code == 201
    assert second.send("two.csv", CSV).status_code == 201
    assert Item.objects.get(name="one.csv").parent == folder
    assert Item.objects.get(name="two.csv").parent == other


def test_a_visit_ends_with_the_day_and_when_somebody_leaves(asked: Asked) -> None:
    dora = Outside().introduced(asked[1])
    with time_machine.travel(timezone.now() + timedelta(hours=13), tick=False):
        assert dora.get("outside_visit").status_code == 404
    copied = copy(dora.client.cookies)
    assert dora.post("outside_leave").status_code == 200
    dora.client.cookies = copied
    assert dora.get("outside_visit").status_code == 404


def test_nobody_delivers_before_saying_who_they_are(asked: Asked) -> None:
    outside = Outside()
    outside.enter(asked[1])
    assert outside.send("scan.csv", CSV).status_code == 404
    assert outside.get("outside_deliver").status_code == 404


def test_who_somebody_is_is_said_once(asked: Asked) -> None:
    dora = Outside().introduced(asked[1])
    dora.post("outside_introduce", name="Somebody Else", email="else@lab.example")
    assert Outsider.objects.get().name == "Dora Deliverer"


def test_a_form_from_another_site_delivers_nothing(asked: Asked) -> None:
    dora = Outside().introduced(asked[1])
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = dora.client.cookies
    dora.client = strict
    assert dora.send("scan.csv", CSV).status_code == 403
    assert dora.send_form(scan=CSV).status_code == 403
    assert not Version.objects.exists()


@pytest.fixture
def addressed(alice: User, folder: Item) -> str:
    return ask_for_files(alice, folder, email="dora@lab.example")[1]


def test_a_link_for_an_address_opens_with_the_code_mailed_there(addressed: str) -> None:
    dora = Outside()
    dora.enter(addressed)
    assert dora.send("scan.csv", CSV).status_code == 404
    code = mailed_code(dora)
    assert mail.outbox[-1].to == ["dora@lab.example"]
    assert dora.post("outside_code", code=f"{code[:4]} {code[4:]}").status_code == 302
    dora.post("outside_introduce", name="Dora Deliverer")
    assert dora.send("scan.csv", CSV).status_code == 201
    outsider = Outsider.objects.get()
    assert (outsider.email, outsider.proved) == ("dora@lab.example", True)


def test_nobody_says_who_they_are_before_the_code(addressed: str) -> None:
    dora = Outside()
    dora.enter(addressed)
    assert dora.post("outside_introduce", name="Dora Deliverer").status_code == 302
    assert dora.visit is not None
    with pytest.raises(Refused):
        services.introduce(visit=dora.visit, name="Dora Deliverer")
    assert not Outsider.objects.exists()


def test_the_address_is_not_told_to_whoever_has_the_link(addressed: str) -> None:
    dora = Outside()
    dora.enter(addressed)
    assert "dora@lab.example" not in dora.get("outside_visit").content.decode()


def test_a_code_is_not_kept_and_works_once_in_one_browser(addressed: str) -> None:
    dora, eve = Outside(), Outside()
    dora.enter(addressed)
    eve.enter(addressed)
    code = mailed_code(dora)
    assert code.encode() not in bytes(Visit.objects.get(pk=dora.visit.pk).code_digest)  # type: ignore[union-attr]
    assert eve.post("outside_code", code=code).status_code == 400
    assert dora.post("outside_code", code=code).status_code == 302
    visit = Visit.objects.get(pk=dora.visit.pk)  # type: ignore[union-attr]
    visit.proved_at = None
    visit.save()
    with pytest.raises(InvalidInput):
        services.prove_code(visit=visit, code=code)


def test_a_code_ends_after_five_tries_and_after_a_quarter_of_an_hour(addressed: str) -> None:
    dora = Outside()
    dora.enter(addressed)
    code = mailed_code(dora)
    for _ in range(5):
        assert dora.post("outside_code", code="wrong").status_code == 400
    assert dora.post("outside_code", code=code).status_code == 400
    code = mailed_code(dora)
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=False):
        assert dora.post("outside_code", code=code).status_code == 400


def test_six_codes_an_hour_are_sent_for_a_link_and_no_more(addressed: str) -> None:
    for _ in range(3):
        outside = Outside()
        outside.enter(addressed)
        outside.post("outside_code")
        outside.post("outside_code")
    fourth = Outside()
    fourth.enter(addressed)
    answer = fourth.post("outside_code")
    assert answer.status_code == 400
    assert "No more codes" in answer.content.decode()
    assert len(mail.outbox) == 6
    assert len({code_in(message) for message in mail.outbox}) == 6


def test_so_many_visits_an_hour_and_no_more(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sharing.services.visits._MOST_VISITS_AN_HOUR", 1)
    services.begin_visit(token=asked[1])
    with pytest.raises(Conflict):
        services.begin_visit(token=asked[1])


def test_an_address_that_tries_very_often_is_slowed_down(db: None) -> None:
    client = Client()
    answers = {client.post(reverse("sharing:outside"), {"token": NOWHERE}).status_code for _ in range(31)}
    assert answers == {404, 429}


def test_the_pages_are_kept_out_of_caches_and_search_engines(asked: Asked) -> None:
    answer = Outside().introduced(asked[1]).get("outside_deliver")
    assert answer["Cache-Control"] == "no-store, private"
    assert "noindex" in answer["X-Robots-Tag"]
    assert answer["Referrer-Policy"] == "same-origin"


def test_visits_that_are_over_are_forgotten(asked: Asked) -> None:
    Outside().introduced(asked[1])
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        services.end_links()
    assert not Visit.objects.exists()
    assert Outsider.objects.count() == 1

"""A token lets a program act for its owner: for what it is for, as long as it lives, and nowhere but in the API."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, User
from accounts.services import make_api_token, note_password_change, revoke_api_token
from accounts.services.tokens import MAX_TOKENS
from accounts.sessions import end_sessions
from core.credentials import acting_by
from core.errors import InvalidInput, Refused
from ledger_bridge.models import Entry
from workspaces import services as workspaces
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace(alice: User) -> Workspace:
    return workspaces.create_workspace(actor=alice, name="Site 12")


def make(owner: User, *scopes: str, days: int = 30) -> tuple[ApiToken, str]:
    return make_api_token(actor=owner, name="sequencer", scopes=scopes or ("read",), days=days)


def ask(text: str, path: str = "/api/v1/workspaces/", method: str = "GET", **more: Any) -> Any:
    headers = {"Authorization": f"Bearer {text}", **more.pop("headers", {})}
    return Client(enforce_csrf_checks=True).generic(method, path, headers=headers, **more)


def test_it_shows_what_its_owner_may_see(alice: User, workspace: Workspace) -> None:
    answer = ask(make(alice)[1])
    assert [one["name"] for one in answer.json()["results"]] == ["Site 12"]


def test_it_shows_nothing_of_others(charlie: User, workspace: Workspace) -> None:
    text = make(charlie)[1]
    assert ask(text).json()["results"] == []
    assert ask(text, f"/api/v1/workspaces/{workspace.pk}/").status_code == 404


def test_it_takes_no_csrf_token_because_no_page_can_send_it(alice: User, workspace: Workspace) -> None:
    path = f"/api/v1/workspaces/{workspace.pk}/items/"
    answer = ask(make(alice, "upload")[1], path, "POST", data='{"name": "Run 7"}', content_type="application/json")
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/api/v1/workspaces/", "read"),
        ("GET", "/api/v1/workspaces/{}/items/", "read"),
        ("POST", "/api/v1/workspaces/{}/items/", "upload"),
        ("PUT", "/api/v1/workspaces/{}/files/", "upload"),
        ("POST", "/api/v1/workspaces/{}/uploads/", "upload"),
    ],
)
def test_it_lacks_what_it_was_not_made_for(
    alice: User, workspace: Workspace, method: str, path: str, scope: str
) -> None:
    others = {"read", "download", "upload"} - {scope}
    answer = ask(make(alice, *others)[1], path.format(workspace.pk), method)
    assert answer.status_code == 403
    assert f"lacks the scope “{scope}”" in answer.json()["error"]
    assert Entry.objects.filter(kind="access.refused").exists()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/workspaces/"),
        ("GET", "/api/v1/people/"),
        ("GET", "/api/v1/workspaces/{}/grants/"),
        ("POST", "/api/v1/workspaces/{}/grants/"),
    ],
)
def test_what_no_scope_names_needs_a_person(alice: User, workspace: Workspace, method: str, path: str) -> None:
    answer = ask(make(alice, "read", "download", "upload")[1], path.format(workspace.pk), method)
    assert answer.status_code == 403
    assert "sign in in a browser" in answer.json()["error"]


def test_it_opens_no_page(alice: User) -> None:
    assert ask(make(alice)[1], "/workspaces/").status_code == 302


def test_what_it_does_is_recorded_as_done_by_it(alice: User, workspace: Workspace) -> None:
    token, text = make(alice, "upload")
    path = f"/api/v1/workspaces/{workspace.pk}/items/"
    ask(text, path, "POST", data='{"name": "Run 7"}', content_type="application/json")
    entry = Entry.objects.get(kind="folder.created")
    assert (entry.actor, entry.detail["by_token"]) == (alice.pk, str(token.pk))
    assert text not in repr(entry.detail)


def test_what_is_refused_to_it_is_recorded_as_asked_by_it(alice: User, charlie: User, workspace: Workspace) -> None:
    token, text = make(charlie, "read")
    ask(text, f"/api/v1/workspaces/{workspace.pk}/")
    ask(text, f"/api/v1/workspaces/{workspace.pk}/items/", "POST")
    told = [entry.detail["by_token"] for entry in Entry.objects.filter(kind="access.refused")]
    assert told == [str(token.pk)] * 2


def test_what_its_owner_does_is_not_recorded_as_done_by_it(alice: User, workspace: Workspace, client: Client) -> None:
    ask(make(alice)[1])
    client.force_login(alice)
    path = f"/api/v1/workspaces/{workspace.pk}/items/"
    assert client.post(path, {"name": "By hand"}, content_type="application/json").status_code == 201
    assert "by_token" not in Entry.objects.get(kind="folder.created").detail


def test_what_the_installation_does_meanwhile_is_not_recorded_as_done_by_it(alice: User) -> None:
    with acting_by(lambda: True, token=str(make(alice)[0].pk)):
        end_sessions(alice)
    assert "by_token" not in Entry.objects.get(kind="token.revoked").detail


def test_the_trail_says_that_a_token_acted(alice: User, workspace: Workspace, client: Client) -> None:
    token, text = make(alice, "upload")
    path = f"/api/v1/workspaces/{workspace.pk}/items/"
    ask(text, path, "POST", data='{"name": "Run 7"}', content_type="application/json")
    client.force_login(alice)
    [entry] = Entry.objects.filter(kind="folder.created")
    for page in (f"/workspaces/{workspace.pk}/trail/", f"/audit/receipt/{entry.pk}/", "/account/tokens/"):
        assert str(token.pk) in client.get(page).content.decode(), page
    assert f", by token {token.pk}" in client.get(f"/workspaces/{workspace.pk}/trail/").content.decode()


def test_it_begins_no_session(alice: User) -> None:
    assert "sessionid" not in ask(make(alice)[1]).cookies


def test_an_unknown_one_is_refused(db: None) -> None:
    answer = ask("ithaca_nobody-made-this")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_it_ends_by_itself_and_the_attempt_is_recorded(alice: User) -> None:
    text = make(alice, days=7)[1]
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1)):
        answer = ask(text)
    assert answer.status_code == 401
    refused = Entry.objects.get(kind="token.refused")
    assert (refused.outcome, refused.detail["state"], refused.person) == ("deny", "expired", alice.pk)


def test_it_opens_nothing_once_it_is_revoked(alice: User) -> None:
    token, text = make(alice)
    revoke_api_token(actor=alice, token=token)
    assert ask(text).status_code == 401
    assert Entry.objects.filter(kind="token.revoked").count() == 1


def test_a_dead_one_is_recorded_once_a_minute_however_often_it_comes(alice: User) -> None:
    token, text = make(alice)
    revoke_api_token(actor=alice, token=token)
    assert [ask(text).status_code for _ in range(3)] == [401] * 3
    assert Entry.objects.filter(kind="token.refused").count() == 1
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        ask(text)
    assert Entry.objects.filter(kind="token.refused").count() == 2


def test_it_ends_with_the_password(alice: User) -> None:
    text = make(alice)[1]
    note_password_change(actor=alice, how="reset by mail")
    assert ask(text).status_code == 401


def test_it_ends_with_the_sessions(alice: User) -> None:
    text = make(alice)[1]
    end_sessions(alice)
    assert ask(text).status_code == 401
    ended = Entry.objects.get(kind="token.revoked")
    assert (ended.actor_kind, ended.person) == ("service", alice.pk)


def test_it_opens_nothing_for_a_suspended_person(alice: User) -> None:
    text = make(alice)[1]
    User.objects.filter(pk=alice.pk).update(suspended_at=timezone.now())
    assert ask(text).status_code == 403


def test_only_its_hash_is_kept(alice: User, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        token, text = make(alice)
    kept = ApiToken.objects.values().get(pk=token.pk)
    assert text not in repr(kept)
    assert len(text) >= 49  # 256 bits
    assert Entry.objects.get(kind="token.made").detail.keys() == {"token", "scopes", "days"}
    [sent] = mail.outbox
    assert text not in sent.body


def test_its_last_use_is_shown(alice: User) -> None:
    token, text = make(alice)
    ask(text)
    token.refresh_from_db()
    assert token.last_used_at is not None


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"name": " "}, "name"), ({"scopes": []}, "scopes"), ({"scopes": ["share"]}, "scopes"), ({"days": 366}, "days")],
)
def test_bad_input_makes_none(alice: User, changed: dict[str, Any], field: str) -> None:
    asked: dict[str, Any] = {"name": "x", "scopes": ["read"], "days": 30} | changed
    with pytest.raises(InvalidInput) as refused:
        make_api_token(actor=alice, **asked)
    assert refused.value.field == field
    assert not ApiToken.objects.exists()


def test_there_are_not_too_many(alice: User) -> None:
    for _ in range(MAX_TOKENS):
        make(alice)
    with pytest.raises(InvalidInput, match="Revoke one first"):
        make(alice)


def test_nobody_revokes_another_s(alice: User, bob: User, client: Client) -> None:
    token = make(alice)[0]
    with pytest.raises(Refused):
        revoke_api_token(actor=bob, token=token)
    client.force_login(bob)
    assert client.post(f"/account/tokens/{token.pk}/revoke/").status_code == 404


def test_the_page_makes_one_and_shows_it_once(alice: User, client: Client) -> None:
    client.force_login(alice)
    made = client.post("/account/tokens/", {"name": "sequencer", "scopes": ["read", "upload"], "days": "30"})
    assert "ithaca_" in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    token = ApiToken.objects.get(owner=alice)
    listed = client.get("/account/tokens/").content.decode()
    assert token.hint in listed
    assert listed.count("ithaca_") == 1  # the beginning, and never the whole


def test_the_page_says_what_is_missing(alice: User, client: Client) -> None:
    client.force_login(alice)
    answer = client.post("/account/tokens/", {"name": "", "days": "30"})
    assert answer.status_code == 400
    assert not ApiToken.objects.exists()


def test_the_api_describes_itself(alice: User, client: Client) -> None:
    client.force_login(alice)
    schema = client.get("/api/v1/schema/", headers={"Accept": "application/json"})
    assert schema.status_code == 200
    assert "/api/v1/workspaces/{workspace_id}/uploads/" in schema.content.decode()

"""The page about keys: who sees it, what it says while keys move, and what it keeps to itself."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right
from core import kms
from core.access import Service
from tests.fakes.failing import DownKeyService
from tests.workspaces.conftest import browser, give, put
from workspaces import services
from workspaces.models import Version, Workspace, WorkspaceKey
from workspaces.rotation import showing
from workspaces.rotation.models import KeyRotation
from workspaces.rotation.working import continue_rotation

OFFICER = Service("operator", frozenset({Right.ROTATE_KEYS}))
HTMX = {"HX-Request": "true", "Ithaca-By-Itself": "yes"}


def page(person: User, **headers: str) -> str:
    return str(browser(person).get(reverse("workspaces:rotations"), headers=headers).content.decode())


@pytest.fixture
def moving(alice: User, workspace: Workspace) -> KeyRotation:
    """A rotation of four keys of which one was moved, ten seconds after it began."""
    for n in range(4):
        put(alice, workspace, f"{n}.txt", b"x")
    rotation = services.rotate_workspace_key(actor=OFFICER, workspace=workspace)
    KeyRotation.objects.update(started_at=timezone.now() - timedelta(seconds=10))
    continue_rotation(rotation, -1)
    rotation.refresh_from_db()
    return rotation


def test_it_says_what_is_wrapped_under_what(dana: User, version: Version) -> None:
    shown = page(dana)
    assert "keys of workspaces: 1" in shown
    assert "data keys of versions: 1" in shown
    assert "No key is being replaced" in shown
    assert "hx-get" not in shown


def test_it_shows_how_far_a_rotation_is(olga: User, moving: KeyRotation) -> None:
    (one,) = showing.running()
    assert (one.moved, one.left, one.percent) == (1, 3, 25)
    assert one.pace.endswith("left")
    assert "keys a minute" in one.pace
    shown = page(olga)
    assert "1 of 4 keys moved: " in shown
    assert '<progress max="100" value="25"' in shown
    assert "Waiting for the worker" in shown


def test_it_says_when_a_worker_is_at_it(dana: User, moving: KeyRotation) -> None:
    KeyRotation.objects.update(held_until=timezone.now() + timedelta(seconds=30))
    assert "Moving, a worker is at it" in page(dana)


def test_it_tells_no_pace_that_it_does_not_know(moving: KeyRotation) -> None:
    KeyRotation.objects.update(started_at=timezone.now())
    (one,) = showing.running()
    assert one.pace == ""


def test_it_says_until_when_a_rotation_settles(dana: User, moving: KeyRotation) -> None:
    continue_rotation(moving, 60)
    shown = page(dana)
    assert "Settling" in shown
    assert "4 of 4 keys moved." in shown


def test_it_lists_what_has_ended(dana: User, moving: KeyRotation, settings: Any) -> None:
    settings.KEY_ROTATION_SETTLES = timedelta(0)
    continue_rotation(moving, 60)
    shown = page(dana)
    assert "Finished" in shown
    assert "No key is being replaced" in shown


def test_it_warns_of_keys_that_do_not_open(dana: User, version: Version) -> None:
    row = WorkspaceKey.objects.get(workspace=version.file.workspace)
    wrapped = bytes(row.wrapped_key)
    WorkspaceKey.objects.filter(pk=row.pk).update(wrapped_key=wrapped[:-1] + bytes([wrapped[-1] ^ 1]))
    continue_rotation(services.rotate_root(actor=OFFICER, root="workspaces"), 60)
    shown = page(dana)
    assert "1 key does not open" in shown


def test_without_the_key_service_it_says_so_and_what_was_noted(
    dana: User, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.rotate_root(actor=OFFICER, root="workspaces")
    client = browser(dana)
    with monkeypatch.context() as patched:
        patched.setattr(kms, "_keyring", lambda _directory: DownKeyService())
        shown = client.get(reverse("workspaces:rotations")).content.decode()
    assert "The key service does not answer" in shown
    assert "0 of 1 key moved." in shown


def test_no_workspace_is_called_by_its_name(dana: User, moving: KeyRotation, workspace: Workspace) -> None:
    shown = page(dana)
    assert workspace.name not in shown
    assert str(workspace.pk) in shown


def test_nothing_can_be_done_there(dana: User) -> None:
    assert browser(dana).post(reverse("workspaces:rotations")).status_code == 405


def test_it_is_for_admins_and_auditors(alice: User, bob: User, workspace: Workspace) -> None:
    give(workspace, "manager", bob)
    for person in (alice, bob):
        assert browser(person).get(reverse("workspaces:rotations")).status_code == 403


def test_it_is_fetched_anew_in_part_while_something_moves(dana: User, moving: KeyRotation) -> None:
    assert 'hx-trigger="every 5s"' in page(dana)
    part = page(dana, **HTMX)
    assert part.lstrip().startswith('<div class="stack" id="rotations"')
    assert "<html" not in part


def test_what_a_page_asks_by_itself_keeps_no_session_awake(dana: User, settings: Any) -> None:
    client, address = browser(dana), reverse("workspaces:rotations")
    client.get(address)
    session = client.session
    session["session_seen"] -= 120
    session.save()
    for headers, is_noted in ((HTMX, False), ({}, True)):
        client.get(address, headers=headers)
        assert (client.session["session_seen"] != session["session_seen"]) is is_noted
    settings.SESSION_IDLE_LIMIT_PRIVILEGED = timedelta(0)
    ended = client.get(address, headers=HTMX)
    assert (ended.status_code, ended["HX-Refresh"]) == (204, "true")
    assert client.get(address).status_code == 302


def test_it_takes_few_questions_to_the_database(
    dana: User, moving: KeyRotation, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    client = browser(dana)
    client.get(reverse("workspaces:rotations"))
    with django_assert_max_num_queries(32):
        client.get(reverse("workspaces:rotations"))

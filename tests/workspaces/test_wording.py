"""What the pages say, to whom."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.workspaces.conftest import browser, exempt, give
from workspaces.media_types import type_in_words
from workspaces.models import Version, Workspace
from workspaces.permissions import Right


def navigation(person: User) -> str:
    page: str = browser(person).get(reverse("accounts:people")).content.decode()
    return page.partition('aria-label="Main"')[2].partition("</nav>")[0]


def test_contributors_go_to_what_they_use(alice: User) -> None:
    links = navigation(alice)
    assert all(f">{word}</a>" in links for word in ("Workspaces", "Shared with me", "Invitations", "Groups", "People"))
    assert "Review desk" not in links


def test_admins_and_auditors_are_not_offered_workspaces(dana: User, olga: User) -> None:
    assert "Review desk" in navigation(dana)
    assert "Audit trail" in navigation(olga)
    assert not any("Workspaces" in navigation(person) for person in (dana, olga))


def test_the_bin_is_offered_to_whoever_may_restore(alice: User, bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    url = reverse("workspaces:detail", args=[workspace.pk])
    assert ">Bin</a>" in browser(alice).get(url).content.decode()
    assert ">Bin</a>" not in browser(bob).get(url).content.decode()


def test_a_refusal_says_whom_to_ask(bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    page = browser(bob).get(reverse("workspaces:settings", args=[workspace.pk])).content.decode()
    assert "Ask the owner or a manager of the workspace" in page
    assert reverse("sharing:workspace_access", args=[workspace.pk]) in page


def test_an_admin_is_not_sent_to_a_manager(dana: User) -> None:
    page = browser(dana).get(reverse("workspaces:create")).content.decode()
    assert "kept away from this on purpose" in page


def test_the_type_of_a_file_stands_there_in_words(alice: User, version: Version) -> None:
    page = browser(alice).get(reverse("workspaces:file", args=[version.file_id])).content.decode()
    assert "Table (CSV)" in page


@pytest.mark.parametrize(
    ("media_type", "words"),
    [("image/png", "Image"), ("application/dicom", "Medical image (DICOM)"), ("x/y", "Other file")],
)
def test_every_type_has_words(media_type: str, words: str) -> None:
    assert type_in_words(media_type) == words


def test_a_name_that_is_too_long_is_refused_without_jargon(alice: User, version: Version) -> None:
    url = reverse("workspaces:edit", args=[version.file_id])
    page = browser(alice).post(url, {"name": "é" * 200}).content.decode()
    assert "This name is too long" in page
    assert "bytes" not in page.partition("This name is too long")[2][:200]


def test_the_first_words_are_calm(client: Client, db: None) -> None:
    assert "Share clinical files between hospitals" in client.get("/").content.decode()


def test_a_denied_reader_is_told_the_exception(bob: User, version: Version) -> None:
    give(version.file.workspace, "visitor", bob)
    exempt(version.file, "deny", Right.DOWNLOAD, bob)
    page = browser(bob).get(reverse("workspaces:download", args=[version.pk])).content.decode()
    assert "denies download to you" in page


def test_a_list_of_which_nothing_can_be_done_has_nothing_to_tick(bob: User, version: Version) -> None:
    give(version.file.workspace, "visitor", bob)
    url = reverse("workspaces:folder", args=[version.file.parent_id])
    assert 'id="chosen"' in browser(bob).get(url).content.decode()
    exempt(version.file, "deny", Right.DOWNLOAD, bob)
    page = browser(bob).get(url).content.decode()
    assert version.file.name in page
    assert "Choose all on this page" not in page
    assert 'name="item"' not in page

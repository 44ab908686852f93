"""Scans of one folder, looked through like one stack."""

import pytest
from django.urls import reverse

from accounts.models import User
from tests.workspaces.conftest import browser, exempt, give, put
from tests.workspaces.viewer.conftest import SCAN
from workspaces.models import Version, Workspace
from workspaces.permissions import Right
from workspaces.services import create_folder, seal_upload, upload_version
from workspaces.viewer.stacks import Place, natural, place_in_stack


@pytest.fixture
def stack(alice: User, workspace: Workspace) -> list[Version]:
    content = SCAN.read_bytes()
    return [put(alice, workspace, f"slice {number}.dcm", content) for number in (1, 2, 10)]


def test_scans_come_in_the_order_of_the_numbers_in_their_names(alice: User, stack: list[Version]) -> None:
    one, two, ten = stack
    assert place_in_stack(alice, one) == Place(1, 3, None, two.pk)
    assert place_in_stack(alice, two) == Place(2, 3, one.pk, ten.pk)
    assert place_in_stack(alice, ten) == Place(3, 3, two.pk, None)


def test_other_files_and_other_folders_are_not_in_the_stack(
    alice: User, workspace: Workspace, stack: list[Version]
) -> None:
    put(alice, workspace, "slice 3.txt", b"no scan")
    folder = create_folder(actor=alice, workspace=workspace, parent=None, name="Other")
    put(alice, workspace, "slice 4.dcm", SCAN.read_bytes(), folder=folder)
    place = place_in_stack(alice, stack[0])
    assert place is not None
    assert place.count == 3


def test_a_scan_alone_is_no_stack(alice: User, scan: Version) -> None:
    assert place_in_stack(alice, scan) is None


def test_who_may_not_view_a_scan_comes_past_it(bob: User, stack: list[Version]) -> None:
    give(stack[0].file.workspace, "visitor", bob)
    exempt(stack[1].file, "deny", Right.VIEW, bob)
    assert place_in_stack(bob, stack[0]) == Place(1, 2, None, stack[2].pk)


def test_an_older_version_has_no_place(alice: User, stack: list[Version]) -> None:
    file = stack[1].file
    sealed = seal_upload(actor=alice, workspace=file.workspace, chunks=[SCAN.read_bytes()], into=file)
    newer = upload_version(actor=alice, file=file, sealed=sealed)
    assert place_in_stack(alice, stack[1]) is None
    place = place_in_stack(alice, newer)
    assert place is not None
    assert place.number == 2


def test_the_page_leads_on_through_the_same_window(alice: User, stack: list[Version]) -> None:
    answer = browser(alice).get(reverse("workspaces:view", args=[stack[0].pk]) + "?page=2&zoom=150&window=full")
    shown = answer.content.decode()
    onward = reverse("workspaces:view", args=[stack[1].pk])
    assert f'data-viewer-after href="{onward}?page=1&amp;zoom=150&amp;window=full"' in shown
    assert "1 of 3 in this folder" in shown
    assert 'data-viewer-before aria-disabled="true"' in shown


def test_names_are_sorted_as_people_do() -> None:
    assert sorted(["b", "a10", "A2", "a", "10", "9"], key=natural) == ["9", "10", "a", "A2", "a10", "b"]

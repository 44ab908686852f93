"""Several people at the same moment: the database decides, and nobody's bytes are lost or mixed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from core.errors import Conflict, InvalidInput
from ledger_bridge.models import Entry
from tests.workspaces.conftest import put, read
from workspaces import services
from workspaces.models import Item, Version, Workspace

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """Run deeds in threads with connections of their own; return what each gave, or its refusal."""

    def run(deed: Callable[[], Any]) -> Any:
        try:
            return deed()
        except (Conflict, InvalidInput) as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as threads:
        return list(threads.map(run, deeds))


def test_one_of_two_files_of_one_name_wins(alice: User, workspace: Workspace) -> None:
    results = at_once(*[lambda: put(alice, workspace, "scan.bin", b"x")] * 4)
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "Conflict", "Conflict", "Version"]
    assert Entry.objects.filter(kind="version.uploaded").count() == Version.objects.count() == 1


def test_versions_uploaded_at_once_are_numbered_without_a_gap(alice: User, workspace: Workspace) -> None:
    file = put(alice, workspace, "scan.bin", b"0").file
    at_once(*[lambda: put(alice, workspace, "scan.bin", b"x", on_conflict="new_version")] * 6)
    assert sorted(file.versions.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6, 7]
    assert all(read(alice, version) in {b"0", b"x"} for version in file.versions.all())


def test_both_can_be_kept_at_once(alice: User, workspace: Workspace) -> None:
    put(alice, workspace, "scan.bin", b"0")
    at_once(*[lambda: put(alice, workspace, "scan.bin", b"x", on_conflict="keep_both")] * 3)
    assert Item.objects.filter(name__startswith="scan").count() == 4


def test_two_folders_cannot_move_into_each_other(alice: User, workspace: Workspace) -> None:
    one, two = (
        services.create_folder(actor=alice, workspace=workspace, parent=None, name=name) for name in ("one", "two")
    )
    results = at_once(
        lambda: services.move_item(actor=alice, item=one, parent=two),
        lambda: services.move_item(actor=alice, item=two, parent=one),
    )
    assert sorted(type(result).__name__ for result in results) == ["InvalidInput", "Item"]
    assert sorted(item.depth for item in Item.objects.all()) == [1, 2]


def test_what_is_added_while_its_folder_moves_has_the_right_path(alice: User, workspace: Workspace) -> None:
    top, target = (
        services.create_folder(actor=alice, workspace=workspace, parent=None, name=name) for name in ("top", "target")
    )
    adding = [lambda number=number: put(alice, workspace, f"{number}", b"x", folder=top) for number in range(6)]
    at_once(*adding[:3], lambda: services.move_item(actor=alice, item=top, parent=target), *adding[3:])
    paths = [item.path for item in Item.objects.filter(kind="file")]
    assert len(paths) == 6
    assert all(path[:2] == [target.id, top.id] for path in paths)

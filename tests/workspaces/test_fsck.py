"""`manage.py fsck` finds what is not as it was recorded, says where, and can go on where it was broken off."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from core.errors import Unavailable
from core.kms import KeyServiceRefused
from ledger_bridge.models import Entry
from tests.workspaces.conftest import CONTENT, put
from workspaces import keys
from workspaces.integrity import surroundings
from workspaces.models import Version, Workspace
from workspaces.storage import LocalBlobStore, blob_store


def fsck(*options: str) -> tuple[int, str]:
    """Return the exit status and what was printed."""
    out = StringIO()
    try:
        call_command("fsck", *options, stdout=out, stderr=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def blob(settings: Any, version: Version) -> Path:
    name = version.blob.hex
    path: Path = settings.BLOB_DIRECTORY / name[0] / name[1] / name
    return path


def change(version: Version, **columns: Any) -> None:
    """Change a row as whoever administers the database can."""
    Version.objects.filter(pk=version.pk).update(**columns)


def flip(path: Path, at: int) -> None:
    body = bytearray(path.read_bytes())
    body[at] ^= 1
    path.write_bytes(body)


def test_a_sound_store_is_found_sound(version: Version) -> None:
    for depth in ("--quick", "--deep", "--json"):
        assert fsck(depth)[0] == 0
    assert "1 files checked" in fsck()[1]
    assert "is what was recorded" in fsck()[1]


def _missing(settings: Any, version: Version) -> None:
    blob(settings, version).unlink()


def _cut(settings: Any, version: Version) -> None:
    path = blob(settings, version)
    path.write_bytes(path.read_bytes()[:-1])


def _flipped(settings: Any, version: Version) -> None:
    flip(blob(settings, version), 20)


def _other_key(settings: Any, version: Version) -> None:
    change(version, wrapped_key=bytes(version.wrapped_key)[:-1] + b"\0")


def _other_commitment(settings: Any, version: Version) -> None:
    change(version, key_commitment=bytes(32))


def _other_row(settings: Any, version: Version) -> None:
    change(version, media_type="text/html")


DAMAGE: list[tuple[Callable[[Any, Version], None], str]] = [
    (_missing, "missing"),
    (_cut, "were recorded"),
    (_flipped, "BLAKE3"),
    (_other_key, "was not wrapped for this version"),
    (_other_commitment, "does not fit"),
    (_other_row, "differs from its entry"),
]


@pytest.mark.parametrize(("damage", "said"), DAMAGE, ids=[damage.__name__[1:] for damage, _ in DAMAGE])
def test_damage_is_found_and_said_where(
    damage: Callable[[Any, Version], None], said: str, version: Version, settings: Any
) -> None:
    damage(settings, version)
    status, printed = fsck()
    assert status == 1
    assert f"WRONG version:{version.pk}" in printed
    assert said in printed


def test_a_quick_check_reads_no_bytes(version: Version, settings: Any) -> None:
    _flipped(settings, version)
    assert fsck("--quick")[0] == 0


def test_a_deep_check_finds_a_body_whose_hash_was_changed_with_it(version: Version, settings: Any) -> None:
    from blake3 import blake3

    flip(blob(settings, version), 20)
    change(version, body_blake3=blake3(blob(settings, version).read_bytes()).digest())
    assert "does not open" in fsck("--deep")[1]


def test_a_deep_check_is_recorded_before_it_opens_anything(version: Version) -> None:
    fsck()
    assert not Entry.objects.filter(kind="storage.opened_for_check").exists()
    fsck("--deep")
    assert Entry.objects.filter(kind="storage.opened_for_check").count() == 1


def test_a_workspace_key_of_a_generation_that_is_not_known_is_found(version: Version) -> None:
    row = version.workspace_key
    row.wrapped_key = b"\1\0\0\0\x63" + bytes(row.wrapped_key)[5:]
    row.save(update_fields=["wrapped_key"])
    keys.forget_keys()
    status, printed = fsck()
    assert status == 1
    assert f"WRONG workspace {row.workspace_id} key 1" in printed


def test_what_the_database_does_not_know_is_mentioned_and_nothing_fails_by_it(
    version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = blob_store().create()
    writer.commit()
    monkeypatch.setattr(surroundings, "ORPHANED_AFTER", -60)
    status, printed = fsck()
    assert (status, "look  store: The database does not know 1 stored blob" in printed) == (0, True)


def test_a_file_in_the_trash_is_found(version: Version) -> None:
    blob_store().put_in_trash(version.blob)
    status, printed = fsck()
    assert (status, f"WRONG blob {version.blob}: It lies in the trash" in printed) == (1, True)


def test_the_answer_can_be_read_by_a_program(version: Version, settings: Any) -> None:
    _flipped(settings, version)
    problem, summary = (json.loads(line) for line in fsck("--json")[1].splitlines())
    assert (problem["where"], problem["severity"]) == (f"version:{version.pk}", "problem")
    assert (summary["files"], summary["problems"], summary["finished"]) == (1, 1, True)


def test_a_check_that_is_broken_off_says_how_to_go_on_and_goes_on(
    alice: User, workspace: Workspace, version: Version, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = put(alice, workspace, "second.csv", CONTENT)
    size = LocalBlobStore.size

    def away(self: LocalBlobStore, name: Any) -> int:
        if name == second.blob:
            raise Unavailable("The file store does not answer.")
        return size(self, name)

    monkeypatch.setattr(LocalBlobStore, "size", away)
    status, printed = fsck()
    assert status == 3
    assert f"fsck --after version:{version.pk}" in printed
    monkeypatch.undo()
    _flipped(settings, version)
    status, printed = fsck("--after", f"version:{version.pk}")
    assert (status, "1 files checked" in printed) == (0, True)


@pytest.mark.parametrize("place", ["version", "version:?", "folder:1"])
@pytest.mark.django_db
def test_a_place_that_is_none_is_refused(place: str) -> None:
    with pytest.raises(CommandError):
        fsck("--after", place)


def test_a_key_service_that_refuses_makes_a_problem_and_one_that_is_away_none(
    version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(error: Exception) -> Callable[..., Any]:
        def fail(*args: Any, **kwargs: Any) -> bytes:
            raise error

        return fail

    monkeypatch.setattr("workspaces.integrity.checking.unwrap_data_key", refuse(KeyServiceRefused("No.")))
    assert fsck()[0] == 1
    monkeypatch.setattr("workspaces.integrity.checking.unwrap_data_key", refuse(Unavailable("Away.")))
    assert fsck()[0] == 3

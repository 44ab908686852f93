"""The row of a version says what its entry committed to, or it cannot be read."""

import json
from collections.abc import Callable
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection

from accounts.models import User
from core.errors import DamagedContent
from ledger_bridge.disclosure import stored_entry
from ledger_bridge.services import sequence_entries
from ledger_bridge.stream_keys import ledger_key
from ledger_bridge.tlog.entry import commitment
from tests.workspaces.conftest import CONTENT, blobs, last_entry, put, read
from workspaces.binding import check_versions, difference
from workspaces.models import Version, Workspace


def rewrite_entry(version: Version, sql: str, *values: Any) -> None:
    """Change the entry of a version as the owner of the tables could."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE ledger_bridge_entry DISABLE TRIGGER USER")
        cursor.execute(f"{sql} WHERE id = %s", [*values, version.entry])
        cursor.execute("ALTER TABLE ledger_bridge_entry ENABLE TRIGGER USER")


def fresh(version: Version) -> Version:
    return Version.objects.select_related("file__workspace", "workspace_key").get(pk=version.pk)


def change(**values: Any) -> Callable[[Version], Any]:
    return lambda version: Version.objects.filter(pk=version.pk).update(**values)


def credit_another(version: Version) -> None:
    Version.objects.filter(pk=version.pk).update(created_by=User.objects.exclude(pk=version.author.pk).first())


def borrow_the_entry_of_another(version: Version) -> None:
    other = put(version.file.workspace.owner, version.file.workspace, "other.csv", CONTENT)
    Version.objects.filter(pk=version.pk).update(entry=other.entry)


def change_row_and_entry(version: Version) -> None:
    Version.objects.filter(pk=version.pk).update(number=7)
    rewrite_entry(version, """UPDATE ledger_bridge_entry SET detail = jsonb_set(detail, '{number}', '7')""")


def change_row_and_commit_to_it(version: Version) -> None:
    change_row_and_entry(version)
    changed = stored_entry(str(version.entry))
    assert changed is not None
    forged = commitment(changed.fields, changed.seed)
    rewrite_entry(version, "UPDATE ledger_bridge_entry SET commitment = %s", forged)


def take_the_code_away(version: Version) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE ledger_bridge_entry DROP CONSTRAINT entry_has_code")
    rewrite_entry(version, "UPDATE ledger_bridge_entry SET code = NULL, pads = NULL")


TAMPERINGS: dict[str, Callable[[Version], Any]] = {
    "number": change(number=7),
    "media type": change(media_type="application/pdf"),
    "detected type": change(detected_type="application/pdf"),
    "what an archive holds": change(archive="sound", archive_finding="3 entries."),
    "SHA-256": change(plaintext_sha256=bytes(32)),
    "BLAKE3": change(body_blake3=bytes(32)),
    "no entry": change(entry=uuid4()),
    "another's work": credit_another,
    "another's entry": borrow_the_entry_of_another,
    "row and entry": change_row_and_entry,
    "row, entry and commitment": change_row_and_commit_to_it,
    "no code": take_the_code_away,
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_a_row_that_its_entry_does_not_bear_out_cannot_be_read(
    alice: User, bob: User, version: Version, tampering: str
) -> None:
    TAMPERINGS[tampering](version)
    with pytest.raises(DamagedContent):
        read(alice, fresh(version))
    assert (last_entry().kind, last_entry().outcome) == ("version.damaged", "deny")


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_fsck_finds_such_a_row(bob: User, version: Version, tampering: str) -> None:
    TAMPERINGS[tampering](version)
    assert f"version {version.pk}" in {problem.where for problem in check_versions()}


def test_the_alert_names_what_differs(alice: User, version: Version) -> None:
    change(number=7)(version)
    with pytest.raises(DamagedContent):
        read(alice, fresh(version))
    assert "detail.number" in json.dumps(last_entry().detail)


def test_a_version_can_be_read_once_its_entry_is_in_the_log(alice: User, version: Version) -> None:
    sequence_entries()
    assert read(alice, fresh(version)) == CONTENT


def test_comparing_costs_two_queries(
    version: Version, django_assert_num_queries: Any, django_capture_on_commit_callbacks: Any
) -> None:
    version = fresh(version)
    with django_capture_on_commit_callbacks(execute=True):
        ledger_key()
    with django_assert_num_queries(2):  # the entry with its leaf, and what its streams are known by
        assert difference(version) is None


def test_fsck_accepts_what_nobody_touched(version: Version) -> None:
    assert list(check_versions()) == []


def test_fsck_finds_a_version_without_its_bytes(version: Version, settings: Any) -> None:
    blobs(settings)[0].unlink()
    assert [problem.where for problem in check_versions()] == [f"version {version.pk}"]


def test_fsck_finds_a_version_whose_bytes_are_fewer(version: Version, settings: Any) -> None:
    blobs(settings)[0].write_bytes(b"short")
    assert [problem.where for problem in check_versions()] == [f"version {version.pk}"]


def test_fsck_finds_a_version_whose_row_is_gone(alice: User, workspace: Workspace, version: Version) -> None:
    entry = version.entry
    type(version.file).objects.filter(pk=version.file_id).update(current_version=None)
    Version.objects.filter(pk=version.pk).delete()
    assert [problem.where for problem in check_versions()] == [f"entry {entry}"]


def test_the_check_is_part_of_ledger_fsck(alice: User, version: Version) -> None:
    sequence_entries()
    change(number=7)(version)
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("ledger_fsck", stdout=out)
    assert f"version {version.pk}" in out.getvalue()

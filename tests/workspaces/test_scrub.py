"""The check in the background comes past every file, tells once, and forgets what is whole again."""

import logging
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings as live
from django.utils import timezone

from accounts.models import User
from core.errors import Unavailable
from ledger_bridge.models import Entry
from tests.workspaces.conftest import CONTENT, put
from tests.workspaces.test_fsck import blob, flip
from workspaces.integrity import scrubbing
from workspaces.integrity.scrubbing import condition, damage, scrub
from workspaces.models import ScrubState, Version, Workspace
from workspaces.tasks import check_stored_files


def recorded() -> list[str]:
    kinds = ["version.damage_found", "version.found_whole"]
    return list(Entry.objects.filter(kind__in=kinds).order_by("recorded_at").values_list("kind", flat=True))


def later(days: float = 1.1) -> Any:
    return time_machine.travel(timezone.now() + timedelta(days=days), tick=True)


def test_nothing_is_said_of_sound_files(version: Version) -> None:
    assert scrub() == 1
    assert (damage(), condition(), recorded()) == ([], [], [])


def test_damage_is_told_once_and_shown_until_it_is_repaired(
    version: Version, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    flip(blob(settings, version), 20)
    scrub()
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]
    for _ in range(2):
        with later():
            scrub()
    assert recorded() == ["version.damage_found"]
    assert "BLAKE3" in damage(version)[0]
    assert "1 stored file is damaged" in condition()[0]
    flip(blob(settings, version), 20)
    scrub()
    assert recorded() == ["version.damage_found", "version.found_whole"]
    assert (damage(), condition()) == ([], [])


def test_the_entry_says_which_file(version: Version, settings: Any) -> None:
    blob(settings, version).unlink()
    scrub()
    entry = Entry.objects.get(kind="version.damage_found")
    assert (entry.item, entry.outcome) == (version.file_id, "deny")


def test_a_store_is_read_in_parts_until_its_end(
    alice: User, workspace: Workspace, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        put(alice, workspace, f"{number}.csv", CONTENT)
    monkeypatch.setattr(scrubbing, "_MOST_FILES", 2)
    assert [scrub(), scrub(), scrub()] == [2, 2, 1]
    row = ScrubState.objects.get()
    assert (row.passes, row.place) == (1, "")
    assert scrub() == 0  # it rests
    with later():
        assert scrub() == 2


def test_everything_is_read_within_the_days_that_were_set(version: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scrubbing, "_LEAST", 0)
    monkeypatch.setattr(scrubbing, "_total", lambda: 7 * 144 * 1000)
    monkeypatch.setattr(live, "SCRUB_DAYS", 7)
    read: list[int] = []

    class Sized:
        size = 100

    monkeypatch.setattr(scrubbing, "walk", lambda _: iter([Sized()] * 100))
    read = [stored.size for stored in scrubbing._next_part(ScrubState())]
    assert 1000 <= sum(read) <= 1500


def test_a_store_that_is_away_is_not_damage(version: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any) -> Any:
        raise Unavailable("The file store does not answer.")

    monkeypatch.setattr(scrubbing, "faults", away)
    scrub()
    assert (damage(), recorded()) == ([], [])
    assert ScrubState.objects.get().passes == 0


def test_two_workers_at_the_same_part_record_it_once(version: Version, settings: Any, monkeypatch: Any) -> None:
    flip(blob(settings, version), 20)
    look = scrubbing._look

    def meanwhile(stored: Any) -> Any:
        monkeypatch.setattr(scrubbing, "_look", look)
        scrub()
        ScrubState.objects.update(place="version:00000000-0000-7000-8000-000000000000")
        return look(stored)

    monkeypatch.setattr(scrubbing, "_look", meanwhile)
    scrub()
    assert recorded() == ["version.damage_found"]


def test_a_check_that_does_not_come_to_its_end_is_noticed(version: Version) -> None:
    scrub()
    with later(days=2 * live.SCRUB_DAYS + 1):
        assert "has not come to its end" in condition()[0]


def test_a_file_that_was_destroyed_is_forgotten(version: Version, settings: Any) -> None:
    flip(blob(settings, version), 20)
    scrub()
    row = ScrubState.objects.get()
    row.found = [{**row.found[0], "place": "version:00000000-0000-7000-8000-000000000000"}]
    row.save()
    scrub()
    assert damage() == []


def test_the_page_of_promises_and_the_page_of_the_file_say_so(
    client: Any, alice: User, version: Version, settings: Any
) -> None:
    flip(blob(settings, version), 20)
    check_stored_files()
    assert "1 stored file is damaged" in client.get("/promises/").content.decode()
    client.force_login(alice)
    assert "is damaged" in client.get(f"/workspaces/files/{version.file_id}/").content.decode()

"""Looking at a version: the opening is recorded before anything is opened, the pages when the person is done."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.models import User
from core.errors import DamagedContent, Gone, Refused
from ledger_bridge.models import Entry
from sharing.models import WorkspaceUserGrant
from tests.workspaces.conftest import blobs, exempt, give, last_entry
from workspaces import services
from workspaces.models import Item, Version
from workspaces.permissions import Right
from workspaces.viewer.drawing import Drawn, Job, ReadAt, Renderer, renderer
from workspaces.viewer.models import Viewing
from workspaces.viewer.runs import MOST, in_words, with_page
from workspaces.viewer.showing import Look, show_page


def see(actor: User, version: Version, *pages: int) -> None:
    services.view_version(actor=actor, version=version)
    for page in pages:
        services.record_page(actor=actor, version=version, page=page)


def later(**ago: int) -> None:
    """Let the last page of every viewing lie so long ago."""
    Viewing.objects.update(seen_at=timezone.now() - timedelta(**ago))


def entries(kind: str) -> list[Entry]:
    return list(Entry.objects.filter(kind=kind).order_by("recorded_at"))


def test_looking_is_recorded_once_however_many_pages_are_turned(bob: User, scan: Version) -> None:
    give(scan.file.workspace, "visitor", bob)
    opened = services.view_version(actor=bob, version=scan)
    see(bob, scan, 1, 2, 1)
    (entry,) = entries("version.opened")
    assert (entry.actor, entry.version, entry.outcome, str(entry.id)) == (bob.id, scan.id, "allow", opened.entry)


def test_the_pages_are_recorded_when_the_person_is_done(alice: User, scan: Version) -> None:
    see(alice, scan, 2, 1, 7)
    assert services.end_viewings() == 0
    later(minutes=16)
    assert services.end_viewings() == 1
    (entry,) = entries("version.viewed")
    assert (entry.actor, entry.version) == (alice.id, scan.id)
    assert entry.detail["pages"] == "pages 1 to 2, 7"
    assert entry.detail["opening"] == str(entries("version.opened")[0].id)
    assert not Viewing.objects.exists()


def test_a_pause_ends_a_viewing_and_the_next_page_begins_another(alice: User, scan: Version) -> None:
    see(alice, scan, 1)
    later(minutes=16)
    see(alice, scan, 2)
    assert len(entries("version.opened")) == 2
    assert len(entries("version.viewed")) == 1
    assert Viewing.objects.get().pages == [[2, 2]]


def test_a_viewing_does_not_last_for_ever(alice: User, scan: Version) -> None:
    see(alice, scan, 1)
    Viewing.objects.update(began_at=timezone.now() - timedelta(hours=9))
    see(alice, scan, 2)
    assert len(entries("version.opened")) == 2


def test_a_summary_has_a_bound(alice: User, scan: Version) -> None:
    see(alice, scan, *range(1, 2 * MOST + 1, 2))
    assert len(entries("version.opened")) == 1
    services.record_page(actor=alice, version=scan, page=2 * MOST + 1)
    assert (len(entries("version.opened")), len(entries("version.viewed"))) == (2, 1)


def test_two_people_look_for_themselves(alice: User, bob: User, scan: Version) -> None:
    give(scan.file.workspace, "visitor", bob)
    see(alice, scan, 1)
    see(bob, scan, 2)
    assert {(viewing.viewer_id, viewing.pages[0][0]) for viewing in Viewing.objects.all()} == {
        (alice.id, 1),
        (bob.id, 2),
    }


def test_looking_requires_the_right(charlie: User, scan: Version) -> None:
    with pytest.raises(Refused):
        services.view_version(actor=charlie, version=scan)
    with pytest.raises(Refused):
        services.record_page(actor=charlie, version=scan, page=1)
    assert not Viewing.objects.exists()


def test_looking_needs_no_right_to_download(bob: User, scan: Version) -> None:
    give(scan.file.workspace, "visitor", bob)
    exempt(scan.file, "deny", Right.DOWNLOAD, bob)
    assert show_page(actor=bob, version=scan, look=Look()).picture


def test_what_was_removed_for_good_is_not_shown(alice: User, scan: Version) -> None:
    gone = {"removed_at": timezone.now(), "shredded_at": timezone.now(), "name": "", "name_key": ""}
    Item.objects.filter(pk=scan.file_id).update(**gone)
    with pytest.raises(Gone):
        services.view_version(actor=alice, version=scan)


def test_damage_is_found_before_anything_is_drawn(alice: User, scan: Version, settings: Any) -> None:
    (blob,) = blobs(settings)
    blob.write_bytes(blob.read_bytes()[:-1])
    with pytest.raises(DamagedContent):
        show_page(actor=alice, version=scan, look=Look())
    assert last_entry().kind == "version.damaged"


def test_without_an_entry_nothing_is_opened(alice: User, scan: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    from workspaces.services import viewing

    def fails(*_: Any, **__: Any) -> str:
        raise OSError("no database")

    monkeypatch.setattr(viewing, "record", fails)
    monkeypatch.setattr(viewing, "OpenedVersion", None)
    with pytest.raises(OSError, match="no database"):
        services.view_version(actor=alice, version=scan)


def test_a_right_that_goes_while_a_page_is_drawn_keeps_the_page_back(
    bob: User, scan: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = give(scan.file.workspace, "visitor", bob)
    draw = Renderer.draw

    def draw_slowly(self: Renderer, *args: Any, **more: Any) -> Any:
        drawn = draw(self, *args, **more)
        WorkspaceUserGrant.objects.filter(pk=grant.pk).delete()
        return drawn

    monkeypatch.setattr(Renderer, "draw", draw_slowly)
    with pytest.raises(Refused):
        show_page(actor=bob, version=scan, look=Look())
    assert Viewing.objects.get().pages == []
    assert last_entry().kind == "version.cut_off"


def test_a_page_is_recorded_only_when_there_was_one(alice: User, scan: Version) -> None:
    from workspaces.viewer.errors import NoSuchPage

    with pytest.raises(NoSuchPage):
        show_page(actor=alice, version=scan, look=Look(page=9))
    assert Viewing.objects.get().pages == []


def test_the_watermark_names_the_entry_of_the_opening(
    alice: User, scan: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Job] = []
    draw = renderer().draw

    def note(_: Renderer, job: Job, read_at: ReadAt, **more: Any) -> Drawn:
        seen.append(job)
        return draw(job, read_at, **more)

    monkeypatch.setattr(Renderer, "draw", note)
    show_page(actor=alice, version=scan, look=Look())
    who, when = seen[0].stamp
    assert who == "Alice Brandt · Charité, Berlin"
    assert UUID(when.rpartition(" ")[2]) == entries("version.opened")[0].id


@pytest.mark.parametrize(
    ("pages", "runs", "words"),
    [
        ([], [], "no page"),
        ([3], [[3, 3]], "page 3"),
        ([1, 2, 3], [[1, 3]], "pages 1 to 3"),
        ([3, 1, 2, 2], [[1, 3]], "pages 1 to 3"),
        ([1, 9, 5, 4], [[1, 1], [4, 5], [9, 9]], "pages 1, 4 to 5, 9"),
    ],
)
def test_pages_become_runs(pages: list[int], runs: list[list[int]], words: str) -> None:
    grown: list[list[int]] = []
    for page in pages:
        grown = with_page(grown, page)
    assert (grown, in_words(grown)) == (runs, words)

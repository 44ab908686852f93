"""Activity, line by line: who did what to which version, when, and which pages."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from ledger_bridge.models import Entry
from ledger_bridge.selectors import Place
from tests.workspaces.activity.conftest import about, look, stop_looking, take
from tests.workspaces.conftest import exempt, put, read
from workspaces import services
from workspaces.activity import lines
from workspaces.activity.lines import Line, page_of
from workspaces.models import Version, Workspace
from workspaces.permissions import Right


def seen(asker: User, thing: Any, **more: Any) -> list[Line]:
    return page_of(about(thing), asker=asker, **more).lines


def test_a_line_says_who_did_what_to_which_version(alice: User, bob: User, report: Version) -> None:
    take(bob, report)
    (line,) = seen(alice, report.file)
    assert (line.who, line.institution, line.act) == (bob.name, str(bob.institution), "Downloaded it")
    assert (line.name, line.version, line.is_here) == ("report.txt", 1, True)
    assert Entry.objects.get(pk=line.entry).kind == "version.downloaded"


def test_an_opening_comes_with_its_pages_and_times(alice: User, bob: User, report: Version) -> None:
    look(bob, report, 1, 3, seconds=40)
    stop_looking()
    (line,) = seen(alice, report.file)
    assert (line.act, line.pages, line.state) == ("Looked at it", "pages 1, 3", "")
    assert (line.times, line.shown_for, line.measured) == ({3: 40}, "about 40 s", "browser")


def test_while_somebody_looks_the_line_says_so(alice: User, bob: User, report: Version) -> None:
    look(bob, report, 1, seconds=40)
    (line,) = seen(alice, report.file)
    assert (line.state, line.pages, line.times) == ("looking", "", {})


def test_each_opening_has_its_own_pages(alice: User, bob: User, report: Version) -> None:
    look(bob, report, 1, seconds=10)
    stop_looking()
    look(bob, report, 2, seconds=20)
    stop_looking()
    assert [line.times for line in seen(alice, report.file)] == [{2: 20}, {1: 10}]


def test_an_opening_without_a_viewing_has_no_known_pages(alice: User, report: Version) -> None:
    read(alice, report)
    (line,) = seen(alice, report.file)
    assert line.state == "unknown"


def test_changes_are_no_activity(alice: User, report: Version) -> None:
    services.rename_item(actor=alice, item=report.file, name="renamed.txt")
    assert seen(alice, report.file) == []


def test_a_workspace_has_the_lines_of_all_its_files(alice: User, bob: User, team: Workspace, report: Version) -> None:
    take(bob, report)
    take(bob, put(alice, team, "other.txt", b"x"))
    assert {line.name for line in seen(alice, team)} == {"report.txt", "other.txt"}
    assert {line.name for line in seen(alice, report.file)} == {"report.txt"}


def test_who_may_not_see_a_file_has_no_lines_about_it(
    bob: User, charlie: User, team: Workspace, report: Version
) -> None:
    take(charlie, report)
    assert len(seen(bob, team)) == 1
    exempt(report.file, "deny", Right.VIEW, bob)
    assert seen(bob, team) == []


def test_of_what_one_did_oneself_the_name_is_not_told_once_it_is_hidden(
    bob: User, team: Workspace, report: Version
) -> None:
    take(bob, report)
    exempt(report.file, "deny", Right.VIEW, bob)
    assert [(line.name, line.is_here) for line in seen(bob, team)] == [(lines.UNSEEN, False)]


def test_lines_can_be_narrowed_to_a_person_a_kind_and_a_time(alice: User, bob: User, report: Version) -> None:
    take(bob, report)
    take(alice, report)
    look(bob, report, 1)
    within, later = about(report.file), timezone.now() + timedelta(hours=1)
    of_bob = replace(within, people=(str(bob.pk),))
    assert {line.who for line in page_of(of_bob, asker=alice).lines} == {bob.name}
    assert len(page_of(replace(of_bob, kind="version.downloaded"), asker=alice).lines) == 1
    assert page_of(replace(within, since=later), asker=alice).lines == []
    assert len(page_of(replace(within, until=later), asker=alice).lines) == 3


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_pages_lead_through_everything_once_and_back(
    alice: User, report: Version, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    oldest_first = order == "oldest"
    monkeypatch.setattr(lines, "PAGE", 2)
    for _ in range(5):
        take(alice, report)
    on, back = ("newer", "older") if oldest_first else ("older", "newer")
    page = page_of(about(report.file), asker=alice, oldest_first=oldest_first)
    assert (getattr(page, back), page.count) == (None, 5)
    walked, pages = [page.lines], [page]
    while token := getattr(pages[-1], on):
        place = Place.parse({on: token})
        pages.append(page_of(about(report.file), asker=alice, place=place, oldest_first=oldest_first))
        walked.append(pages[-1].lines)
    times = [line.at for part in walked for line in part]
    assert times == sorted(times, reverse=not oldest_first)
    assert [len(part) for part in walked] == [2, 2, 1]
    place = Place.parse({back: getattr(pages[1], back)})
    assert page_of(about(report.file), asker=alice, place=place, oldest_first=oldest_first).lines == walked[0]


def test_what_was_erased_stays_a_line_that_says_nothing(alice: User, report: Version) -> None:
    take(alice, report)
    entry = Entry.objects.get(kind="version.downloaded")
    vars(entry).update(is_readable=False, actor=None, person=None, item=None, detail={})
    (line,) = lines.described([entry], asker=alice)
    assert (line.who, line.name, line.version) == (lines.ERASED, "", None)

"""For how long a page was shown: by the clock of the server, and never more than is known."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.errors import Refused
from ledger_bridge.models import Entry
from tests.workspaces.conftest import browser, give
from workspaces import services
from workspaces.models import Version
from workspaces.viewer.models import Viewing
from workspaces.viewer.times import as_text, from_text, in_words


def look(actor: User, version: Version, *pages: int) -> None:
    services.view_version(actor=actor, version=version)
    for page in pages:
        services.record_page(actor=actor, version=version, page=page)


def show(actor: User, version: Version, page: int | None, *, told: bool = True) -> None:
    services.note_shown(actor=actor, version=version, page=page, told=told)


def wait(**time: float) -> None:
    """Let so much time pass since the last sign."""
    Viewing.objects.update(shown_at=timezone.now() - timedelta(**time))


def recorded() -> dict[str, Any]:
    Viewing.objects.update(seen_at=timezone.now() - timedelta(minutes=16))
    services.end_viewings()
    detail: dict[str, Any] = Entry.objects.get(kind="version.viewed").detail
    return detail


def test_the_time_between_two_signs_belongs_to_the_page_of_the_first(alice: User, scan: Version) -> None:
    look(alice, scan, 1, 2)
    show(alice, scan, 1)
    wait(seconds=20)
    show(alice, scan, 1)
    wait(seconds=20)
    show(alice, scan, 2)
    wait(seconds=7)
    show(alice, scan, None)
    detail = recorded()
    assert from_text(detail["times"]) == {1: 40, 2: 7}
    assert detail["measured"] == "browser"


def test_while_nobody_looks_no_time_passes(alice: User, scan: Version) -> None:
    look(alice, scan, 1)
    show(alice, scan, 1)
    show(alice, scan, None)
    wait(minutes=4)
    show(alice, scan, 1)
    wait(seconds=9)
    show(alice, scan, None)
    assert from_text(recorded()["times"]) == {1: 9}


def test_a_browser_that_falls_silent_is_believed_for_a_minute(alice: User, scan: Version) -> None:
    look(alice, scan, 1)
    show(alice, scan, 1)
    wait(minutes=10)
    show(alice, scan, 1)
    assert from_text(recorded()["times"]) == {1: 60}


def test_without_reports_the_time_to_the_next_page_counts_up_to_five_minutes(alice: User, scan: Version) -> None:
    look(alice, scan, 1, 2)
    show(alice, scan, 1, told=False)
    wait(minutes=2)
    show(alice, scan, 2, told=False)
    wait(minutes=14)
    show(alice, scan, 1, told=False)
    detail = recorded()
    assert from_text(detail["times"]) == {1: 120, 2: 300}
    assert detail["measured"] == "requests"


def test_a_clock_that_goes_back_takes_no_time_away(alice: User, scan: Version) -> None:
    look(alice, scan, 1)
    show(alice, scan, 1)
    wait(seconds=-60)
    show(alice, scan, None)
    assert recorded()["times"] == ""


def test_a_page_that_was_not_sent_was_not_shown(alice: User, scan: Version) -> None:
    look(alice, scan, 1)
    show(alice, scan, 2)
    wait(seconds=30)
    show(alice, scan, None)
    assert (recorded()["times"], Viewing.objects.count()) == ("", 0)


def test_somebody_who_still_looks_has_not_stopped(alice: User, scan: Version) -> None:
    look(alice, scan, 1)
    Viewing.objects.update(seen_at=timezone.now() - timedelta(minutes=10))
    show(alice, scan, 1)
    assert Viewing.objects.get().seen_at > timezone.now() - timedelta(minutes=1)


def test_nothing_is_noted_after_the_end(alice: User, scan: Version) -> None:
    look(alice, scan, 1)
    Viewing.objects.update(seen_at=timezone.now() - timedelta(minutes=16))
    show(alice, scan, 1)
    assert Viewing.objects.get().shown_page is None
    services.end_viewings()
    show(alice, scan, 1)
    assert not Viewing.objects.exists()


def test_a_summary_of_times_has_a_bound(alice: User, scan: Version) -> None:
    look(alice, scan, 1)
    Viewing.objects.update(times={str(page): 5000 for page in range(1, 201)}, pages=[[1, 400]])
    for page in (300, 1):
        show(alice, scan, page)
        wait(seconds=5)
    show(alice, scan, None)
    times = from_text(recorded()["times"])
    assert (len(times), times[1], 300 in times) == (200, 10, False)


def test_telling_requires_the_right(charlie: User, scan: Version) -> None:
    with pytest.raises(Refused):
        show(charlie, scan, 1)


def test_a_browser_tells_by_a_small_form(bob: User, scan: Version) -> None:
    give(scan.file.workspace, "visitor", bob)
    client, address = browser(bob), reverse("workspaces:view_shown", args=[scan.pk])
    page = client.get(reverse("workspaces:view", args=[scan.pk])).content.decode()
    assert f'data-told-url="{address}"' in page
    client.get(reverse("workspaces:view_page", args=[scan.pk]))
    assert client.post(address, {"page": "1"}).status_code == 204
    viewing = Viewing.objects.get()
    assert (viewing.shown_page, viewing.is_told) == (1, True)
    assert client.post(address, {"page": ""}).status_code == 204
    assert Viewing.objects.get().shown_page is None
    assert client.post(address, {"page": "first"}).status_code == 400


def test_a_page_that_is_asked_for_is_a_sign_without_javascript(alice: User, scan: Version) -> None:
    browser(alice).get(reverse("workspaces:view", args=[scan.pk]) + "?page=2")
    viewing = Viewing.objects.get()
    assert (viewing.shown_page, viewing.is_told) == (2, False)


def test_times_read_as_people_say_them() -> None:
    assert as_text({"10": 1400, "2": 40_000, "3": 300}) == "2=40 10=1"
    assert [in_words(seconds) for seconds in (40, 170, 3900, 7200)] == [
        "about 40 s", "about 3 min", "about 1 h 5 min", "about 2 h",
    ]  # fmt: skip

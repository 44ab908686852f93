"""The trail: who sees what of it, and finding one's way."""

import re
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from django.db.models import Q
from django.http import HttpResponse
from django.test import Client

from accounts.backends import _ROLE_RIGHTS
from accounts.models import User
from core.access import Service
from core.errors import Refused
from ledger_bridge import names
from ledger_bridge.events import AccessRefused
from ledger_bridge.filters import TrailFilters
from ledger_bridge.models import Entry
from ledger_bridge.permissions import Right
from ledger_bridge.recording import record_durably
from ledger_bridge.selectors import PAGE_SIZE, Place, count_over_time, trail_page
from ledger_bridge.services import view_trail
from ledger_bridge.subjects import Subject
from tests.ledger_bridge.conftest import Fill, Thing

ROOM = Service("a room above", frozenset({"ledger_bridge.view_trails"}))


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    """People are called by their e-mail's first part, workspaces “Site 12”, and nothing else has a name."""
    monkeypatch.setattr(names, "_resolvers", {"person": _people, "workspace": _workspaces})
    monkeypatch.setattr(names, "_searches", {})


def _people(ids: Collection[str]) -> dict[str, str]:
    return {str(user.id): user.name for user in User.objects.filter(id__in=list(ids))}


def _workspaces(ids: Collection[str]) -> dict[str, str]:
    return dict.fromkeys(ids, "Site 12")


def get(user: User, path: str = "/audit/", **query: str) -> HttpResponse:
    client = Client()
    client.force_login(user)
    response: Any = client.get(path, query)
    return cast("HttpResponse", response)


def text(user: User, path: str = "/audit/", **query: str) -> str:
    return get(user, path, **query).content.decode()


def test_an_auditor_reads_it_in_sentences(fill: Fill, alice: User, olga: User) -> None:
    fill(1, actor=alice)
    assert "Alice Brandt looked at the trail (0)" in text(olga)


def test_looking_is_recorded(olga: User) -> None:
    get(olga, kind="trail.viewed")
    entry = Entry.objects.get()
    assert (str(entry.actor), entry.detail) == (olga.ledger_id, {"filters": '{"kind": "trail.viewed"}'})


def test_looking_at_one_workspace_belongs_to_its_trail(fill: Fill, olga: User, thing: Thing) -> None:
    fill(1, subject=thing)
    get(olga, workspace="Site 12")
    assert str(Entry.objects.latest("recorded_at").workspace) == thing.ledger_subject.workspace


@pytest.mark.parametrize("person", ["alice", "dana"])
def test_it_is_refused_to_others(person: str, db: None, request: pytest.FixtureRequest) -> None:
    for asked in ({}, {"since": "2026-13-01"}):
        assert get(request.getfixturevalue(person), **asked).status_code == 403


def test_who_may_look_and_not_take_it_along_is_offered_no_export(
    fill: Fill, alice: User, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(1, actor=alice)
    assert "Export with proof" in text(olga)
    monkeypatch.setitem(_ROLE_RIGHTS, "auditor", frozenset({Right.VIEW_TRAILS}))
    assert "Export with proof" not in text(olga)


def test_the_refusal_is_in_the_trail(alice: User) -> None:
    get(alice)
    entry = Entry.objects.get()
    assert (entry.kind, entry.outcome, str(entry.actor)) == ("access.refused", "deny", alice.ledger_id)


def test_nobody_sees_it_without_an_account(db: None) -> None:
    assert Client().get("/audit/").status_code == 302


def test_everybody_sees_their_own(fill: Fill, alice: User, bob: User) -> None:
    fill(1, actor=alice)
    fill(1, actor=bob, subject=alice)
    fill(1, actor=bob)
    page = text(alice, "/audit/mine/")
    assert page.count("timeline__time") == 3  # the two and this visit
    assert page.count("Bob Lefèvre looked") == 1


def test_an_applicant_sees_their_own_too(fill: Fill, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(role="applicant")
    assert get(alice, "/audit/mine/").status_code == 200


def test_one_s_own_trail_cannot_be_turned_into_another_s(fill: Fill, alice: User, bob: User) -> None:
    fill(1, actor=bob)
    assert "Bob Lefèvre looked" not in text(alice, "/audit/mine/", person="Bob Lefèvre")


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ({"person": "alice brandt"}, 1),
        ({"person": "Lef"}, 1),
        ({"workspace": "site 12"}, 1),
        ({"outcome": "deny"}, 1),
        ({"kind": "access.refused"}, 1),
        ({"kind": "trail.viewed", "outcome": "deny"}, 0),
        ({"until": "2020-01-01"}, 0),
        ({"since": "2020-01-01"}, 4),
    ],
)
def test_it_is_narrowed(
    fill: Fill, alice: User, bob: User, thing: Thing, olga: User, query: dict[str, str], seen: int
) -> None:
    fill(1, actor=alice)
    fill(1, actor=bob)
    fill(1, subject=thing)
    record_durably(AccessRefused(right="view", rule="no"), actor=None, outcome="deny")
    # This visit itself is in the list when nothing excludes it.
    visit = int(not {"outcome", "kind", "until"} & set(query))
    assert text(olga, **query).count("timeline__time") == seen + visit


def test_a_name_that_nobody_has_is_said_at_the_field(fill: Fill, olga: User) -> None:
    page = text(olga, person="Nobody At All")
    assert "Nothing in this trail has this name" in page
    assert "timeline__time" not in page


def test_a_wrong_date_is_said_at_the_field(olga: User) -> None:
    assert "Enter a valid date" in text(olga, since="yesterday")


def test_days_in_the_wrong_order_are_said(olga: User) -> None:
    assert "The last day lies before the first" in text(olga, since="2026-02-01", until="2026-01-01")


def test_a_damaged_place_is_said(olga: User) -> None:
    response = get(olga, older="0_not-an-id")
    assert response.status_code == 400
    assert "Start again" in response.content.decode()


@pytest.mark.parametrize(
    "place", ["99999999999999999999999_0", "x_y", "_", "1_", "-1_00000000-0000-0000-0000-000000000000"]
)
def test_any_damaged_place_is_a_sentence(olga: User, place: str) -> None:
    assert get(olga, older=place).status_code in {200, 400}


def test_an_empty_trail_says_so(olga: User) -> None:
    assert "Nothing recorded here" in text(olga, kind="access.refused")


def test_names_are_escaped(fill: Fill, alice: User, olga: User) -> None:
    User.objects.filter(pk=alice.pk).update(name="<script>alert(1)</script>")
    fill(1, actor=alice)
    assert "<script>alert" not in text(olga)


def test_pages_lead_back_and_forth_without_a_gap(fill: Fill) -> None:
    made = fill(2 * PAGE_SIZE + 10)[::-1]
    first = trail_page(TrailFilters(), asker=ROOM)
    second = trail_page(TrailFilters(), Place.parse({"older": first.older}), asker=ROOM)
    third = trail_page(TrailFilters(), Place.parse({"older": second.older}), asker=ROOM)
    assert [len(shown(page)) for page in (first, second, third)] == [50, 50, 10]
    assert shown(first) + shown(second) + shown(third) == made
    assert (first.newer, third.older) == (None, None)
    back = trail_page(TrailFilters(), Place.parse({"newer": third.newer}), asker=ROOM)
    assert shown(back) == shown(second)
    assert shown(trail_page(TrailFilters(), Place.parse({"newer": back.newer}), asker=ROOM)) == shown(first)


def test_pages_of_a_person_hold_deeds_and_deeds_upon_them(fill: Fill, alice: User, bob: User) -> None:
    made = fill(30, actor=alice) + fill(30, actor=bob, subject=alice)
    first = trail_page(TrailFilters(people=(alice.ledger_id,)), asker=ROOM)
    second = trail_page(TrailFilters(people=(alice.ledger_id,)), Place.parse({"older": first.older}), asker=ROOM)
    assert shown(first) + shown(second) == made[::-1]
    assert first.count == 60


def test_entries_of_one_moment_are_not_lost_between_pages(fill: Fill, time_machine: Any) -> None:
    time_machine.move_to(datetime(2026, 5, 1, tzinfo=UTC), tick=False)
    fill(PAGE_SIZE + 5)
    first = trail_page(TrailFilters(), asker=ROOM)
    second = trail_page(TrailFilters(), Place.parse({"older": first.older}), asker=ROOM)
    assert len(set(shown(first) + shown(second))) == PAGE_SIZE + 5


def test_a_page_costs_the_same_for_one_entry_and_for_many(
    fill: Fill, alice: User, bob: User, thing: Thing, django_assert_num_queries: Callable[[int], Any]
) -> None:
    fill(1, actor=alice, subject=thing)
    with django_assert_num_queries(5):
        trail_page(TrailFilters(), asker=ROOM)
    fill(30, actor=bob, subject=alice)
    with django_assert_num_queries(5):
        trail_page(TrailFilters(), asker=ROOM)


def test_bars_count_what_falls_into_them(fill: Fill) -> None:
    fill(3)
    now = datetime.now(UTC)
    bars = count_over_time([Q()], since=now - timedelta(days=15), until=now + timedelta(days=15))
    assert len(bars) == 30
    assert sorted(bar["value"] for bar in bars)[-2:] == [0, 3]


def test_a_room_sees_the_trail_of_its_subject_only(fill: Fill, thing: Thing) -> None:
    made = fill(2, subject=thing)
    fill(2)
    page = view_trail(actor=ROOM, filters=TrailFilters(), subject=thing)
    assert shown(page)[1:] == made[::-1]


def test_a_room_cannot_be_talked_into_another_subject(fill: Fill, thing: Thing) -> None:
    other = Thing(Subject(workspace="0" * 8 + "-0000-4000-8000-" + "0" * 12))
    hidden = fill(1, subject=other)
    asked = TrailFilters(workspaces=(other.ledger_subject.workspace or "",))
    assert hidden[0] not in shown(view_trail(actor=ROOM, filters=asked, subject=thing))


def test_the_deed_asks_for_the_right(alice: User) -> None:
    with pytest.raises(Refused):
        view_trail(actor=alice, filters=TrailFilters())


def shown(page: Any) -> list[str]:
    return [event["url"].split("/")[-2] for day in page.days for event in day["events"]]


def test_few_filters_stand_first_and_the_rest_is_folded_away(olga: User) -> None:
    first, _, more = text(olga).partition('<details class="filters__more"')
    assert 'name="person"' in first
    assert 'name="institution"' in more


def test_the_rest_is_open_when_it_is_used(olga: User) -> None:
    assert '<details class="filters__more" open>' in text(olga, outcome="deny")
    assert '<details class="filters__more">' in text(olga, kind="trail.viewed")


def test_no_space_stands_before_a_full_stop_after_a_time(fill: Fill, alice: User) -> None:
    entry = fill(1, actor=alice)[0]
    for path in (f"/audit/receipt/{entry}/", "/promises/"):
        assert "was signed on" in text(alice, path)
        assert not re.search(r"</time>\s+\.", text(alice, path))

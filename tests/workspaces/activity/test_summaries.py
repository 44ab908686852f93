"""Activity summed up, and who has not read a file yet."""

from typing import Any

import pytest

from accounts.models import User
from core.errors import InvalidInput
from tests.workspaces.activity.conftest import about, look, take
from tests.workspaces.conftest import exempt, put
from workspaces.activity import summaries
from workspaces.activity.summaries import Group, by_file, by_person, choices, groups_of, readers_of
from workspaces.models import Version, Workspace
from workspaces.permissions import Right


@pytest.fixture
def other(alice: User, team: Workspace, report: Version, bob: User, charlie: User) -> Version:
    """Bob has taken both files, and looked at one; Charlie took one."""
    other = put(alice, team, "other.txt", b"x")
    look(bob, report, 1)
    take(bob, report)
    take(charlie, report)
    take(bob, other)
    return other


def done(thing: Any, asker: User) -> list[Group]:
    return groups_of(about(thing), asker=asker)


def test_people_are_counted(alice: User, bob: User, team: Workspace, other: Version) -> None:
    rows = {row.name: (row.looked, row.took, len(row.others)) for row in by_person(done(team, alice), asker=alice)}
    assert rows == {bob.name: (1, 2, 2), "Charlie Moreau": (0, 1, 1)}


def test_files_are_counted(alice: User, team: Workspace, other: Version) -> None:
    rows = {row.name: (row.looked, row.took, len(row.others)) for row in by_file(done(team, alice), asker=alice)}
    assert rows == {"report.txt": (1, 2, 2), "other.txt": (0, 1, 1)}


@pytest.mark.parametrize(
    ("sort", "first"), [("last", "other.txt"), ("name", "other.txt"), ("looked", "report.txt"), ("took", "report.txt")]
)
def test_rows_can_be_sorted(alice: User, team: Workspace, other: Version, sort: str, first: str) -> None:
    assert by_file(done(team, alice), asker=alice, sort=sort)[0].name == first


def test_a_hidden_file_is_in_no_sum(alice: User, bob: User, team: Workspace, other: Version, report: Version) -> None:
    exempt(report.file, "deny", Right.VIEW, bob)
    assert "report.txt" not in {row.name for row in by_file(done(team, bob), asker=bob)}
    assert {row.name for row in by_person(done(team, bob), asker=bob)} == {bob.name}
    assert {name for _, name in choices(done(team, bob), asker=bob)[1]} == {"other.txt"}


def test_too_much_to_sum_up_is_said(
    alice: User, team: Workspace, other: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summaries, "_MOST", 2)
    with pytest.raises(InvalidInput, match="shorter time"):
        by_person(done(team, alice), asker=alice)


def test_who_has_not_read_it_is_named(alice: User, bob: User, charlie: User, report: Version) -> None:
    take(bob, report)
    found = readers_of(report.file, done(report.file, alice), asker=alice)
    assert (found.read, found.may, found.others) == (1, 3, 0)
    assert [(row.person, row.brought) for row in found.not_yet] == [(alice, True), (charlie, False)]


def test_sealing_for_somebody_is_not_reading(alice: User, report: Version, team: Workspace) -> None:
    from workspaces import services
    from workspaces.crypt4gh.keys import format_public_key

    key = services.register_recipient_key(actor=alice, name="Laptop", content=format_public_key(b"\x09" * 32))
    services.hand_over_version(actor=alice, version=report, key=key)
    assert readers_of(report.file, done(report.file, alice), asker=alice).read == 0
    assert by_person(done(team, alice), asker=alice)[0].gave == 1


def test_whoever_read_it_and_may_not_any_more_is_counted_apart(
    alice: User, bob: User, charlie: User, report: Version
) -> None:
    take(charlie, report)
    exempt(report.file, "deny", Right.VIEW, charlie)
    found = readers_of(report.file, done(report.file, alice), asker=alice)
    assert (found.read, found.may, found.others) == (0, 2, 1)


def test_who_is_not_shown_the_people_sees_numbers(
    alice: User, report: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summaries, "knows_who_is_in", lambda *_: False)
    found = readers_of(report.file, done(report.file, alice), asker=alice)
    assert (found.may, found.not_yet, found.is_shown) == (3, [], False)


def test_sums_take_the_same_number_of_queries_however_much_was_done(
    alice: User, team: Workspace, other: Version, report: Version, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(12):
        by_person(done(team, alice), asker=alice)

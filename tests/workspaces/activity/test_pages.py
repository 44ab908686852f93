"""The pages on activity, its export, and the same over the API."""

import csv
import io
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from core.credentials import acting_by
from core.errors import Refused
from ledger_bridge.filters import EVERYTHING
from ledger_bridge.models import Entry
from sharing.models import WorkspaceUserGrant
from sharing.services import make_condition
from tests.workspaces.activity.conftest import about, look, stop_looking, take
from tests.workspaces.conftest import browser, content_of, last_entry, put
from workspaces import services
from workspaces.models import Version, Workspace
from workspaces.services import activity


def page(name: str, thing: Any, query: str = "") -> str:
    return reverse(f"workspaces:{name}", args=[thing.pk]) + query


def text(answer: Any) -> str:
    return " ".join(str(answer.content.decode()).split())


def table(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content_of(answer).decode("utf-8-sig"))))


def test_who_read_a_file_is_one_click_from_its_page(alice: User, bob: User, report: Version) -> None:
    look(bob, report, 1, seconds=40)
    stop_looking()
    client, address = browser(alice), page("file_activity", report.file)
    assert address in text(client.get(page("file", report.file)))
    shown = text(client.get(address))
    assert "Read by 1 of 3 who may" in shown
    assert "Not opened yet by 2" in shown
    assert bob.name in shown
    assert "shown for about 40 s" in shown


def test_looking_is_recorded_with_what_was_asked_for(alice: User, bob: User, report: Version) -> None:
    browser(alice).get(page("file_activity", report.file, f"?person={bob.pk}"))
    entry = last_entry()
    assert (entry.kind, entry.actor, entry.item) == ("activity.viewed", alice.pk, report.file_id)
    assert str(bob.pk) in entry.detail["filters"]


def test_a_workspace_shows_lines_people_and_files(alice: User, bob: User, team: Workspace, report: Version) -> None:
    take(bob, report)
    client = browser(alice)
    assert page("activity", team) in text(client.get(page("detail", team)))
    assert "Downloaded it" in text(client.get(page("activity", team)))
    assert f"?person={bob.pk}" in text(client.get(page("activity", team, "?by=people")))
    assert f"?file={report.file_id}" in text(client.get(page("activity", team, "?by=files&sort=name")))


def test_it_requires_the_right_to_see_the_trail(charlie: User, team: Workspace, report: Version) -> None:
    client = browser(charlie)
    assert client.get(page("activity", team)).status_code == 403
    assert client.get(page("file_activity", report.file)).status_code == 403
    assert client.get(page("activity", team, "?since=2026-13-01")).status_code == 403
    for query in ("", "?since=2026-13-01"):
        assert client.post(page("export_activity", team, query)).status_code == 403
    assert page("file_activity", report.file) not in text(client.get(page("file", report.file)))


@pytest.mark.parametrize(
    "query", ["?person=x", "?file=x", "?kind=item.renamed", "?since=2026-13-01", "?since=2026-02-01&until=2026-01-01"]
)
def test_what_cannot_be_asked_for_is_said_beside_the_field(alice: User, team: Workspace, query: str) -> None:
    answer = browser(alice).get(page("activity", team, query))
    assert answer.status_code == 400
    assert "field__error" in text(answer)
    assert Entry.objects.filter(kind="activity.viewed").count() == 0


def test_a_damaged_place_is_refused(alice: User, team: Workspace) -> None:
    assert browser(alice).get(page("activity", team, "?older=nonsense")).status_code == 400


def test_a_file_of_another_workspace_shows_nothing(alice: User, team: Workspace, report: Version) -> None:
    elsewhere = services.create_workspace(actor=alice, name="Elsewhere")
    take(alice, report)
    assert "Nobody opened anything" in text(browser(alice).get(page("activity", elsewhere, f"?file={report.file_id}")))


def test_the_table_holds_what_the_page_shows(alice: User, bob: User, report: Version) -> None:
    look(bob, report, 1, seconds=40)
    stop_looking()
    head, row = table(browser(alice).post(page("export_file_activity", report.file)))
    cells = dict(zip(head, row, strict=True))
    assert (cells["person"], cells["what"], cells["version"]) == (bob.name, "Looked at it", "1")
    assert (cells["pages"], cells["seconds by page"], cells["measured by"]) == ("page 1", "1:40", "browser")
    assert cells["person id"] == str(bob.pk)


def test_the_export_is_recorded(alice: User, team: Workspace) -> None:
    browser(alice).post(page("export_activity", team, "?kind=version.opened"))
    entry = last_entry()
    assert (entry.kind, entry.actor, entry.workspace) == ("activity.exported", alice.pk, team.pk)
    assert "version.opened" in entry.detail["filters"]


def test_no_cell_is_a_formula(alice: User, team: Workspace) -> None:
    take(alice, put(alice, team, "=cmd|calc.txt", b"x"))
    rows = table(browser(alice).post(page("export_activity", team)))
    assert rows[1][4] == "'=cmd|calc.txt"


def test_an_export_comes_in_portions_and_holds_everything_once(
    alice: User, team: Workspace, report: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity, "_PORTION", 2)
    for _ in range(5):
        take(alice, report)
    rows = table(browser(alice).post(page("export_activity", team)))
    assert len(rows) == 6
    assert len({row[-1] for row in rows}) == 6


def test_an_export_ends_with_the_right(bob: User, team: Workspace) -> None:
    chunks = services.export_activity(actor=bob, about=team, filters=about(team))
    next(chunks)
    WorkspaceUserGrant.objects.filter(user=bob).delete()
    with pytest.raises(Refused):
        next(chunks)


def test_an_export_ends_when_the_person_is_not_there_any_more(
    bob: User, team: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks = services.export_activity(actor=bob, about=team, filters=about(team))
    next(chunks)
    monkeypatch.setattr("workspaces.services.activity.as_now", lambda _: None)
    with pytest.raises(Refused, match="not known here any more"):
        next(chunks)


def test_nobody_exports_without_the_right(charlie: User, team: Workspace) -> None:
    with pytest.raises(Refused):
        services.export_activity(actor=charlie, about=team, filters=EVERYTHING)
    with pytest.raises(Refused):
        services.view_activity(actor=charlie, about=team, filters=EVERYTHING)


def test_an_export_needs_a_fresh_factor(alice: User, team: Workspace, settings: Any) -> None:
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = -1
    answer = browser(alice).post(page("export_activity", team))
    assert (answer.status_code, "reauthenticate" in answer["Location"]) == (302, True)


def test_programs_get_lines(alice: User, bob: User, team: Workspace, report: Version) -> None:
    look(bob, report, 1, 2, seconds=30)
    stop_looking()
    found = browser(alice).get(f"/api/v1/workspaces/{team.pk}/activity/").json()
    (line,) = found["lines"]
    assert (line["who"], line["kind"], line["pages"]) == (bob.name, "version.opened", "pages 1 to 2")
    assert line["times"] == [{"page": 2, "seconds": 30}]
    assert (found["older"], found["newer"], found["count"]) == (None, None, 1)
    assert browser(alice).get(f"/api/v1/files/{report.file_id}/activity/").json()["lines"] == found["lines"]


def test_programs_get_sums_and_readers(alice: User, bob: User, team: Workspace, report: Version) -> None:
    take(bob, report)
    client = browser(alice)
    (row,) = client.get(f"/api/v1/workspaces/{team.pk}/activity/summary/?by=people").json()
    assert (row["id"], row["took"], row["others"]) == (str(bob.pk), 1, 1)
    readers = client.get(f"/api/v1/files/{report.file_id}/readers/").json()
    assert (readers["read"], readers["may"], len(readers["not_yet"])) == (1, 3, 2)
    assert client.get(f"/api/v1/workspaces/{team.pk}/activity/summary/?by=moon").status_code == 400
    assert client.get(f"/api/v1/workspaces/{team.pk}/activity/summary/?by=people&sort=x").status_code == 400
    assert client.get(f"/api/v1/workspaces/{team.pk}/activity/?person=x").status_code == 400


def test_a_page_takes_the_same_number_of_queries_however_much_was_done(
    alice: User, bob: User, team: Workspace, report: Version, django_assert_max_num_queries: Any
) -> None:
    for _ in range(5):
        take(bob, report)
    client = browser(alice)
    client.get(page("file_activity", report.file))
    with django_assert_max_num_queries(30):
        client.get(page("file_activity", report.file))


def under(networks: list[str], team: Workspace, actor: User, person: User) -> None:
    condition = make_condition(actor=actor, workspace=team, name="Clinic", networks=networks)
    WorkspaceUserGrant.objects.filter(user=person).update(condition=condition)


def test_an_export_comes_whole_to_who_may_from_where_they_ask(alice: User, bob: User, team: Workspace) -> None:
    take(alice, put(alice, team, "a.txt", b"x"))
    under(["127.0.0.0/8"], team, alice, bob)
    assert len(table(browser(bob).post(page("export_activity", team)))) == 2


def test_an_export_ends_with_the_session(alice: User, team: Workspace) -> None:
    stands = [True]
    with acting_by(lambda: stands[0]):
        chunks = services.export_activity(actor=alice, about=team, filters=about(team))
    next(chunks)
    stands[0] = False
    with pytest.raises(Refused, match="has ended"):
        next(chunks)

"""The viewer in the browser and over the API."""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from sharing.models import WorkspaceUserGrant
from tests.workspaces.conftest import browser, exempt, give, last_entry, put
from workspaces.models import Version, Workspace
from workspaces.permissions import Right
from workspaces.viewer.models import Viewing

TABLES = Path(__file__).resolve().parents[2] / "data" / "tables"


def at(version: Version, name: str = "workspaces:view", **asked: Any) -> str:
    more = "&".join(f"{key}={value}" for key, value in asked.items())
    return reverse(name, args=[version.pk]) + (f"?{more}" if more else "")


def picture(version: Version, **asked: Any) -> str:
    return at(version, "workspaces:view_page", **asked)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_the_page_leads_to_the_drawing_and_to_the_next_page(alice: User, scan: Version) -> None:
    shown = text(browser(alice).get(at(scan)))
    assert picture(scan, page=1, zoom=100).replace("&", "&amp;") in shown
    assert at(scan, page=2, zoom=100).replace("&", "&amp;") in shown
    assert "of 2" in shown


def test_the_drawing_is_ours_and_is_kept_nowhere(alice: User, scan: Version) -> None:
    answer = browser(alice).get(picture(scan, page=2))
    assert answer.content.startswith(b"\x89PNG")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert answer["Cache-Control"] == "no-store, private"
    assert answer["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert Viewing.objects.get().pages == [[2, 2]]


def test_the_file_page_leads_here(alice: User, scan: Version) -> None:
    assert at(scan) in text(browser(alice).get(reverse("workspaces:file", args=[scan.file_id])))


def test_who_may_only_view_sees_pages_and_no_way_to_the_file(bob: User, scan: Version) -> None:
    give(scan.file.workspace, "visitor", bob)
    exempt(scan.file, "deny", Right.DOWNLOAD, bob)
    shown = browser(bob).get(at(scan))
    assert shown.status_code == 200
    assert reverse("workspaces:download", args=[scan.pk]) not in text(shown)
    assert browser(bob).get(picture(scan)).status_code == 200
    assert browser(bob).get(reverse("workspaces:download", args=[scan.pk])).status_code == 403


@pytest.mark.parametrize("address", [at, picture])
def test_a_stranger_finds_nothing(charlie: User, scan: Version, address: Any) -> None:
    assert browser(charlie).get(address(scan)).status_code == 404


def test_a_right_that_was_taken_away_shows_at_the_next_page(bob: User, scan: Version) -> None:
    give(scan.file.workspace, "visitor", bob)
    client = browser(bob)
    assert client.get(picture(scan, page=1)).status_code == 200
    WorkspaceUserGrant.objects.all().delete()
    assert client.get(picture(scan, page=2)).status_code == 404


def test_text_is_shown_as_text(alice: User, workspace: Workspace) -> None:
    version = put(alice, workspace, "a.html", b"<html><script>alert(1)</script>\n<img src=x onerror=alert(2)>")
    shown = browser(alice).get(at(version))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text(shown)
    assert "<script>alert" not in text(shown)
    assert "<img src=x" not in text(shown)
    assert "Alice Brandt · Charité, Berlin" in text(shown)
    assert Viewing.objects.get().pages == [[1, 1]]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.zip", b"PK\x03\x04", "Files of this kind cannot be shown"),
        ("a.png", b"<html>", "promises another kind of file"),
        ("a.pdf", b"%PDF-1.7 nothing", "not a sound file of its kind"),
    ],
)
def test_what_cannot_be_shown_says_so(
    alice: User, workspace: Workspace, name: str, content: bytes, sentence: str
) -> None:
    version = put(alice, workspace, name, content)
    answer = browser(alice).get(at(version))
    assert (answer.status_code, sentence in text(answer)) == (422, True)
    assert browser(alice).get(picture(version)).status_code == 422


def test_a_kind_that_is_never_shown_is_not_opened(alice: User, workspace: Workspace) -> None:
    version = put(alice, workspace, "a.zip", b"PK\x03\x04")
    browser(alice).get(at(version))
    assert last_entry().kind == "version.uploaded"


@pytest.mark.parametrize(
    "asked", [{"page": 3}, {"page": 0}, {"page": "x"}, {"zoom": 99}, {"window": "1,0"}, {"page": "9" * 30}]
)
def test_what_was_asked_wrongly_is_refused(alice: User, scan: Version, asked: dict[str, Any]) -> None:
    assert browser(alice).get(at(scan, **asked)).status_code == 400
    assert browser(alice).get(picture(scan, **asked)).status_code == 400
    assert not Viewing.objects.filter(pages__len__gt=0).exists()


def test_programs_ask_for_the_shape_and_then_for_pages(alice: User, scan: Version) -> None:
    client = browser(alice)
    shape = client.get(f"/api/v1/versions/{scan.pk}/view/").json()
    assert (shape["kind"], shape["pages"]) == ("dicom", 2)
    page = client.get(f"/api/v1/versions/{scan.pk}/view/pages/2/?zoom=50")
    assert (page.status_code, page["Content-Type"]) == (200, "image/png")
    assert page["Cache-Control"] == "no-store, private"


def test_programs_get_text_as_lines_with_the_watermark(alice: User, workspace: Workspace) -> None:
    version = put(alice, workspace, "a.txt", b"one\ntwo\n")
    answer = browser(alice).get(f"/api/v1/versions/{version.pk}/view/pages/1/").json()
    assert answer["lines"] == ["one", "two"]
    assert answer["stamp"][0] == "Alice Brandt · Charité, Berlin"


def test_programs_get_a_table_as_rows_with_the_watermark(alice: User, version: Version) -> None:
    answer = browser(alice).get(f"/api/v1/versions/{version.pk}/view/pages/1/").json()
    assert [column["name"] for column in answer["columns"]] == ["subject", "visit", "dose"]
    assert (answer["rows"], answer["more"]) == ([["12-001", "2", "5 mg"]], False)
    assert answer["stamp"][0] == "Alice Brandt · Charité, Berlin"
    assert browser(alice).get(f"/api/v1/versions/{version.pk}/view/").json()["pages"] == 1


def test_a_table_is_turned_by_links_and_nothing_in_it_runs(alice: User, workspace: Workspace) -> None:
    content = b"name,<b>dose</b>\n" + b"<script>alert(1)</script>,=1+1\n" * 150
    version = put(alice, workspace, "a.csv", content)
    shown = text(browser(alice).get(at(version)))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "&lt;b&gt;dose&lt;/b&gt;" in shown
    assert "<script>alert" not in shown
    assert at(version, page=2, zoom=100).replace("&", "&amp;") in shown
    assert "Alice Brandt · Charité, Berlin" in shown
    last = text(browser(alice).get(at(version, page=2)))
    assert '<th scope="row">150</th>' in last
    assert at(version, page=3, zoom=100).replace("&", "&amp;") not in last
    assert Viewing.objects.get().pages == [[1, 2]]


def test_the_sheets_of_a_workbook_are_reached_by_links(alice: User, workspace: Workspace) -> None:
    version = put(alice, workspace, "a.xlsx", (TABLES / "veteran.xlsx").read_bytes())
    shown = text(browser(alice).get(at(version)))
    assert '<a class="viewer__part" href="?page=3">Visits &amp; more</a>' in shown
    assert '<span class="viewer__part" aria-current="true">Trial</span>' in shown
    assert "In all 137 rows" in shown
    second = text(browser(alice).get(at(version, page=3)))
    assert "<td>12-001</td>" in second


def test_what_is_left_out_of_a_file_of_sas_is_said(alice: User, workspace: Workspace) -> None:
    one = (TABLES / "veteran.xpt").read_bytes()
    one += b" " * (-len(one) % 80)
    version = put(alice, workspace, "a.xpt", one + one[240:])
    shown = text(browser(alice).get(at(version)))
    assert "This file holds other datasets" in shown
    assert "Column trt of the trial" in shown


def test_a_tree_is_shown_as_text_in_groups_that_open_and_close(alice: User, workspace: Workspace) -> None:
    version = put(alice, workspace, "a.json", b'{"<b>x</b>": ["<script>alert(1)</script>"]}')
    shown = text(browser(alice).get(at(version)))
    assert '<span class="viewer__name">&lt;b&gt;x&lt;/b&gt;</span> <span class="muted">1 entry</span>' in shown
    assert "&quot;&lt;script&gt;alert(1)&lt;/script&gt;&quot;" in shown
    tree = shown.partition("viewer__tree")[2].partition("viewer__mark")[0]
    assert tree.count("<details") == tree.count("</details>") == 2
    answer = browser(alice).get(f"/api/v1/versions/{version.pk}/view/pages/1/").json()
    assert [node["name"] for node in answer["nodes"]] == ["", "<b>x</b>", "0"]
    assert answer["stamp"][0] == "Alice Brandt · Charité, Berlin"


def test_programs_hear_why_a_page_is_not_shown(alice: User, workspace: Workspace) -> None:
    version = put(alice, workspace, "a.pdf", b"%PDF-1.7 nothing")
    answer = browser(alice).get(f"/api/v1/versions/{version.pk}/view/pages/1/")
    assert (answer.status_code, answer.json()["code"]) == (422, "cannot_show")

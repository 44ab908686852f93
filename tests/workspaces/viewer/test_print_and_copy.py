"""Who may print and who may copy text: without the rights pages are pictures, with them it is recorded."""

from base64 import b64decode
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.urls import reverse

from accounts.models import User
from core.errors import InvalidInput, Refused
from ledger_bridge.models import Entry
from sharing.models import ItemUserException
from tests.stack import ROOT
from tests.workspaces.activity.conftest import about
from tests.workspaces.conftest import browser, exempt, give, last_entry, put
from workspaces.activity.lines import page_of
from workspaces.models import Item, Version, Workspace
from workspaces.permissions import ROLE_RIGHTS, Right, Role
from workspaces.services.terms import set_terms
from workspaces.terms.rules import TermsNotAcknowledged
from workspaces.viewer.drawing import Job, Renderer
from workspaces.viewer.renderer import paper
from workspaces.viewer.showing import Look, page_text, printed_pages, show_page

pytestmark = pytest.mark.django_db(transaction=True)
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj\n"
    b"4 0 obj<</Length 48>>stream\nBT /F1 24 Tf 20 100 Td (Dose was halved) Tj ET   \nendstream endobj\n"
    b"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>"
)
TABLES = ROOT / "tests" / "data" / "tables"
TABLE = b"subject,dose\nP-1,5\nP-2,7\n"


@pytest.fixture
def table(alice: User, workspace: Workspace) -> Version:
    return put(alice, workspace, "doses.csv", TABLE)


@pytest.fixture
def paper_form(alice: User, workspace: Workspace) -> Version:
    return put(alice, workspace, "form.pdf", PDF)


@pytest.fixture
def visitor(workspace: Workspace, bob: User) -> User:
    give(workspace, "visitor", bob)
    return bob


def test_visitors_have_neither_right_and_contributors_both() -> None:
    both = {Right.PRINT, Right.COPY}
    assert not both & ROLE_RIGHTS[Role.VISITOR]
    assert both <= ROLE_RIGHTS[Role.CONTRIBUTOR]


@pytest.mark.parametrize(
    ("name", "content"), [("a.csv", TABLE), ("a.json", b'{"dose": [5, 7]}'), ("a.txt", "Grüße\n\n  5 µg\n".encode())]
)
def test_without_the_right_to_copy_what_is_written_is_a_picture(
    alice: User, visitor: User, workspace: Workspace, name: str, content: bytes
) -> None:
    version = put(alice, workspace, name, content)
    assert not show_page(actor=alice, version=version, look=Look()).picture
    drawn = show_page(actor=visitor, version=version, look=Look())
    assert drawn.picture.startswith(b"\x89PNG")
    assert not {"rows", "lines", "nodes", "columns", "head"} & drawn.facts.keys()


def test_neither_page_nor_api_gives_text_without_the_right(visitor: User, table: Version) -> None:
    shown = browser(visitor).get(reverse("workspaces:view", args=[table.pk])).content.decode()
    assert "P-2" not in shown
    assert reverse("workspaces:view_page", args=[table.pk]) in shown
    assert "ask for the right to copy text" in shown
    answer = browser(visitor).get(reverse("workspaces_api:view_page", args=[table.pk, 1]))
    assert answer["Content-Type"] == "image/png"


def test_an_exception_lets_one_person_copy(visitor: User, table: Version) -> None:
    exempt(table.file, "allow", Right.COPY, visitor)
    assert show_page(actor=visitor, version=table, look=Look()).facts["rows"] == [["P-1", "5"], ["P-2", "7"]]


def test_the_text_of_a_page_is_given_and_recorded(alice: User, paper_form: Version) -> None:
    given = page_text(actor=alice, version=paper_form, page=1)
    assert given["lines"] == ["Dose was halved"]
    assert alice.name in given["stamp"][0]
    entry = last_entry()
    assert (entry.kind, entry.detail["page"], entry.version) == ("version.text_taken", 1, paper_form.pk)


def test_text_is_refused_without_the_right_and_says_which(visitor: User, paper_form: Version) -> None:
    with pytest.raises(Refused, match="does not include “copy text”"):
        page_text(actor=visitor, version=paper_form, page=1)
    assert not Entry.objects.filter(kind__in=["version.opened", "version.text_taken"]).exists()


def test_the_page_of_the_text_stands_in_the_viewer(alice: User, visitor: User, paper_form: Version) -> None:
    path, view = (reverse(f"workspaces:{name}", args=[paper_form.pk]) for name in ("page_text", "view"))
    assert path in browser(alice).get(view).content.decode()
    assert "Dose was halved" in browser(alice).get(path).content.decode()
    assert path not in browser(visitor).get(view).content.decode()
    assert browser(visitor).get(path).status_code == 403


def test_a_table_as_text_has_its_cells_between_tabs(alice: User, table: Version) -> None:
    lines = browser(alice).get(reverse("workspaces_api:page_text", args=[table.pk, 1])).json()["lines"]
    assert lines == ["\tsubject\tdose", "1\tP-1\t5", "2\tP-2\t7"]


def test_pages_to_print_are_pictures_and_recorded(alice: User, table: Version) -> None:
    [drawn] = printed_pages(actor=alice, version=table, first=1, last=1)
    assert drawn.picture.startswith(b"\x89PNG")
    assert (last_entry().kind, last_entry().detail["pages"]) == ("version.printed", "page 1")


def test_printing_is_refused_without_the_right(visitor: User, table: Version) -> None:
    with pytest.raises(Refused, match="does not include “print”"):
        printed_pages(actor=visitor, version=table, first=1, last=1)
    assert not Entry.objects.filter(kind="version.opened").exists()


@pytest.mark.parametrize(("first", "last"), [(2, 1), (1, 11)])
def test_only_a_short_run_of_pages_is_printed(alice: User, table: Version, first: int, last: int) -> None:
    with pytest.raises(InvalidInput, match="at most 10"):
        printed_pages(actor=alice, version=table, first=first, last=last)


def test_printing_has_a_page_and_the_viewer_says_where(alice: User, visitor: User, table: Version) -> None:
    path, view = (reverse(f"workspaces:{name}", args=[table.pk]) for name in ("print", "view"))
    assert path in browser(alice).get(view).content.decode()
    assert "From page" in browser(alice).get(path).content.decode()
    assert browser(alice).post(path, {"first": "1", "last": "99"}).status_code == 400
    assert "data:image/png;base64," in browser(alice).post(path, {"first": "1", "last": "1"}).content.decode()
    theirs = browser(visitor).get(view).content.decode()
    assert path not in theirs
    assert "takes the right to print" in theirs
    assert browser(visitor).post(path, {"first": "1", "last": "1"}).status_code == 403


def test_the_api_prints(alice: User, visitor: User, table: Version) -> None:
    path, said = reverse("workspaces_api:print", args=[table.pk]), {"first": 1, "last": 1}
    [page] = browser(alice).post(path, said, content_type="application/json").json()
    assert b64decode(page["picture"]).startswith(b"\x89PNG")
    assert browser(visitor).post(path, said, content_type="application/json").status_code == 403


def test_what_does_not_fit_on_paper_is_counted() -> None:
    cells = [["x" * 50 for _ in range(40)] for _ in range(3)]
    columns = [{"name": "c"} for _ in range(40)]
    around, picture = paper.draw(
        {"rows": cells, "columns": columns, "first": 1, "more": True}, {"zoom": 300, "stamp": ["A"]}
    )
    assert (around, picture[:4]) == ({"more": True}, b"\x89PNG")


@pytest.fixture
def taken_while_drawn(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make a person lose a right at the moment when the first page has been drawn."""

    def arrange(item: Item, right: Right, person: User) -> list[Job]:
        draw, jobs = Renderer.draw, list[Job]()

        def draw_and_lose(self: Renderer, job: Job, *args: Any, **more: Any) -> Any:
            drawn = draw(self, job, *args, **more)
            if not jobs:
                exempt(item, "deny", right, person)
            jobs.append(job)
            return drawn

        monkeypatch.setattr(Renderer, "draw", draw_and_lose)
        return jobs

    return arrange


@pytest.fixture
def contributor(workspace: Workspace, bob: User) -> User:
    give(workspace, "contributor", bob)
    return bob


def test_text_does_not_leave_when_the_right_goes_while_it_is_drawn(
    contributor: User, table: Version, taken_while_drawn: Any
) -> None:
    taken_while_drawn(table.file, Right.COPY, contributor)
    with pytest.raises(Refused, match="copy text"):
        show_page(actor=contributor, version=table, look=Look())


def test_the_text_of_a_page_does_not_leave_when_the_right_goes_meanwhile(
    contributor: User, paper_form: Version, taken_while_drawn: Any
) -> None:
    taken_while_drawn(paper_form.file, Right.COPY, contributor)
    with pytest.raises(Refused, match="copy text"):
        page_text(actor=contributor, version=paper_form, page=1)
    assert not Entry.objects.filter(kind="version.text_taken").exists()


@pytest.mark.parametrize("last", [1, 2])
def test_printing_stops_at_the_next_page_when_the_right_goes(
    contributor: User, workspace: Workspace, last: int, taken_while_drawn: Any
) -> None:
    long = put(contributor, workspace, "long.csv", b"n\n" + b"".join(b"%d\n" % row for row in range(300)))
    jobs = taken_while_drawn(long.file, Right.PRINT, contributor)
    with pytest.raises(Refused, match="print"):
        printed_pages(actor=contributor, version=long, first=1, last=last)
    assert len(jobs) == 1
    assert not Entry.objects.filter(kind="version.printed").exists()


def test_what_is_printed_carries_who_and_the_entry(contributor: User, table: Version, taken_while_drawn: Any) -> None:
    jobs = taken_while_drawn(table.file, Right.COMMENT, contributor)
    printed_pages(actor=contributor, version=table, first=1, last=1)
    [job] = jobs
    assert contributor.name in job.stamp[0]
    assert str(Entry.objects.get(kind="version.opened").pk) in job.stamp[1]


def test_the_terms_of_the_workspace_come_before_print_and_text(
    alice: User, contributor: User, paper_form: Version
) -> None:
    set_terms(actor=alice, workspace=paper_form.file.workspace, text="Do not name participants.")
    with pytest.raises(TermsNotAcknowledged):
        page_text(actor=contributor, version=paper_form, page=1)
    with pytest.raises(TermsNotAcknowledged):
        printed_pages(actor=contributor, version=paper_form, first=1, last=1)
    assert not Entry.objects.filter(kind__in=["version.printed", "version.text_taken"]).exists()


def test_who_may_print_and_not_view_prints_nothing(contributor: User, table: Version) -> None:
    exempt(table.file, "deny", Right.VIEW, contributor)
    path = reverse("workspaces:print", args=[table.pk])
    assert browser(contributor).post(path, {"first": "1", "last": "1"}).status_code == 404
    with pytest.raises(Refused):
        printed_pages(actor=contributor, version=table, first=1, last=1)
    with pytest.raises(Refused):
        page_text(actor=contributor, version=table, page=1)


def test_a_table_as_a_picture_leads_to_its_next_page_and_claims_no_number_of_pages(
    alice: User, visitor: User, workspace: Workspace
) -> None:
    long = put(alice, workspace, "long.csv", b"n\n" + b"".join(b"%d\n" % row for row in range(300)))
    shown = browser(visitor).get(reverse("workspaces:view", args=[long.pk]) + "?page=2").content.decode()
    assert "?page=3&amp;zoom=100" in shown
    assert "<span>of " not in shown
    # Without a number of pages nothing turns them but links.
    assert "data-viewer-picture" not in shown


def test_a_workbook_as_a_picture_has_its_sheets(alice: User, visitor: User, workspace: Workspace) -> None:
    book = put(alice, workspace, "veteran.xlsx", (TABLES / "veteran.xlsx").read_bytes())
    shown = browser(visitor).get(reverse("workspaces:view", args=[book.pk])).content.decode()
    assert "Visits &amp; more</a>" in shown


def test_pages_of_a_table_that_does_not_exist_are_said_to_be_missing(visitor: User, table: Version) -> None:
    assert browser(visitor).get(reverse("workspaces:view", args=[table.pk]) + "?page=7").status_code == 400


def test_text_beyond_the_edge_of_the_page_is_not_given(alice: User, workspace: Workspace) -> None:
    off = put(alice, workspace, "off.pdf", PDF.replace(b"20 100 Td", b"20 900 Td"))
    assert page_text(actor=alice, version=off, page=1)["lines"] == []


def test_printing_and_copying_are_activity(alice: User, contributor: User, paper_form: Version) -> None:
    page_text(actor=contributor, version=paper_form, page=1)
    printed_pages(actor=contributor, version=paper_form, first=1, last=1)
    said = {line.act: line.pages for line in page_of(about(paper_form.file), asker=alice).lines}
    assert said["Was given the text of a page"] == "page 1"
    assert said["Was given pages to print"] == "page 1"


def test_the_migration_lets_the_new_rights_follow_downloading(bob: User, charlie: User, table: Version) -> None:
    exempt(table.file, "deny", Right.DOWNLOAD, bob)
    exempt(table.file, "allow", Right.DOWNLOAD, charlie)
    exempt(table.file, "allow", Right.COPY, bob)
    module: Any = import_module("sharing.migrations.0013_print_and_copy_as_download")
    with connection.schema_editor() as editor:
        module.spread(apps, editor)
    said = ItemUserException.objects.values_list("user__name", "permission__codename", "effect")
    assert set(said) == {
        (bob.name, "download", "deny"),
        (bob.name, "print", "deny"),
        (bob.name, "copy", "allow"),  # what was decided stays
        (charlie.name, "download", "allow"),
        (charlie.name, "print", "allow"),
        (charlie.name, "copy", "allow"),
    }

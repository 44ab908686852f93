"""Asking who read a file, and who has seen the data of a participant."""

import pytest
from playwright.sync_api import expect

from tests.browser.accessible import assert_accessible
from tests.browser.api import send, upload
from tests.browser.conftest import SignIn
from tests.browser.pages import MARIA, Place, open_page
from tests.browser.people import PHONE, WIDE, Visitor, press
from tests.browser.test_outside import picture


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_an_owner_sees_who_read_a_file_and_about_whom_it_is(signed_in: SignIn, size: dict[str, int]) -> None:
    maria = signed_in(MARIA)
    maria.page.set_viewport_size(size)  # type: ignore[arg-type]
    workspace, file, version = fills(maria, f"Read at {size['width']}")
    maria.go(f"/workspaces/versions/{version}/view/")
    says_whom_it_is_about(maria, file)
    sees_who_read_it(maria, workspace, file)
    takes_it_away(maria, workspace)
    assert maria.complaints == []


def fills(maria: Visitor, name: str) -> tuple[str, str, str]:
    page = maria.go("/workspaces/")
    workspace = send(page, "POST", "workspaces/", {"name": name})["id"]
    stored = upload(page, workspace, "Doses.csv", "visit,dose\n1,5\n")
    return workspace, stored["file"], stored["version"]


def says_whom_it_is_about(maria: Visitor, file: str) -> None:
    page = maria.go(f"/workspaces/files/{file}/")
    page.get_by_role("link", name="Say whom it is about").click()
    page.get_by_label("Pseudonym of the participant").fill("Anna Keller")
    press(page.get_by_role("button", name="Mark"))
    expect(page.get_by_role("alert")).to_be_visible()
    picture(page, f"pseudonym-refused-{page.viewport_size['width']}")  # type: ignore[index]
    page.get_by_label("Pseudonym of the participant").fill("12-001")
    press(page.get_by_role("button", name="Mark"))
    expect(page.get_by_role("main").get_by_role("row").filter(has_text="12-001")).to_be_visible()
    assert_accessible(page)


def sees_who_read_it(maria: Visitor, workspace: str, file: str) -> None:
    page = maria.go(f"/workspaces/files/{file}/activity/")
    expect(page.get_by_role("main").get_by_role("row").filter(has_text="Looked at it")).to_have_count(1)
    press(page.get_by_role("link", name="By person"))
    expect(page.get_by_role("table", name="Activity by person")).to_contain_text("Maria")
    page = maria.go(f"/workspaces/{workspace}/activity/?by=files")
    expect(page.get_by_role("table", name="Activity by file")).to_contain_text("Doses.csv")
    assert_accessible(page)
    press(page.get_by_role("link", name="By participant"))
    press(page.get_by_role("link", name="Who has seen their data"))
    expect(page.get_by_role("main")).to_contain_text("1 file that you may view is about this participant")
    assert_accessible(page)
    picture(page, f"participant-{page.viewport_size['width']}")  # type: ignore[index]


def takes_it_away(maria: Visitor, workspace: str) -> None:
    """Export the lines; the factor is proved again where that is asked for."""
    path = f"/workspaces/{workspace}/activity/"
    open_page(Place("activity", MARIA, path), maria, path)
    with maria.page.expect_download() as download:
        maria.page.get_by_role("button", name="Export as CSV").click()
    assert "Doses.csv" in download.value.path().read_text(encoding="utf-8")

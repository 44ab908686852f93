"""What a workspace asks before its files open, and what its people are mailed about."""

import pytest
from playwright.sync_api import expect

from tests.browser.accessible import assert_accessible
from tests.browser.api import send, upload
from tests.browser.conftest import SignIn
from tests.browser.pages import MARIA, Place, open_page
from tests.browser.people import PHONE, WIDE, Visitor, press
from tests.browser.test_outside import picture

KENJI = "Kenji Watanabe-Lindholm"
SIZES = pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])


def begins(maria: Visitor, size: dict[str, int], name: str) -> tuple[str, str]:
    """Make a workspace with one file, and return its path and that of the file."""
    maria.page.set_viewport_size(size)  # type: ignore[arg-type]
    page = maria.go("/workspaces/")
    workspace = send(page, "POST", "workspaces/", {"name": f"{name} at {size['width']}"})["id"]
    stored = upload(page, workspace, "Doses.csv", "visit,dose\n1,5\n")
    return f"/workspaces/{workspace}/", f"/workspaces/files/{stored['file']}/"


def lets_in(maria: Visitor, workspace: str, condition: str = "") -> None:
    page = maria.go(f"{workspace}access/give/?q=Kenji")
    chosen = page.get_by_role("link", name=f"Choose {KENJI}").get_attribute("href") or ""
    path = f"{workspace}access/give/{chosen}" if chosen.startswith("?") else chosen
    open_page(Place("give", MARIA, path), maria, path)
    page.get_by_label("Visitor").check()
    if condition:
        page.get_by_label("Condition").select_option(label=condition)
    press(page.get_by_role("button", name="Let in"))
    expect(page.get_by_role("main")).to_contain_text("It has been recorded")


@SIZES
def test_access_under_a_condition_holds_only_from_its_network(signed_in: SignIn, size: dict[str, int]) -> None:
    maria, kenji = signed_in(MARIA), signed_in("kenji@northern-shore.example")
    workspace, file = begins(maria, size, "Under a condition")
    page = maria.go(f"{workspace}access/")
    press(page.get_by_role("main").get_by_role("link", name="Conditions"))
    page.get_by_label("Name").fill("Elsewhere")
    page.get_by_label("Networks").fill("the clinic")
    press(page.get_by_role("button", name="Make the condition"))
    expect(page.get_by_role("alert")).to_be_visible()
    picture(page, f"condition-refused-{size['width']}")
    page.get_by_label("Networks").fill("203.0.113.0/24")
    press(page.get_by_role("button", name="Make the condition"))
    expect(page.get_by_role("main")).to_contain_text("203.0.113.0/24")
    assert_accessible(page)
    lets_in(maria, workspace, "Elsewhere: only from 203.0.113.0/24")
    expect(page.get_by_role("row").filter(has_text=KENJI)).to_contain_text("203.0.113.0/24")
    assert_accessible(page)
    picture(page, f"under-condition-{size['width']}")
    expect(kenji.go(file).get_by_role("heading", level=1)).not_to_have_text("Doses.csv")
    assert maria.complaints == kenji.complaints == []


@SIZES
def test_somebody_chooses_how_they_are_mailed(signed_in: SignIn, size: dict[str, int]) -> None:
    maria = signed_in(MARIA)
    begins(maria, size, "Mailed about")
    page = maria.go("/account/mails/")
    special = page.locator("form").filter(has=page.get_by_role("button", name="Save for this workspace"))
    special.get_by_label("Workspace").select_option(label=f"Mailed about at {size['width']}")
    special.get_by_label("Mail me").select_option(label="At once")
    press(special.get_by_role("button"))
    row = page.get_by_role("row").filter(has_text=f"Mailed about at {size['width']}")
    expect(row).to_contain_text("At once")
    assert_accessible(page)
    press(row.get_by_role("button", name="As everywhere else"))
    expect(page.get_by_role("row").filter(has_text=f"Mailed about at {size['width']}")).to_have_count(0)
    assert maria.complaints == []

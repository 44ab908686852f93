"""Choosing several files; moving, removing, restoring and sharing them at once; undoing it: with the keyboard alone."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.accessible import assert_accessible
from tests.browser.api import send, upload
from tests.browser.conftest import SignIn
from tests.browser.pages import MARIA, let_act
from tests.browser.people import PHONE, WIDE, Visitor
from tests.browser.test_asking_for_access import follow, go_to
from tests.browser.test_outside import picture

KENJI = "Kenji Watanabe-Lindholm"


@pytest.fixture(params=[WIDE, PHONE], ids=["wide", "phone"])
def maria(signed_in: SignIn, request: pytest.FixtureRequest) -> Visitor:
    """Maria in a new workspace with three files and a folder, in which a file of the same name as one of them lies."""
    person = signed_in(MARIA)
    let_act(person, MARIA)  # sharing with another institution asks for a factor
    person.page.set_viewport_size(request.param)
    page = person.go("/workspaces/")
    workspace = send(page, "POST", "workspaces/", {"name": f"Several at {request.param['width']}"})["id"]
    archive = send(page, "POST", f"workspaces/{workspace}/items/", {"name": "Archive"})["id"]
    for name in ("Alpha.csv", "Beta.csv", "Gamma.csv"):
        upload(page, workspace, name, f"file,visit\n{name},1\n")
    upload(page, workspace, "Alpha.csv", "file,visit\nAnother,1\n", archive)
    person.go(f"/workspaces/{workspace}/")
    return person


def test_files_are_moved_as_far_as_they_can_be_and_moved_back(maria: Visitor) -> None:
    page = maria.page
    choose(page, "Alpha.csv", further=1)
    go_to(page, "Move")
    follow(page)
    assert_accessible(page)
    picture(page, f"chosen-place-{width(page)}")
    go_to(page, "Archive")
    follow(page)
    go_to(page, "Move them here")
    follow(page)
    expect(outcome(page, "Alpha.csv")).to_contain_text("Cannot be done")
    expect(outcome(page, "Beta.csv")).to_contain_text("Will be done")
    assert_accessible(page)
    picture(page, f"chosen-refused-{width(page)}")
    go_to(page, "Move 1 thing")
    follow(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Archive")
    expect(page.get_by_role("status").filter(has_text="Moved 1 thing.")).to_be_visible()
    expect(outcome(page, "Beta.csv")).to_be_visible()
    assert_accessible(page)
    picture(page, f"chosen-moved-{width(page)}")
    undoes(page)
    expect(outcome(page, "Beta.csv")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Several at")
    assert maria.complaints == []


def test_all_of_a_page_is_removed_restored_and_removed_no_more(maria: Visitor) -> None:
    page = maria.page
    here = page.url
    go_to(page, "Choose all on this page")
    page.keyboard.press("Space")
    expect(page.locator("[data-choose-count]")).to_have_text("4 of 4 chosen.")
    go_to(page, "Remove")
    follow(page)
    assert_accessible(page)
    picture(page, f"chosen-remove-{width(page)}")
    go_to(page, "Put 4 things in the bin")
    follow(page)
    expect(page.get_by_role("main")).to_contain_text("Nothing here yet")
    page.goto(f"{here}bin/")
    choose(page, "Beta.csv", further=1)
    assert_accessible(page)
    picture(page, f"chosen-bin-{width(page)}")
    go_to(page, "Restore", exact=True)  # what is chosen, and not a single row
    follow(page)
    go_to(page, "Restore 2 things")
    follow(page)
    expect(page.get_by_role("main")).to_contain_text("Restored 2 things.")
    undoes(page)
    page.goto(f"{here}bin/")
    expect(page.get_by_role("main").get_by_role("row").filter(has_text=".csv")).to_have_count(3)
    assert maria.complaints == []


def test_several_files_are_shared_with_somebody(maria: Visitor) -> None:
    page = maria.page
    choose(page, "Beta.csv", further=1)
    go_to(page, "Share")
    follow(page)
    go_to(page, "Name or institution")
    page.keyboard.type("Kenji")
    follow(page)
    go_to(page, f"Choose {KENJI}")
    follow(page)
    expect(page.get_by_role("main")).to_contain_text("Beta.csv")
    assert_accessible(page)
    picture(page, f"share-chosen-{width(page)}")
    go_to(page, "Allow")
    page.keyboard.press("Space")
    go_to(page, "View")
    page.keyboard.press("Space")
    go_to(page, "See what would change")
    follow(page)
    expect(outcome(page, "Beta.csv")).to_contain_text("Will be done")
    expect(outcome(page, KENJI).first).to_be_visible()
    assert_accessible(page)
    picture(page, f"share-chosen-preview-{width(page)}")
    go_to(page, "Make the exception on 2 things")
    follow(page)
    expect(page.get_by_role("main")).to_contain_text(f"Done for {KENJI}, on 2 things.")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Several at")
    assert_accessible(page)
    assert maria.complaints == []


def choose(page: Page, name: str, *, further: int = 0) -> None:
    """Tick the row of a file, and so many below it."""
    go_to(page, f"Choose {name}")
    page.keyboard.press("Space")
    for _ in range(further):
        page.keyboard.press("Shift+ArrowDown")
    expect(page.locator("[data-choose-count]")).to_contain_text(f"{1 + further} of")


def undoes(page: Page) -> None:
    go_to(page, "Undo")
    follow(page)
    expect(page.get_by_role("status").filter(has_text="It is undone")).to_be_visible()


def outcome(page: Page, name: str) -> Locator:
    return page.get_by_role("main").get_by_role("row").filter(has_text=name)


def width(page: Page) -> int:
    assert page.viewport_size is not None
    return page.viewport_size["width"]

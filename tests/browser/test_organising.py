"""Finding a file, tagging it, locking it and keeping it at hand, with the keyboard alone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.pages import MARIA
from tests.browser.people import PHONE, WIDE
from tests.browser.test_asking_for_access import follow, go_to

FILE = "MR brain, T1.dcm"


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_file_is_found_tagged_locked_and_kept_at_hand(signed_in: SignIn, size: dict[str, int]) -> None:
    maria = signed_in(MARIA)
    maria.page.set_viewport_size(size)  # type: ignore[arg-type]
    page = maria.go("/access/groups/")
    finds(page)
    tags(page, f"Second reading at {size['width']}")
    locks(page)
    keeps_at_hand(page)
    assert maria.complaints == []


def finds(page: Page) -> None:
    page.keyboard.press("/")
    expect(page.locator("[name=q]:focus")).to_have_count(1)
    page.keyboard.type("brain t1")
    follow(page)
    go_to(page, FILE)
    follow(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(FILE)


def tags(page: Page, word: str) -> None:
    go_to(page, "Change the tags")
    follow(page)
    go_to(page, "Tag")
    page.keyboard.type(word)
    follow(page)
    expect(page.get_by_role("main")).to_contain_text(word)
    go_to(page, FILE)  # the way back, above the heading
    follow(page)
    go_to(page, word)
    follow(page)
    expect(page.get_by_role("main").get_by_role("row").filter(has_text=FILE)).to_be_visible()
    go_to(page, FILE)
    follow(page)


def locks(page: Page) -> None:
    go_to(page, "More")
    page.keyboard.press("Enter")
    go_to(page, "Lock")
    follow(page)
    go_to(page, "Why")
    page.keyboard.type("I compare both readings.")
    follow(page)
    expect(page.get_by_role("main")).to_contain_text("You have locked this file")
    go_to(page, "Lift the lock")
    follow(page)
    expect(page.get_by_role("main")).not_to_contain_text("You have locked this file")


def keeps_at_hand(page: Page) -> None:
    go_to(page, "Add to favourites")
    follow(page)
    go_to(page, "favourites")
    follow(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Favourites")
    go_to(page, FILE)
    follow(page)
    go_to(page, "Take it out")
    follow(page)
    expect(page.get_by_role("main")).to_contain_text("Keep this file at hand")

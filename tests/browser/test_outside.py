"""Somebody without an account delivers files through a link: by script and without, wide and on a phone."""

import os
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import SignIn
from tests.browser.pages import MARIA, STUDY, Place, visit
from tests.browser.people import PHONE, WIDE, Visitor, visitor
from tests.browser.test_pages import same_page_without_policy
from tests.stack import ROOT, Stack

TABLE = ROOT / "walkthrough" / "trials" / "advanced-lung.csv"
ASK = Place("ask-for-files", MARIA, "/workspaces/", (STUDY, "From outside", "Ask for files"))


def make_link(maker: Visitor, title: str) -> str:
    """Make a link as Maria does, and return its address as she copies it."""
    visit(ASK, maker)
    page = maker.page
    page.get_by_label("Title for whoever delivers").fill(title)
    page.get_by_role("button", name="Make the link").click()
    return page.locator("code").inner_text()


def examine(guest: Visitor) -> None:
    found = Axe().run(same_page_without_policy(guest), options={"resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
    assert guest.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def picture(page: Page, name: str) -> None:
    """Keep a picture where somebody asks for it."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_somebody_outside_delivers_and_gets_a_confirmation(
    stack: Stack, browser: Browser, signed_in: SignIn, size: Any
) -> None:
    link = make_link(signed_in(MARIA), f"Tables, {size['width']}")
    guest = visitor(browser, stack.url, size=size)
    page = guest.page
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Tables, {size['width']}")
    assert "#" not in page.url
    examine(guest)
    picture(page, f"introduce-{size['width']}")
    page.get_by_label("Your name").fill("Wanjiru Kamau")
    page.get_by_label("Your e-mail address").fill("wanjiru@outside-site.example")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("Nothing delivered yet")
    page.locator("#upload-files").set_input_files(TABLE)
    expect(page.get_by_role("list", name="Uploads")).to_contain_text("Delivered and recorded. Receipt")
    page.get_by_role("link", name="Show the confirmation").click()
    expect(page.get_by_role("table")).to_contain_text("advanced-lung.csv")
    examine(guest)
    picture(page, f"confirmation-{size['width']}")
    page.get_by_role("button", name="Forget the link in this browser").click()
    page.goto(f"{stack.url}/outside/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Open a link")
    assert guest.complaints == []
    guest.context.close()


def test_a_delivery_works_without_javascript(stack: Stack, browser: Browser, signed_in: SignIn) -> None:
    link = make_link(signed_in(MARIA), "Without a script")
    guest = visitor(browser, stack.url, script=False)
    page = guest.page
    page.goto(link)
    page.get_by_label("Your link").fill(link)
    page.get_by_role("button", name="Open it").click()
    page.get_by_label("Your name").fill("Wanjiru Kamau")
    page.get_by_label("Your e-mail address").fill("wanjiru@outside-site.example")
    page.get_by_role("button", name="Go on").click()
    page.locator("#upload-files").set_input_files(TABLE)
    page.get_by_role("main").get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_role("table")).to_contain_text("advanced-lung.csv")
    guest.context.close()

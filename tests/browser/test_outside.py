"""Somebody without an account delivers files through a link: by script and without, wide and on a phone."""

import os
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessible import assert_accessible
from tests.browser.conftest import SignIn
from tests.browser.pages import IMAGE, MARIA, STUDY, Place, visit
from tests.browser.people import PHONE, WIDE, Visitor, link_in, mail_to, visitor
from tests.stack import ROOT, Stack

TABLE = ROOT / "walkthrough" / "trials" / "advanced-lung.csv"
ASK = Place("ask-for-files", MARIA, "/workspaces/", (STUDY, "From outside", "Ask for files"))
SEND = Place("send-copy", MARIA, "/workspaces/", (STUDY, *IMAGE, "Send a copy outside"))


def make_link(maker: Visitor, title: str) -> str:
    """Make a link as Maria does, and return its address as she copies it."""
    visit(ASK, maker)
    page = maker.page
    page.get_by_label("Title for whoever delivers").fill(title)
    page.get_by_role("button", name="Make the link").click()
    return page.locator("code").inner_text()


def picture(page: Page, name: str) -> None:
    """Keep pictures, dark and light, where somebody asks for them."""
    if folder := os.environ.get("PICTURES"):
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=f"{folder}/{name}-{scheme}.png", full_page=True, animations="disabled")


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
    assert_accessible(page)
    picture(page, f"introduce-{size['width']}")
    page.get_by_label("Your name").fill("Wanjiru Kamau")
    page.get_by_label("Your e-mail address").fill("wanjiru@outside-site.example")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("Nothing delivered yet")
    page.locator("#upload-files").set_input_files(TABLE)
    expect(page.get_by_role("list", name="Uploads")).to_contain_text("Delivered and recorded. Receipt")
    page.get_by_role("link", name="Show the confirmation").click()
    expect(page.get_by_role("table")).to_contain_text("advanced-lung.csv")
    assert_accessible(page)
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


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_somebody_outside_looks_at_a_copy_with_a_code(
    stack: Stack, browser: Browser, signed_in: SignIn, size: Any
) -> None:
    address = f"reader{size['width']}@elsewhere.example"
    maker = signed_in(MARIA)
    visit(SEND, maker)
    maker.page.get_by_label("E-mail address of the recipient").fill(address)
    maker.page.get_by_label("What they need it for").fill("A second reading")
    maker.page.get_by_role("button", name="Send the link").click()
    expect(maker.page.get_by_role("main")).to_contain_text("It was mailed to the recipient")
    guest = visitor(browser, stack.url, size=size)
    page = guest.go(link_in(mail_to(stack.home, address, "has sent you a file"), "/outside/"))
    page.get_by_role("button", name="Mail me the code").click()
    expect(page.get_by_label("Code")).to_be_visible()
    assert_accessible(page)
    picture(page, f"code-{size['width']}")
    page.get_by_label("Code").fill(code_in(mail_to(stack.home, address, "Your code")))
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("A second reading")
    picture(page, f"sent-{size['width']}")
    page.get_by_role("link", name="View").click()
    drawing = page.locator("[data-viewer-picture]")
    expect(drawing).to_be_visible()
    page.wait_for_function("document.querySelector('[data-viewer-picture]').naturalWidth > 0")
    assert_accessible(page)
    picture(page, f"viewed-{size['width']}")
    expect(page.get_by_role("link", name="Download")).to_have_count(0)
    maker.go("/access/links/")
    maker.page.get_by_role("link", name=f"Look at Copy for {address}").click()
    expect(maker.page.get_by_role("main")).to_contain_text(f"{address}, from outside")
    maker.page.get_by_role("link", name="Close the link").click()
    maker.page.get_by_role("button", name="Close", exact=True).click()
    expect(maker.page.get_by_role("main")).to_contain_text("The link is closed")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here for you")
    assert guest.complaints == []
    guest.context.close()


def code_in(mail: str) -> str:
    found = re.search(r"^\d{8}$", mail, re.MULTILINE)
    assert found, mail
    return found[0]

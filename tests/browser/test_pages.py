"""Every page: no finding of axe, nothing refused by the content security policy, nothing wider than the screen."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.accessible import assert_accessible, assert_accessible_wide_and_narrow
from tests.browser.conftest import SignIn
from tests.browser.pages import MARIA, PLACES, SEUN, STUDY, Place, visit
from tests.browser.people import Visitor, code_on_screen, visitor
from tests.stack import ROOT, Stack


@pytest.fixture(scope="session")
def guest(stack: Stack, browser: Browser) -> Visitor:
    return visitor(browser, stack.url)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_page_is_accessible_wide_and_narrow(place: Place, guest: Visitor, signed_in: SignIn) -> None:
    who = signed_in(place.who) if place.who else guest
    visit(place, who)
    expect(who.page.get_by_role("heading", level=1)).to_have_count(1)
    assert_accessible_wide_and_narrow(who.page)
    assert who.complaints == []


def test_axe_finds_what_is_wrong_also_under_our_policy(guest: Visitor) -> None:
    page = guest.go("/")
    page.evaluate("document.querySelector('main p').style.color = '#eee'")
    with pytest.raises(AssertionError, match="color-contrast"):
        assert_accessible(page)


def test_signing_in_takes_a_keyboard_only(stack: Stack, browser: Browser) -> None:
    guest, beside = visitor(browser, stack.url), visitor(browser, stack.url)
    password, _ = code_on_screen(beside, SEUN)
    page = guest.go("/accounts/login/")
    tab_to(guest, "login")
    page.keyboard.type(SEUN)
    tab_to(guest, "password")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/2fa/authenticate/**")
    tab_to(guest, "code")
    page.keyboard.type(code_on_screen(beside, SEUN)[1])  # a code grows old while a busy machine loads pages
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"^[^?]*(?<!authenticate/)$"))
    expect(page.get_by_role("banner")).to_contain_text("Oluwaseun")


def tab_to(guest: Visitor, name: str) -> None:
    """Press Tab until the field has the focus, visibly."""
    for _ in range(30):
        if guest.page.evaluate("document.activeElement.name") == name:
            break
        guest.page.keyboard.press("Tab")
    assert guest.page.evaluate("document.activeElement.name") == name
    assert guest.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


def test_the_first_tab_leads_past_the_navigation(guest: Visitor) -> None:
    page = guest.go("/")
    page.keyboard.press("Tab")
    assert "content" in page.evaluate("document.activeElement.textContent")


def test_uploading_works_without_javascript(stack: Stack, browser: Browser, signed_in: SignIn) -> None:
    with_cookies = signed_in(MARIA).context.storage_state()
    context = browser.new_context(java_script_enabled=False, storage_state=with_cookies)
    plain = Visitor(context, stack.url)
    visit(Place("upload", MARIA, "/workspaces/", (STUDY, "Upload")), plain)
    plain.page.locator("#upload-files").set_input_files(ROOT / "walkthrough" / "trials" / "veteran-lung.csv")
    plain.page.get_by_role("main").get_by_role("button", name="Upload", exact=True).click()
    expect(plain.page.get_by_role("main")).to_contain_text("veteran-lung.csv")
    context.close()

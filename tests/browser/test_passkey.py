"""A passkey from the first page to the last, with an authenticator that Chromium plays itself."""

from playwright.sync_api import Browser, expect

from tests.browser.pages import SEUN
from tests.browser.people import ADD_PASSKEY, give_a_passkey, give_an_authenticator, press, sign_in_as, visitor
from tests.stack import Stack


def test_a_passkey_is_added_and_signs_in_alone(stack: Stack, browser: Browser) -> None:
    person = sign_in_as(browser, stack.url, SEUN)
    person.go(ADD_PASSKEY)
    give_a_passkey(person)
    expect(person.go("/account/security/").get_by_role("main")).to_contain_text("Ward laptop")
    press(person.go("/accounts/logout/").get_by_role("main").get_by_role("button", name="Sign out"))
    press(person.go("/accounts/login/").get_by_role("button", name="Sign in with a passkey"))
    expect(person.page.get_by_role("banner")).to_contain_text("Oluwaseun")
    # Neither password nor code was given, and yet everything opens.
    expect(person.go("/workspaces/").get_by_role("heading", level=1)).to_have_text("Workspaces")
    assert person.complaints == []


def test_a_passkey_that_nobody_has_here_is_refused_with_a_sentence(stack: Stack, browser: Browser) -> None:
    guest = visitor(browser, stack.url)
    give_an_authenticator(guest)
    page = guest.go("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("[data-passkey-error]")).to_be_visible()
    assert page.url.endswith("/accounts/login/")

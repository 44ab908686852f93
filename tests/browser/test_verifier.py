"""The offline verifier in a browser, from this server and from a disk."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessible import assert_accessible_wide_and_narrow
from tests.browser.people import WIDE
from tests.stack import ROOT, Stack

VECTORS = ROOT / "tests" / "vectors" / "ledger"
GOOD, BAD = VECTORS / "trail.zip", VECTORS / "left-out.zip"
HOLDS = "Everything that was checked holds"


@pytest.fixture(params=["served", "from a disk"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """The page from both places, with everything it asks of a network."""
    if request.param == "served":
        stack: Stack = request.getfixturevalue("stack")
        address = f"{stack.url}/verify/"
    else:
        address = (ROOT / "static" / "verify" / "index.html").as_uri()
    opened = browser.new_page(viewport=WIDE)  # type: ignore[arg-type]
    complaints: list[str] = []
    opened.on("console", lambda said: complaints.append(said.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(address)
    yield opened
    opened.close()
    assert complaints == []


def choose(page: Page, file: Path, **others: Path) -> None:
    for name, path in {"file": file, "policy": VECTORS / "policy", **others}.items():
        page.set_input_files(f"#{name}", path)


def check(page: Page) -> None:
    page.get_by_role("button", name="Check", exact=True).click()
    page.locator(".verdict").wait_for()


def test_it_says_that_a_trail_holds_and_what_that_means(page: Page) -> None:
    choose(page, GOOD, known=VECTORS / "known-checkpoint", receipts=VECTORS / "receipt.tlog-proof")
    check(page)
    expect(page.get_by_role("heading", name=HOLDS)).to_be_focused()
    result = page.get_by_role("region", name="Result")
    expect(result).to_contain_text("No event that the log recorded is missing from the stream of workspace w1.")
    expect(result).to_contain_text("The receipt receipt.tlog-proof agrees")
    expect(result).to_contain_text("What this cannot tell")


def test_it_says_what_does_not_hold(page: Page) -> None:
    choose(page, BAD)
    check(page)
    result = page.get_by_role("region", name="Result")
    expect(result).to_contain_text("number 3 of the stream of workspace w1 is in the log, but the export leaves it out")
    expect(result).not_to_contain_text("What that means")


def test_it_checks_a_receipt_with_a_policy_that_was_pasted(page: Page) -> None:
    page.set_input_files("#file", VECTORS / "receipt.tlog-proof")
    check(page)
    expect(page.get_by_role("region", name="Result")).to_contain_text("A receipt says nothing without a policy")
    page.get_by_text("Paste the policy instead").click()
    page.get_by_label("Text of the policy").fill((VECTORS / "policy").read_text())
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_role("heading", name=HOLDS)).to_be_visible()


def test_it_calls_another_file_unusable(page: Page) -> None:
    page.set_input_files("#file", VECTORS / "README.md")
    check(page)
    expect(page.get_by_role("region", name="Result")).to_contain_text("neither a trail export nor a receipt")


def test_it_asks_nothing_of_the_network_once_it_is_there(page: Page) -> None:
    asked: list[str] = []
    choose(page, GOOD)
    page.on("request", lambda request: asked.append(request.url))
    check(page)
    # From a server the worker loads its own scripts, the same that the page has.
    assert all(re.search(r"/verify/\w+\.js$", one) for one in asked)


def test_it_works_without_a_network(page: Page) -> None:
    choose(page, GOOD)
    page.context.set_offline(page.url.startswith("file:"))
    check(page)
    expect(page.get_by_role("heading", name=HOLDS)).to_be_visible()


def test_nothing_on_it_can_open_a_connection(browser: Browser) -> None:
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text))
    page.goto((ROOT / "static" / "verify" / "index.html").as_uri())
    assert page.evaluate("fetch('https://example.org/').then(() => 'sent', () => 'refused')") == "refused"
    assert "connect-src 'none'" in said[0]
    page.close()


def test_it_takes_a_keyboard_only(page: Page) -> None:
    choose(page, GOOD)
    page.locator("#file").focus()
    for _ in range(20):
        if page.evaluate("document.activeElement.id") == "start":
            break
        page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=HOLDS)).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("file", [GOOD, BAD], ids=["good", "bad"])
def test_its_report_is_accessible_in_every_light_and_width(browser: Browser, scheme: str, file: Path) -> None:
    context = browser.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto((ROOT / "static" / "verify" / "index.html").as_uri())
    choose(page, file)
    check(page)
    assert_accessible_wide_and_narrow(page)
    context.close()

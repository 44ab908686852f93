"""One running stack and one browser for the whole directory."""

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.people import Visitor, sign_in_as
from tests.needs import find, needs
from tests.stack import Stack, running_stack

SignIn = Callable[[str], Visitor]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(needs("chromium"))


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with running_stack() as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # As root Chromium has no sandbox to offer; everything it opens here is our own.
    arguments = ["--no-sandbox"] if os.getuid() == 0 else []
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=find("chromium"), args=arguments)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def signed_in(stack: Stack, browser: Browser) -> Iterator[SignIn]:
    """Sign an invented person in once per session, and hand out the same cookies afterwards."""
    known: dict[str, Visitor] = {}

    def sign_in(email: str) -> Visitor:
        if email not in known:
            known[email] = sign_in_as(browser, stack.url, email)
        return known[email]

    yield sign_in
    complaints = {email: guest.complaints for email, guest in known.items() if guest.complaints}
    assert complaints == {}

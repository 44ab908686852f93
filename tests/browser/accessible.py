"""What axe finds on a page as it stands, and whether it fits on the screen."""

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page

from tests.browser.people import PHONE, WIDE

# Without `preload` axe neither asks for every style sheet once more nor writes styles, which our policy refuses. Only
# two rules need it: one for audio and video, of which no page has any, and one that is left out as an experiment.
OPTIONS = {"resultTypes": ["violations"], "preload": False}
RUN = "(options) => axe.run(options).then(({ violations }) => ({ violations }))"
CUT_OFF = "[...document.querySelectorAll('.table-wrap')].filter((one) => one.scrollWidth > one.clientWidth).length"


def assert_accessible(page: Page) -> None:
    """Let axe look at the page at the width that it has."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE_SCRIPT)
    found = AxeResults(page.evaluate(RUN, OPTIONS))
    assert found.violations_count == 0, found.generate_report()
    assert page.viewport_size is not None
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"], "the page is wider than the screen"
    assert page.evaluate(CUT_OFF) == 0, "a table is wider than its place"


def assert_accessible_wide_and_narrow(page: Page) -> None:
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert_accessible(page)

"""`make screenshots`: a picture of every page, wide and narrow, light and dark.

All of them go to var/screenshots; the few that the README shows also to docs/screenshots.
"""

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.pages import PLACES, Place, visit
from tests.browser.people import PHONE, WIDE, Visitor, sign_in_as, visitor
from tests.needs import find
from tests.stack import ROOT, Stack, running_stack

ALL = ROOT / "var" / "screenshots"
SHOWN = ROOT / "docs" / "screenshots"
FOR_README = {"workspace-wide-light", "file-wide-light", "access-wide-dark", "trail-wide-light", "home-phone-dark"}


def main() -> int:
    chromium = find("chromium")
    if chromium is None:
        sys.stderr.write("Taking pictures needs Chromium; set CHROMIUM=/path/to/it if it is not on the PATH.\n")
        return 1
    ALL.mkdir(mode=0o700, parents=True, exist_ok=True)
    arguments = ["--no-sandbox"] if os.getuid() == 0 else []
    with running_stack() as stack, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        people = sign_in_everybody(browser, stack)
        for place in PLACES:
            visit(place, people[place.who])
            take(browser, place, people[place.who])
        browser.close()
    return 0


def sign_in_everybody(browser: Browser, stack: Stack) -> dict[str | None, Visitor]:
    people: dict[str | None, Visitor] = {None: visitor(browser, stack.url)}
    for email in {place.who for place in PLACES if place.who}:
        people[email] = sign_in_as(browser, stack.url, email)
    return people


def take(browser: Browser, place: Place, who: Visitor) -> None:
    cookies = who.context.storage_state()
    for size_name, size in (("wide", WIDE), ("phone", PHONE)):
        for scheme in ("light", "dark"):
            context = browser.new_context(viewport=size, color_scheme=scheme, storage_state=cookies)  # type: ignore[arg-type]
            page = context.new_page()
            page.goto(who.page.url)
            path = ALL / f"{place.name}-{size_name}-{scheme}.png"
            page.screenshot(path=path, full_page=size_name == "wide" and place.name not in {"trail", "landing"})
            context.close()
            keep(path)


def keep(path: Path) -> None:
    if path.stem in FOR_README:
        SHOWN.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, SHOWN / path.name)


if __name__ == "__main__":
    sys.exit(main())

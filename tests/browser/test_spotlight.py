"""The spotlight: what is seen of a page, by pixels; how it is moved, and that a required one stays."""

import io

import pytest
from PIL import Image
from playwright.sync_api import Browser, FloatRect, Page, expect

from tests.browser.accessible import assert_accessible
from tests.browser.api import send
from tests.browser.conftest import SignIn
from tests.browser.pages import IMAGE, MARIA, STUDY, Place, visit
from tests.browser.people import PHONE, WIDE, Visitor
from tests.browser.test_marks import open_viewer, wait_until_drawn

SHADE = (0x10, 0x18, 0x1C)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_strip_is_moved_by_keys_alone_and_all_else_is_dark(signed_in: SignIn, size: dict[str, int]) -> None:
    maria = signed_in(MARIA)
    page = open_viewer(maria, IMAGE, size)
    assert seen_of(page) == 1
    page.keyboard.press("s")
    expect(page.get_by_role("button", name="Spotlight")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-viewer-said]")).to_contain_text("Spotlight on")
    first = strip_of(page)
    assert 0 < seen_of(page) < 0.6
    page.keyboard.press("ArrowDown")
    assert strip_of(page)[0] > first[0]
    page.keyboard.press("Home")
    assert strip_of(page)[0] == 0
    assert_accessible(page)
    page.get_by_role("textbox", name="Your comment").focus()
    assert seen_of(page) == 0
    page.get_by_role("button", name="Spotlight").focus()
    page.keyboard.press("Enter")
    assert seen_of(page) == 1
    assert maria.complaints == []


def test_the_strip_follows_the_pointer_and_closes_behind_it(signed_in: SignIn) -> None:
    maria = signed_in(MARIA)
    page = open_viewer(maria, IMAGE, WIDE)
    page.get_by_role("button", name="Spotlight").click()
    box = place_of(page)
    for share in (0.3, 0.6):
        at = box["y"] + share * box["height"]
        page.mouse.move(box["x"] + 50, at)
        top, high = strip_of(page)
        assert abs(box["y"] + top + high / 2 - at) < 2
        assert 0 < seen_of(page) < 0.6
    page.reload()
    wait_until_drawn(page)
    page.mouse.move(5, 5)
    assert seen_of(page) == 0, "the next page begins as the last one ended"
    page.mouse.move(box["x"] + 50, box["y"] + 100)
    assert seen_of(page) > 0
    page.mouse.move(5, 5)
    assert seen_of(page) == 0
    page.mouse.move(box["x"] + 50, box["y"] + 100)
    page.evaluate("window.dispatchEvent(new Event('blur'))")
    assert seen_of(page) == 0
    page.keyboard.press("s")
    assert seen_of(page) == 1


def test_a_required_one_cannot_be_turned_off(signed_in: SignIn, browser: Browser) -> None:
    maria = signed_in(MARIA)
    page = open_tree(maria, WIDE)
    workspace = workspace_of(page)
    send(page, "PUT", f"workspaces/{workspace}/spotlight/", {"required": True})
    try:
        for size in (WIDE, PHONE):
            page = open_tree(maria, size)
            expect(page.locator("[data-spotlight-toggle]")).to_have_count(0)
            page.keyboard.press("s")
            assert seen_of(page) == 0
            page.locator(".viewer__stage").focus()
            page.keyboard.press("ArrowDown")
            assert 0 < seen_of(page) < 0.6
            assert_accessible(page)
        context = browser.new_context(java_script_enabled=False, storage_state=maria.context.storage_state())
        plain = Visitor(context, maria.base)
        open_tree(plain, WIDE)
        expect(plain.page.locator("noscript .notice")).to_be_visible()
        assert seen_of(plain.page) == 0
        context.close()
    finally:
        send(page, "PUT", f"workspaces/{workspace}/spotlight/", {"required": False})
    assert maria.complaints == []


def open_tree(who: Visitor, size: dict[str, int]) -> Page:
    who.page.set_viewport_size(size)  # type: ignore[arg-type]
    visit(
        Place("viewer-tree", MARIA, "/workspaces/", (STUDY, "Case histories", "Case 102, first visit.json", "View")),
        who,
    )
    return who.page


def workspace_of(page: Page) -> str:
    found = send_get(page, "workspaces/")["results"]
    return str(next(one["id"] for one in found if one["name"] == STUDY))


def send_get(page: Page, path: str) -> dict[str, list[dict[str, str]]]:
    answer: dict[str, list[dict[str, str]]] = page.evaluate(
        "async (path) => (await fetch('/api/v1/' + path)).json()", path
    )
    return answer


def place_of(page: Page) -> FloatRect:
    page.locator("[data-spotlight]").scroll_into_view_if_needed()
    box = page.locator("[data-spotlight]").bounding_box()
    assert box is not None
    return box


def strip_of(page: Page) -> tuple[float, float]:
    """Return where the strip begins in its place, and how high it is."""
    box, strip = place_of(page), page.locator("[data-spotlight-strip]").bounding_box()
    assert strip is not None
    return strip["y"] - box["y"], strip["height"]


def seen_of(page: Page) -> float:
    """Return which share of the lines of the place shows anything but the dark, in pixels as somebody sees them."""
    shot = Image.open(io.BytesIO(page.locator("[data-spotlight]").screenshot())).convert("RGB")
    lines = [shot.crop((0, line, shot.width, line + 1)) for line in range(2, shot.height - 2)]
    dark = sum(line.getextrema() == tuple((one, one) for one in SHADE) for line in lines)
    return 1 - dark / len(lines)

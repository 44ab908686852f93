"""Marking a part of a page: by pointer, by touch, by keys alone; finding it again; all of it accessible."""

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.accessible import assert_accessible
from tests.browser.conftest import SignIn
from tests.browser.pages import CONSENT, IMAGE, MARIA, STUDY, Place, visit
from tests.browser.people import PHONE, WIDE, Visitor, press
from tests.browser.test_asking_for_access import follow, go_to


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_part_is_marked_by_keys_alone_and_found_again(signed_in: SignIn, size: dict[str, int]) -> None:
    maria = signed_in(MARIA)
    page = open_viewer(maria, IMAGE, size)
    said = f"This shadow, at {size['width']}?"
    # From the keyboard a summary is opened by Enter, as browsers have it.
    focus_summary(page)
    page.keyboard.press("Enter")
    go_to(page, "Mark a part")
    page.keyboard.press("Enter")
    box = page.get_by_role("application")
    expect(box).to_be_focused()
    for key in ("ArrowRight", "ArrowDown", "Shift+ArrowLeft", "Shift+ArrowDown"):
        page.keyboard.press(key)
    assert numbers(page) == ["36", "36", "29", "16"]
    expect(page.locator("[data-viewer-said]")).to_have_text(
        "36 % from the left, 36 % from the top, 29 % wide, 16 % high"
    )
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Your comment")).to_be_focused()
    page.keyboard.type(said)
    go_to(page, "Send")
    follow(page)
    wait_until_drawn(page)
    comment = page.locator("li.thread", has_text=said)
    expect(comment).to_contain_text("36 % from the left")
    focus_link(comment, "Show it on the page")
    page.keyboard.press("Enter")
    mark = page.locator(".mark--here")
    expect(mark).to_be_focused()
    assert_lies_at(page, mark, (0.36, 0.36, 0.29, 0.16))
    page.keyboard.press("Enter")
    expect(page.locator(".comment:target")).to_contain_text(said)
    expect(page.locator(".mark").first).to_be_visible()
    assert_accessible(page)
    assert maria.complaints == []


def test_a_part_is_drawn_with_the_mouse_and_read_by_a_colleague(signed_in: SignIn) -> None:
    maria, colleague = signed_in(MARIA), signed_in("seun@northern-shore.example")
    page = open_viewer(maria, IMAGE, WIDE)
    page.get_by_text("About a part of the frame").click()
    page.get_by_role("button", name="Mark a part").click()
    layer = page.locator(".marks").bounding_box()
    assert layer is not None
    page.locator(".viewer__stage").scroll_into_view_if_needed()
    layer = page.locator(".marks").bounding_box()
    assert layer is not None
    page.mouse.move(layer["x"] + 0.6 * layer["width"], layer["y"] + 0.5 * layer["height"])
    page.mouse.down()
    page.mouse.move(layer["x"] + 0.2 * layer["width"], layer["y"] + 0.25 * layer["height"], steps=4)
    page.mouse.up()
    left, top, width, height = map(float, numbers(page))
    assert abs(left - 20) < 1
    assert abs(top - 25) < 1
    assert abs(width - 40) < 1
    assert abs(height - 25) < 1
    page.get_by_role("textbox", name="Your comment").fill("Drawn from the lower right.")
    press(page.get_by_role("button", name="Send"))
    seen = open_viewer(colleague, IMAGE, WIDE)
    number = seen.locator("li.thread", has_text="Drawn from the lower right.").locator("[data-marks-number]")
    mark = seen.get_by_role("link", name=f"Part {number.inner_text()}: to the comment of Maria")
    mark.click()
    expect(seen.locator(".comment:target")).to_contain_text("Drawn from the lower right.")
    go_back_from_the_conversation(colleague, "Drawn from the lower right.")
    assert maria.complaints == colleague.complaints == []


def test_a_part_is_drawn_with_a_finger(browser: Browser, signed_in: SignIn) -> None:
    cookies = signed_in(MARIA).context.storage_state()
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True, storage_state=cookies)  # type: ignore[arg-type]
    touching = Visitor(context, signed_in(MARIA).base)
    page = open_viewer(touching, CONSENT, PHONE)
    page.get_by_text("About a part of the page").tap()
    page.get_by_role("button", name="Mark a part").tap()
    expect(page.get_by_role("application")).to_be_in_viewport()
    layer = page.locator(".marks").bounding_box()
    assert layer is not None
    line = context.new_cdp_session(page)
    top = max(layer["y"], 0) + 40
    for kind, x, y in (("touchStart", 0.2, 0), ("touchMove", 0.4, 40), ("touchMove", 0.5, 80), ("touchEnd", None, 0)):
        points = [] if x is None else [{"x": layer["x"] + x * layer["width"], "y": top + y}]
        line.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    left, _, width, height = map(float, numbers(page))
    assert abs(left - 20) < 2
    assert abs(width - 30) < 2
    assert height > 1
    assert touching.complaints == []
    context.close()


def test_turning_a_page_brings_what_is_said_about_that_one(signed_in: SignIn) -> None:
    maria = signed_in(MARIA)
    page = open_viewer(maria, CONSENT, WIDE)
    if page.locator("[data-viewer-next]").get_attribute("aria-disabled"):
        pytest.skip("this form has one page")
    page.get_by_role("textbox", name="Your comment").fill("About the first page.")
    press(page.get_by_role("button", name="Send"))
    expect(page.locator("[data-marks-said]")).to_contain_text("About the first page.")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-marks-said]")).not_to_contain_text("About the first page.")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-marks-said]")).to_contain_text("About the first page.")


def test_without_javascript_the_numbers_do(browser: Browser, signed_in: SignIn) -> None:
    cookies = signed_in(MARIA).context.storage_state()
    context = browser.new_context(java_script_enabled=False, storage_state=cookies)
    plain = Visitor(context, signed_in(MARIA).base)
    visit(Place("viewer", MARIA, "/workspaces/", (STUDY, *CONSENT, "View")), plain)
    page = plain.page
    expect(page.locator("noscript img, img.viewer__picture").last).to_be_visible()
    page.get_by_text("About a part of the page").click()
    for label, per_cent in (("From the left", "10"), ("From the top", "20"), ("Width", "30"), ("Height", "5")):
        page.get_by_label(label).fill(per_cent)
    page.get_by_role("textbox", name="Your comment").fill("By numbers.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("li.thread", has_text="By numbers.")).to_contain_text("10 % from the left, 20 % from the top")
    context.close()


def open_viewer(who: Visitor, file: tuple[str, str], size: dict[str, int]) -> Page:
    who.page.set_viewport_size(size)  # type: ignore[arg-type]
    visit(Place("viewer", MARIA, "/workspaces/", (STUDY, *file, "View")), who)
    wait_until_drawn(who.page)
    return who.page


def wait_until_drawn(page: Page) -> None:
    """The layer for marks has a size as soon as the picture has one."""
    expect(page.locator(".marks")).to_be_visible()


def numbers(page: Page) -> list[str]:
    return [page.locator(f"#say [name={side}]").input_value() for side in ("left", "top", "width", "height")]


def focus_summary(page: Page) -> None:
    """Press Tab until the summary has the focus."""
    page.get_by_role("textbox", name="Your comment").focus()
    for _ in range(5):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "SUMMARY":
            return
    raise AssertionError("no way to the summary by Tab")


def focus_link(within: Locator, name: str) -> None:
    link = within.get_by_role("link", name=name)
    link.focus()
    expect(link).to_be_focused()


def assert_lies_at(page: Page, mark: Locator, sides: tuple[float, float, float, float]) -> None:
    """Compare with the page, which ends above the strip with the watermark."""
    box = mark.bounding_box()
    picture = page.locator("[data-viewer-picture]")
    whole = picture.bounding_box()
    share = picture.evaluate("one => Number(one.dataset.pageHeight) / one.naturalHeight")
    assert whole is not None
    assert box is not None
    assert 0.5 < share < 1
    high = whole["height"] * share
    found = (
        (box["x"] - whole["x"]) / whole["width"],
        (box["y"] - whole["y"]) / high,
        box["width"] / whole["width"],
        box["height"] / high,
    )
    assert all(abs(one - other) < 0.01 for one, other in zip(found, sides, strict=True)), found


def go_back_from_the_conversation(who: Visitor, said: str) -> None:
    visit(Place("conversation", MARIA, "/workspaces/", (STUDY, *IMAGE, "Read the conversation")), who)
    comment = who.page.locator(".thread", has_text=said)
    comment.get_by_role("link", name="a marked part").first.click()
    wait_until_drawn(who.page)
    expect(who.page.locator(".mark--here")).to_be_focused()

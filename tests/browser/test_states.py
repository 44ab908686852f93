"""Pages as they are when something was refused, when nothing is listed, and while something is open over them."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessible import assert_accessible, assert_accessible_wide_and_narrow
from tests.browser.conftest import SignIn
from tests.browser.pages import PLACES, visit
from tests.browser.people import PHONE, WIDE
from tests.browser.test_outside import picture

# Pages whose form is sent with nothing in it.
REFUSED = (
    "lock", "item-tags", "item-participants", "set-terms", "conditions", "send-copy", "invite",
    "new-group", "ask-rights", "refuse-request", "remove-for-good", "add-key", "edit", "workspace-settings",
)  # fmt: skip
# What is asked for so that nothing is found.
EMPTY = {
    "search": "?q=zzzz",
    "search-found": "&kind=file&tag=zzzz",
    "workspace": "?q=zzzz",
    "activity": "?since=2001-01-01&until=2001-01-02",
    "file-activity": "?by=people&until=2001-01-02",
    "inbox": "?about=acknowledgements&unread=on",
    "people": "?q=zzzz",
}
# The button that asks before it does something.
DIALOGS = {"workspace-settings": "Archive the workspace"}
# Sends the longest form of the page as it stands, with nothing in what one types.
SEND_NOTHING = """() => {
    const forms = [...document.querySelectorAll("main form[method=post]")];
    const form = forms.sort((one, other) => other.elements.length - one.elements.length)[0];
    for (const field of form.elements) {
        if (field.matches("textarea, input[type=text], input[type=email], input:not([type])")) field.value = "";
    }
    setTimeout(() => HTMLFormElement.prototype.submit.call(form));
}"""


def show(name: str, signed_in: SignIn, query: str = "") -> Page:
    place = next(place for place in PLACES if place.name == name)
    assert place.who
    who = signed_in(place.who)
    who.page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    visit(place, who)
    if query:
        who.page.goto(who.page.url + query)
    return who.page


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_form_is_accessible(signed_in: SignIn, name: str) -> None:
    page = show(name, signed_in)
    with page.expect_navigation():
        page.evaluate(SEND_NOTHING)
    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed")
    assert_accessible_wide_and_narrow(page)
    picture(page, f"refused-{name}")


@pytest.mark.parametrize("name", EMPTY)
def test_a_page_with_nothing_to_list_is_accessible(signed_in: SignIn, name: str) -> None:
    page = show(name, signed_in, EMPTY[name])
    expect(page.locator("main .empty")).to_have_count(1)
    assert_accessible_wide_and_narrow(page)
    picture(page, f"empty-{name}")


@pytest.mark.parametrize("name", DIALOGS)
def test_a_page_with_a_question_open_is_accessible(signed_in: SignIn, name: str) -> None:
    page = show(name, signed_in)
    page.get_by_role("main").get_by_role("button", name=DIALOGS[name]).first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert_accessible_wide_and_narrow(page)
    picture(page, f"question-{name}")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


@pytest.mark.parametrize(("name", "label", "size"), [("file", "More", WIDE), ("workspace", "Menu", PHONE)])
def test_a_menu_is_accessible(signed_in: SignIn, name: str, label: str, size: dict[str, int]) -> None:
    page = show(name, signed_in)
    page.set_viewport_size(size)  # type: ignore[arg-type]
    page.locator("summary").filter(has_text=label).locator("visible=true").first.click()
    assert_accessible(page)
    picture(page, f"menu-{name}")

"""Asking for access and answering, with the keyboard alone, on a wide screen and on a phone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.pages import MARIA, STUDY, let_act
from tests.browser.people import PHONE, WIDE, Visitor

ELOISE = "eloise@trois-vallees.example"


@pytest.mark.parametrize(
    ("size", "folder", "file", "answer"),
    [
        (WIDE, "Images", "MR brain, T1.dcm", "Grant as asked"),
        (PHONE, "Case histories", "Case 102, first visit.json", "Refuse"),
    ],
    ids=["wide", "phone"],
)
def test_a_reader_asks_and_the_owner_answers(
    signed_in: SignIn, size: dict[str, int], folder: str, file: str, answer: str
) -> None:
    reader, owner = signed_in(ELOISE), signed_in(MARIA)
    for who in (reader, owner):
        who.page.set_viewport_size(size)  # type: ignore[arg-type]
    asks(reader, folder, file)
    let_act(owner, MARIA)  # granting to another institution asks for a factor
    answers(owner, file, answer)
    page = reader.go("/")
    expect(page.get_by_role("main")).to_contain_text("Granted" if answer == "Grant as asked" else "The reading is over")
    assert reader.complaints == owner.complaints == []


def asks(reader: Visitor, folder: str, file: str) -> None:
    page = reader.go("/workspaces/")
    for link in (STUDY, folder, file, "Ask for more access"):
        go_to(page, link)
        follow(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Ask for access to {file}")
    go_to(page, "Rename, move and describe")
    page.keyboard.press("Space")
    go_to(page, "What you need it for")
    page.keyboard.type("Second reading of the finding")
    go_to(page, "Send the request")
    follow(page)
    expect(page.get_by_role("main")).to_contain_text("Your request is on its way")
    expect(page.get_by_role("main")).to_contain_text(file)


def answers(owner: Visitor, file: str, answer: str) -> None:
    page = owner.go("/access/requests/")
    row = page.get_by_role("row").filter(has_text=file)
    row.get_by_role("link").focus()
    follow(page)
    expect(page.get_by_role("main")).to_contain_text("Second reading of the finding")
    go_to(page, answer)
    follow(page)
    if answer == "Refuse":
        go_to(page, "Reason")
        page.keyboard.type("The reading is over")
        go_to(page, "Refuse")
        follow(page)
    expect(page.get_by_role("main")).to_contain_text("It has been recorded.")


def go_to(page: Page, name: str, *, exact: bool = False) -> None:
    """Press Tab until what has the focus is called so, or begins so, and shows that it has it."""
    for _ in range(90):
        page.keyboard.press("Tab")
        if is_called(page, name, exact=exact):
            break
    assert is_called(page, name, exact=exact), f"no way to {name} by the keyboard"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


def is_called(page: Page, name: str, *, exact: bool) -> bool:
    return called(page) == name if exact else called(page).startswith(name)


def called(page: Page) -> str:
    """Return the visible name of what has the focus."""
    name = page.evaluate(
        "(e => (e.ariaLabel ?? (e.labels && e.labels.length ? e.labels[0] : e).textContent.trim()))"
        "(document.activeElement)"
    )
    return " ".join(str(name).split())


def follow(page: Page) -> None:
    with page.expect_navigation():
        page.keyboard.press("Enter")

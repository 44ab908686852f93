"""Finding out who may and why, seeing what would change, and a review, with the keyboard alone."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SignIn
from tests.browser.pages import MARIA, STUDY, let_act
from tests.browser.people import PHONE, WIDE, Visitor
from tests.browser.test_asking_for_access import follow, go_to


@pytest.mark.parametrize(
    ("size", "name", "role"),
    [(WIDE, "Kenji Watanabe-Lindholm", "Contributor"), (PHONE, "Oluwaseun Adébáyò", "Manager")],
    ids=["wide", "phone"],
)
def test_an_owner_looks_why_foresees_a_change_and_reviews(
    signed_in: SignIn, size: dict[str, int], name: str, role: str
) -> None:
    owner = signed_in(MARIA)
    let_act(owner, MARIA)  # changing a role of somebody of another institution asks for a factor
    owner.page.set_viewport_size(size)  # type: ignore[arg-type]
    people = looks_why(owner, name, role)
    foresees(owner, people, name, role)
    reviews(owner, people, name)
    assert owner.complaints == []


def looks_why(owner: Visitor, name: str, role: str) -> str:
    """Return the address of the page of people."""
    page = owner.go("/workspaces/")
    go_to(page, STUDY)
    follow(page)
    # In the head of every page stands a link of the same name.
    page.get_by_role("navigation", name="Workspace").get_by_role("link", name="People").focus()
    follow(page)
    people = page.url.removeprefix(owner.base)
    go_to(page, f"{role}: what {name}")
    follow(page)
    expect(page.get_by_role("main")).to_contain_text(f"The role {role} in “{STUDY}” includes it.")
    go_to(page, "See the workspace as they do")
    follow(page)
    expect(page.get_by_role("main")).to_contain_text("it has been recorded that you looked")
    return people


def foresees(owner: Visitor, people: str, name: str, role: str) -> None:
    """Ask what a lower role would change, and leave it at that."""
    page = owner.go(people)
    go_to(page, f"Change access of {name}")
    follow(page)
    go_to(page, f"{role}: also")
    page.keyboard.press("ArrowUp")
    go_to(page, "See what would change")
    follow(page)
    row = page.get_by_role("row").filter(has_text=name)
    expect(row).to_contain_text("files or folders and the workspace")
    expect(owner.go(people).get_by_role("row").filter(has_text=name)).to_contain_text(role)


def reviews(owner: Visitor, people: str, name: str) -> None:
    page = owner.go(people)
    go_to(page, "Review of access")
    follow(page)
    go_to(page, f"Keep: {name}")
    follow(page)
    expect(page.get_by_role("main")).to_contain_text("That it was looked at has been recorded.")
    expect(page.get_by_role("main").get_by_role("table").first).not_to_contain_text(name)

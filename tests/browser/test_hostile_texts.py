"""Texts that try to run something, written into every field that takes one, and looked at wherever they are shown."""

import base64
from itertools import cycle

import pytest
from playwright.sync_api import Browser, Page

from tests.architecture.test_texts import written_in_forms
from tests.browser.api import send, upload
from tests.browser.conftest import SignIn
from tests.browser.pages import AMARA, MARIA, PLACES, Place, open_page, visit
from tests.browser.people import Visitor, visitor
from tests.browser.test_conversation import HURTS, IN_A_NAME
from tests.browser.texts import EVERYTHING, ROWS, TOO_LONG, Row
from tests.stack import Stack

KENJI = "Kenji Watanabe-Lindholm"
KEY = "-----BEGIN CRYPT4GH PUBLIC KEY-----\n{}\n-----END CRYPT4GH PUBLIC KEY-----\n".format(
    base64.b64encode(b"\x09" * 32).decode()
)
# Finds the form with all the fields, writes into them, and sends it past every check that the browser makes.
WRITE = """([names, texts, kept]) => {
    const form = [...document.querySelectorAll("main form")].find((one) => names.every((name) => one.elements[name]));
    if (!form) return "no form with " + names.join(", ");
    names.forEach((name, place) => {
        const field = form.elements[name];
        const most = field.maxLength > 0 ? field.maxLength : texts[place][0].length;
        const text = kept === null ? texts[place][0] : texts[place].find((one) => one.length <= most);
        if (field.tagName === "SELECT") field.append(new Option(text, text, true, true));
        else field.value = text;
    });
    for (const [name, value] of Object.entries(kept ?? {})) {
        const fields = form.elements[name].length ? [...form.elements[name]] : [form.elements[name]];
        const box = fields.find((one) => ["checkbox", "radio"].includes(one.type) && [one.value, "*"].includes(value));
        if (box) box.checked = true;
        else form.elements[name].value = value;
    }
    setTimeout(() => HTMLFormElement.prototype.submit.call(form));
    return "";
}"""
IS_FILTER = """(names) => [...document.querySelectorAll("main form")]
    .find((one) => names.every((name) => one.elements[name]))?.method === 'get'"""
RAN = """() => window.hurt !== undefined
    || document.querySelectorAll("main iframe, main object, main embed, main style, main base, main meta").length > 0"""


@pytest.fixture(scope="module")
def writing(stack: Stack, browser: Browser, signed_in: SignIn) -> "Writing":
    return Writing(signed_in, visitor(browser, stack.url))


class Writing:
    """A workspace that is full of such texts, and everybody who writes more of them."""

    def __init__(self, signed_in: SignIn, guest: Visitor) -> None:
        self.signed_in, self.guest = signed_in, guest
        self.turn = cycle(range(len(HURTS)))
        self.maria = signed_in(MARIA)
        self.ids = {"key": KEY, "kenji": self._kenji(), **self._workspace()}

    def _kenji(self) -> str:
        page = self.maria.go("/people/?q=Kenji")
        found = page.get_by_role("main").get_by_role("link", name=KENJI).first.get_attribute("href") or ""
        return found.rstrip("/").rpartition("/")[2]

    def _workspace(self) -> dict[str, str]:
        page = self.maria.go("/workspaces/")
        workspace = send(page, "POST", "workspaces/", {"name": IN_A_NAME[1], "description": EVERYTHING})["id"]
        items = f"workspaces/{workspace}/items/"
        folders = [send(page, "POST", items, {"name": name})["id"] for name in IN_A_NAME]
        stored = upload(page, workspace, IN_A_NAME[1] + ".txt", EVERYTHING)
        said = {"text": EVERYTHING[:4000]}
        comment = send(page, "POST", f"files/{stored['file']}/comments/", said)["id"]
        binned = send(page, "POST", items, {"name": "In the bin"})["id"]
        self.maria.go(f"/workspaces/items/{binned}/remove/")
        with page.expect_navigation():
            page.get_by_role("main").locator("form button").first.click()
        return {**stored, "workspace": workspace, "folder": folders[0], "comment": comment, "binned": binned}

    def write_both(self, form: str, row: Row) -> None:
        """Write what is refused, and into the form that comes back with it what is kept."""
        who = self.guest if row.who is None else self.signed_in(row.who)
        self.open(who, row)
        if form != "sharing.links.forms.IntroduceForm":  # needs the link that another form makes
            self.write(form, row, who, kept=False)
        if row.kept is not None:
            self.write(form, row, who, kept=True)

    def write(self, form: str, row: Row, who: Visitor, *, kept: bool) -> None:
        """Fill a form in and send it; nothing of it may run on the page that comes back."""
        names = sorted(written_in_forms()[form] - row.without)
        who.page.locator(f"main [name={names[0]}]").first.wait_for(state="attached")
        is_filter = who.page.evaluate(IS_FILTER, names)
        long = [[TOO_LONG]] * len(names)
        short = [self._fitting(name) for name in names]
        values = {name: self.ids.get(value.strip("{}"), value) for name, value in (row.kept or {}).items()}
        with who.page.expect_navigation():
            texts, right = (short, values) if kept or is_filter else (long, None)
            assert who.page.evaluate(WRITE, [names, texts, right]) == "", form
        nothing_ran(who, form)
        if kept:
            assert who.page.locator("main .field__errors").all_inner_texts() == [], form
            self._note_link(form, who.page)

    def _fitting(self, name: str) -> list[str]:
        """Return the texts, beginning with another one each time; names of things have no stroke in them."""
        texts = [HURTS[next(self.turn)] for _ in range(len(HURTS) + 1)]
        return [text for text in texts if name != "name" or "/" not in text]

    def open(self, who: Visitor, row: Row) -> None:
        if row.place:
            visit(next(place for place in PLACES if place.name == row.place), who)
        else:
            open_page(Place("hostile", row.who, row.path), who, row.path.format(**self.ids))

    def _note_link(self, form: str, page: Page) -> None:
        if form.endswith("FileRequestForm"):
            self.ids["link"] = page.locator("code").inner_text()


def nothing_ran(who: Visitor, where: str) -> None:
    who.page.keyboard.press("Tab")
    assert not who.page.evaluate(RAN), where
    assert who.complaints == [], where


def test_nothing_runs_that_is_written_into_a_form(writing: Writing, subtests: pytest.Subtests) -> None:
    for form, row in ROWS.items():
        with subtests.test(form):
            writing.write_both(form, row)
    with subtests.test("wherever it is shown"):
        is_harmless_wherever_it_is_shown(writing)


def is_harmless_wherever_it_is_shown(writing: Writing) -> None:
    for path in shown_at(writing):
        open_page(Place("hostile", MARIA, path), writing.maria, path)
        nothing_ran(writing.maria, path)
    amara = writing.signed_in(AMARA)
    for path in ("/people/", "/people/institutions/", "/review/"):
        open_page(Place("hostile", AMARA, path), amara, path)
        nothing_ran(amara, path)
    seen = writing.maria.go(f"/workspaces/comments/{writing.ids['comment']}/").get_by_role("main").inner_text()
    assert all(" ".join(text.split()) in " ".join(seen.split()) for text in HURTS[:30])


def shown_at(writing: Writing) -> list[str]:
    """Return the pages that show what was written, and those that they lead to."""
    workspace, folder, file, version, comment = (
        writing.ids[name] for name in ("workspace", "folder", "file", "version", "comment")
    )
    links = writing.maria.go("/access/links/").get_by_role("main").get_by_role("link", name="Look at").all()
    return [
        *[link.get_attribute("href") or "" for link in links[:3]],
        f"/workspaces/files/{file}/conversation/",
        f"/workspaces/comments/{comment}/",
        f"/workspaces/comments/{comment}/change/",
        f"/workspaces/comments/{comment}/take-back/",
        f"/workspaces/versions/{version}/acknowledge/",
        f"/workspaces/versions/{version}/acknowledgements/",
        f"/workspaces/versions/{version}/view/",
        f"/workspaces/versions/{version}/hand-over/",
        f"/workspaces/{workspace}/",
        f"/workspaces/{workspace}/?q=img",
        f"/workspaces/{workspace}/settings/",
        f"/workspaces/{workspace}/terms/",
        f"/workspaces/{workspace}/tags/",
        f"/workspaces/{workspace}/bin/",
        f"/workspaces/{workspace}/trail/",
        f"/workspaces/{workspace}/activity/",
        f"/workspaces/{workspace}/activity/?by=files",
        f"/workspaces/{workspace}/participants/",
        f"/workspaces/{workspace}/access/",
        f"/workspaces/{workspace}/access/conditions/",
        f"/workspaces/{workspace}/access/review/",
        f"/workspaces/folders/{folder}/",
        f"/workspaces/files/{file}/",
        f"/workspaces/files/{file}/activity/",
        f"/workspaces/items/{file}/edit/",
        f"/workspaces/items/{file}/move/",
        f"/workspaces/items/{file}/remove/",
        f"/workspaces/items/{file}/tags/",
        f"/workspaces/items/{file}/participants/",
        f"/workspaces/items/{file}/trail/",
        f"/workspaces/{workspace}/chosen/move/?item={file}&item={folder}",
        f"/workspaces/{workspace}/chosen/remove/?item={file}&item={folder}",
        f"/access/items/{file}/",
        f"/access/items/{file}/why/",
        "/workspaces/",
        "/workspaces/keys/",
        "/workspaces/favourites/",
        "/search/?q=img",
        "/search/?q=window",
        "/access/grants/?of=given",
        "/access/groups/",
        "/access/links/",
        "/account/tokens/",
        "/account/mails/",
        "/audit/mine/",
        "/inbox/",
        "/",
    ]

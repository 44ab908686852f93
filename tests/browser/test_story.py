"""The whole story, by hand: from an application to a proof that needs no server."""

import re
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.conftest import SignIn
from tests.browser.pages import AMARA, AUDITOR, Place, open_page
from tests.browser.people import Visitor, code_of, link_in, mail_to, press, visitor, wait_for_fresh_step
from tests.stack import ROOT, Stack

NEWCOMER = "ines.ferreira-lindqvist@ward.example"
PASSWORD = "a long walk along the river"
SAMPLES = ROOT / "walkthrough"
COLLEAGUE = "Kenji Watanabe-Lindholm"


def test_from_an_application_to_a_proof(stack: Stack, browser: Browser, signed_in: SignIn, tmp_path: Path) -> None:
    newcomer = visitor(browser, stack.url)
    applies(newcomer, tmp_path)
    confirms_address(newcomer, stack.home)
    enrols(newcomer)
    is_approved(signed_in(AMARA))
    workspace = makes_workspace(newcomer)
    uploads(newcomer, workspace)
    shares(newcomer, workspace)
    colleague = signed_in("kenji@northern-shore.example")
    views(colleague, workspace)
    image = opens(colleague, workspace)
    takes_back(newcomer, workspace)
    is_refused(colleague, workspace, image)
    archive = exports(signed_in(AUDITOR), workspace, tmp_path)
    is_proved(archive)
    assert newcomer.complaints == []


def applies(newcomer: Visitor, scratch: Path) -> None:
    page = newcomer.go("/apply/")
    page.get_by_label("Name", exact=True).fill("Inês Ferreira-Lindqvist")
    page.get_by_label("E-mail").fill(NEWCOMER)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("select[name=institution]").select_option(label="Hospital Pediátrico Santa Aurélia")
    page.get_by_label("Profession", exact=True).fill("Paediatrician")
    page.locator("textarea[name=reason]").fill("I treat two of the children in the study.")
    page.locator("input[type=file]").set_input_files(SAMPLES / "forms" / "consent-form.pdf")
    page.locator("input[name=terms]").check()
    page.get_by_role("button", name="Send the application").click()
    expect(page).to_have_url(newcomer.base + "/apply/sent/")


def confirms_address(newcomer: Visitor, home: Path) -> None:
    page = newcomer.go(link_in(mail_to(home, NEWCOMER, "confirm-email"), "/accounts/confirm-email/"))
    press(page.get_by_role("main").get_by_role("button").first)
    page.wait_for_load_state()


def enrols(newcomer: Visitor) -> None:
    """Sign in with the password alone, which leads nowhere but to a second factor."""
    newcomer.sign_in(NEWCOMER, PASSWORD, "")
    page = newcomer.go("/workspaces/")
    expect(page).to_have_url(newcomer.base + "/account/enrol/")
    page = newcomer.go("/accounts/2fa/totp/activate/")
    secret = page.get_by_role("main").locator("code").first.inner_text()
    wait_for_fresh_step(None)
    page.locator("input[name=code]").fill(code_of(secret, time.time()))
    press(page.get_by_role("button", name="Turn it on"))
    newcomer.go("/apply/status/")
    expect(newcomer.page.get_by_role("main")).to_contain_text("Waiting for review")


def is_approved(admin: Visitor) -> None:
    page = admin.go("/review/")
    page.get_by_role("link", name="Inês Ferreira-Lindqvist").click()
    approve = page.get_by_role("link", name="Approve").get_attribute("href") or ""
    open_page(Place("approve-newcomer", AMARA, approve), admin, approve)
    press(page.get_by_role("button", name="Approve"))
    page = admin.go("/people/?q=Ferreira")
    expect(page.get_by_role("main")).to_contain_text("Inês Ferreira-Lindqvist")


def makes_workspace(newcomer: Visitor) -> str:
    page = newcomer.go("/workspaces/new/")
    page.get_by_label("Name").fill("Two sisters with seizures")
    press(page.get_by_role("main").get_by_role("button", name="Create"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Two sisters with seizures")
    return page.url.removeprefix(newcomer.base)


def uploads(newcomer: Visitor, workspace: str) -> None:
    page = newcomer.go(workspace + "upload/")
    files = [SAMPLES / "images" / "CT_small.dcm", SAMPLES / "trials" / "gehan-1965.csv"]
    page.locator("#upload-files").set_input_files(files)
    button = page.get_by_role("main").get_by_role("button", name="Upload")
    if button.is_visible():
        button.click()
    for name in ("CT_small.dcm", "gehan-1965.csv"):
        appears(newcomer, workspace, name)


def appears(visitor_: Visitor, path: str, name: str) -> None:
    """Look again until the file is listed: the upload runs in the background of the page."""
    for _ in range(50):
        if visitor_.context.request.get(visitor_.base + path).text().count(name):
            return
        time.sleep(0.2)
    raise AssertionError(f"{name} does not appear in {path}")


def shares(newcomer: Visitor, workspace: str) -> None:
    page = newcomer.go(workspace + "access/give/")
    page.get_by_label("Name or institution").fill("Kenji")
    page.get_by_role("main").get_by_role("button", name="Search").click()
    page.get_by_role("link", name=f"Choose {COLLEAGUE}").click()
    page.get_by_label("Visitor").check()
    in_a_month = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    page.locator("input[name=expires_on]").fill(in_a_month)
    press(page.get_by_role("button", name="Let in"))
    expect(newcomer.go(workspace + "access/").get_by_role("main")).to_contain_text(COLLEAGUE)


def views(colleague: Visitor, workspace: str) -> None:
    """Look at the image in the viewer, which sends a drawing and not the file."""
    page = colleague.go(workspace)
    page.get_by_role("link", name="CT_small.dcm", exact=True).click()
    page.get_by_role("link", name="View", exact=True).click()
    drawing = page.get_by_role("img", name="Frame 1 of 1")
    assert drawing.evaluate("async image => { await image.decode(); return image.naturalWidth }") >= 512
    page.get_by_label("Window").select_option(label="Lung")
    expect(page).to_have_url(re.compile("window=lung"))


def opens(colleague: Visitor, workspace: str) -> str:
    """Download the image; return the address it was downloaded from."""
    page = colleague.go(workspace)
    link = page.get_by_role("link", name="Download CT_small.dcm")
    with page.expect_download() as download:
        link.click()
    assert Path(download.value.path()).read_bytes() == (SAMPLES / "images" / "CT_small.dcm").read_bytes()
    return link.get_attribute("href") or ""


def takes_back(newcomer: Visitor, workspace: str) -> None:
    page = newcomer.go(workspace + "access/")
    page.get_by_role("link", name=f"Take away the access of {COLLEAGUE}").click()
    press(page.get_by_role("button", name="Take access away"))
    expect(page.get_by_role("main")).to_contain_text("has no role here any more")
    expect(newcomer.go(workspace + "access/").get_by_role("main")).not_to_contain_text(COLLEAGUE)


def is_refused(colleague: Visitor, workspace: str, image: str) -> None:
    for path in (workspace, image):
        assert colleague.context.request.get(colleague.base + path).status == 404


def exports(auditor: Visitor, workspace: str, scratch: Path) -> Path:
    number = workspace.strip("/").rpartition("/")[2]
    page = auditor.go(f"/audit/?workspace={number}")
    expect(page.get_by_role("main")).to_contain_text("CT_small.dcm")
    export = page.get_by_role("link", name="Export with proof").evaluate("link => link.pathname + link.search")
    open_page(Place("export-with-proof", AUDITOR, export), auditor, export)
    expect(page.get_by_role("main")).to_contain_text("no entry is missing")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    archive = scratch / "trail.zip"
    download.value.save_as(archive)
    return archive


def is_proved(archive: Path) -> None:
    command = [sys.executable, "-m", "verifier", str(archive)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing is missing" in done.stdout

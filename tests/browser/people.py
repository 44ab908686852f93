"""Somebody at a browser: signs in the way people do, and notices what the browser complains about."""

import base64
import hashlib
import hmac
import re
import struct
import time
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page

PERIOD = 30
WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
ADD_PASSKEY = "/accounts/2fa/webauthn/add/"


def code_of(secret: str, at: float) -> str:
    """Return the six digits an authenticator app shows (RFC 6238)."""
    key = base64.b32decode(secret.upper() + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(at) // PERIOD), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF) % 1_000_000:06d}"


def wait_for_fresh_step(last: int | None) -> int:
    """Wait until a code has some seconds to live and was not used before; return its step."""
    while time.time() % PERIOD > PERIOD - 3 or int(time.time()) // PERIOD == last:
        time.sleep(0.2)
    return int(time.time()) // PERIOD


@dataclass
class Visitor:
    """A browser context of its own: cookies, size, colour scheme, and a list of complaints."""

    context: BrowserContext
    base: str
    complaints: list[str] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    ways: dict[tuple[str, ...], str] = field(default_factory=dict)
    has_passkey: bool = False
    proved_at: float = 0
    """When a second factor was last proved."""

    @property
    def page(self) -> Page:
        if not self.pages:
            page = self.context.new_page()
            page.on("console", self._hear)
            page.on("pageerror", lambda error: self.complaints.append(str(error)))
            self.pages.append(page)
        return self.pages[0]

    def go(self, path: str) -> Page:
        self.page.goto(self.base + path)
        return self.page

    def sign_in(self, email: str, password: str, code: str) -> None:
        page = self.go("/accounts/login/")
        page.locator("input[name=login]").fill(email)
        page.locator("input[name=password]").fill(password)
        press(page.get_by_role("button", name="Sign in", exact=True))
        if "2fa/authenticate" in page.url:
            page.locator("input[name=code]").fill(code)
            press(page.get_by_role("button", name="Sign in", exact=True))
            self.proved_at = time.time()

    def _hear(self, message: ConsoleMessage) -> None:
        # A refused page is an error to the browser's console and no complaint of ours.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)


def visitor(
    browser: Browser, base: str, *, size: dict[str, int] | None = None, scheme: str = "light", script: bool = True
) -> Visitor:
    context = browser.new_context(
        viewport=size or WIDE,  # type: ignore[arg-type]
        color_scheme=scheme,  # type: ignore[arg-type]
        java_script_enabled=script,
        accept_downloads=True,
    )
    context.set_default_timeout(20_000)
    return Visitor(context, base)


def code_on_screen(visitor_: Visitor, email: str) -> tuple[str, str]:
    """Return password and current code of an invented person, from the page that shows them."""
    page = visitor_.go("/walk-through/")
    row = page.get_by_role("row").filter(has_text=email)
    while "used; wait" in row.inner_text() or time.time() % PERIOD > PERIOD - 12:  # a busy machine takes seconds
        time.sleep(PERIOD - time.time() % PERIOD)  # until there is another one
        page.reload()
    values = row.locator("code").all_inner_texts()
    return values[-2], values[-1]


def sign_in_as(browser: Browser, base: str, email: str) -> Visitor:
    """Sign an invented person in; once more where a busy machine let the code grow old meanwhile."""
    for _ in range(3):
        guest = visitor(browser, base)
        guest.sign_in(email, *code_on_screen(guest, email))
        if not re.search(r"/(login|authenticate)/", guest.page.url):
            return guest
        # From its beginning: whoever has given a password is asked for nothing but the code.
    raise AssertionError(guest.page.inner_text("body"))


def press(button: Locator) -> None:
    """Click, and wait for the page that comes of it."""
    with button.page.expect_navigation():
        button.click()


def give_an_authenticator(person: Visitor) -> None:
    """Let this window have a device that knows who touches it."""
    devices = person.context.new_cdp_session(person.page)
    devices.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def give_a_passkey(person: Visitor) -> None:
    """Register one, from the page that does it."""
    give_an_authenticator(person)
    person.page.get_by_label("Name").fill("Ward laptop")
    person.page.locator("input[name=passwordless]").check()
    press(person.page.get_by_role("button", name="Add the passkey"))
    person.has_passkey = True


def mail_to(home: Path, address: str, word: str) -> str:
    """Return the newest mail to the address that contains the word."""
    for _ in range(50):
        mails = sorted((home / "mail").glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in mails:
            text = path.read_text(encoding="utf-8")
            if f"To: {address}" in text and word in text:
                return text
        time.sleep(0.2)
    raise AssertionError(f"no mail to {address} with {word}")


def link_in(mail: str, path: str) -> str:
    """Return the path of the first link in a mail that begins like `path`."""
    text = mail.replace("=\n", "").replace("=3D", "=")
    found = re.search(r"https?://[^/\s]+(" + re.escape(path) + r"[^\s>]*)", text)
    assert found, mail
    return found[1]

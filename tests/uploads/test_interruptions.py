"""A large upload that is interrupted at random points arrives whole, by clients that others wrote and in the browser.

`make test-uploads SIZE=5G INTERRUPTIONS=50`; SEED repeats a run.
"""

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.browser.people import Visitor, visitor
from tests.faults.client import Client, History
from tests.needs import find, needs
from tests.stack import Stack, running_stack
from tests.uploads.interrupting import Line, Plan, kill_server
from tests.uploads.sending import PERSON, WITHIN, Sender, make_file

UNITS = {"K": 2**10, "M": 2**20, "G": 2**30}
SIZE_TEXT = os.environ.get("SIZE") or "64M"
SIZE = int(SIZE_TEXT[:-1]) * UNITS[SIZE_TEXT[-1]] + 12_345
INTERRUPTIONS = int(os.environ.get("INTERRUPTIONS") or "6")
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1_000_000))
CHUNK = int(os.environ.get("CHUNK") or "16") * 2**20

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="not run: needs /proc")


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack() as running:
        yield running


@pytest.fixture(scope="module")
def client(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """Sign in once: a second sign-in of the same person would have to wait for a code that was not used."""
    client = Client(stack.port, History(tmp_path_factory.mktemp("history") / "history.jsonl"))
    client.sign_in(PERSON)
    return client


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    path = tmp_path_factory.mktemp("original") / "genome.bam"
    return path, make_file(path, SIZE, SEED)


def say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


@pytest.mark.parametrize("checksum", [False, pytest.param(True, id="checksums")])
def test_tuspy_brings_it_whole(
    stack: Stack, client: Client, original: tuple[Path, str], tmp_path: Path, *, checksum: bool
) -> None:
    brings_it_whole("tuspy", Sender.of(client, stack, tmp_path, chunk=CHUNK), original, checksum=checksum)


@needs("tus-js-client")
def test_tus_js_client_brings_it_whole(
    stack: Stack, client: Client, original: tuple[Path, str], tmp_path: Path
) -> None:
    brings_it_whole("tus-js-client", Sender.of(client, stack, tmp_path, chunk=CHUNK), original)


def brings_it_whole(kind: str, sender: Sender, original: tuple[Path, str], *, checksum: bool = False) -> None:
    file, digest = original
    plan = Plan.draw(SEED, SIZE, INTERRUPTIONS)
    begun = time.monotonic()
    line = sender.send(kind, file, plan, checksum=checksum)
    sent = time.monotonic() - begun
    version = sender.stored(file.name)
    report(kind + (" with checksums" if checksum else ""), line, sent, time.monotonic() - begun)
    assert len(line.done) == INTERRUPTIONS
    assert version["sha256"] == digest
    assert sender.hash_of_what_is_stored(version) == digest


def report(kind: str, line: Line, sent: float, recorded: float) -> None:
    say(
        f"\n{kind}: SIZE={SIZE_TEXT} INTERRUPTIONS={INTERRUPTIONS} SEED={SEED}: {dict(Counter(line.done))};"
        f" {line.sent / SIZE:.2f} times the file sent in {sent:.0f} s, recorded after {recorded:.0f} s"
    )


@needs("chromium")
def test_a_browser_brings_it_whole(stack: Stack, client: Client, original: tuple[Path, str], tmp_path: Path) -> None:
    file, digest = original
    sender = Sender.of(client, stack, tmp_path, chunk=CHUNK)
    due: list[str] = []
    line = Line(stack.port, Plan.draw(SEED, SIZE, INTERRUPTIONS), due.append)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find("chromium"), args=["--no-sandbox"])
        guest = visitor(browser, f"http://localhost:{line.port}")
        guest.context.add_cookies(
            [{"name": name, "value": value, "url": guest.base} for name, value in client.cookies.items()]
        )
        begun = time.monotonic()
        page = choose(guest, sender.workspace, file)
        wait_until_stored(guest, page, line, due, sender, file)
        sent = time.monotonic() - begun
        assert guest.complaints == []
        browser.close()
    line.close()
    version = sender.stored(file.name)
    report("Chromium", line, sent, time.monotonic() - begun)
    assert len(line.done) == INTERRUPTIONS
    assert version["sha256"] == digest
    assert sender.hash_of_what_is_stored(version) == digest


def choose(guest: Visitor, workspace: str, file: Path) -> Page:
    """Open the page of uploads, however often that takes, and choose the file."""
    while True:
        try:
            page = guest.go(f"/workspaces/{workspace}/upload/")
            page.locator("#upload-files").set_input_files(file, timeout=5000)
        except Exception:  # noqa: BLE001  the server may be away: whatever the browser says of that
            time.sleep(0.3)
        else:
            return page


def wait_until_stored(guest: Visitor, page: Page, line: Line, due: list[str], sender: Sender, file: Path) -> None:
    """Let the accidents happen while the page goes on by itself; after a reload choose the same file again."""
    deadline = time.monotonic() + WITHIN
    page.on("dialog", lambda dialog: dialog.accept())
    while time.monotonic() < deadline:
        while due:
            happen(due.pop(0), guest, line, sender, file)
        if page.locator(".upload-file--done").count():
            return
        failed = page.locator(".upload-file--failed")
        assert not failed.count(), failed.first.inner_text()
        page.wait_for_timeout(100)
    raise AssertionError(page.inner_text("body"))


def happen(kind: str, guest: Visitor, line: Line, sender: Sender, file: Path) -> None:
    if kind == "client killed":
        choose(guest, sender.workspace, file)
    elif kind == "server killed":
        kill_server(sender.stack)
    else:
        line.cut()

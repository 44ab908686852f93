"""Runs the verifier of `static/verify/` in a headless Chromium, many files in one page."""

import base64
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.needs import find
from tests.verifier.mutations import Case

PAGE = Path(__file__).parents[2] / "static" / "verify" / "index.html"
_AT_ONCE = 50
_RUN = """async (cases) => {
  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const file = (text, name) => (text === null ? null : new File([bytes(text)], name));
  const answers = [];
  for (const { data, policy, known, receipt, blockHash, timestampCa, knownPolicy } of cases) {
    const receipts = receipt === null ? [] : [file(receipt, "receipt")];
    const options = { policy: file(policy, "policy"), known: file(known, "known"), receipts, blockHash };
    options.timestampCa = file(timestampCa, "ca.pem");
    options.knownPolicy = file(knownPolicy, "known-policy");
    try {
      answers.push(await ithaca.main.verify(file(data, "file"), options));
    } catch (error) {
      answers.push({ status: 3, error: String(error.stack), report: null });
    }
  }
  return JSON.stringify(answers);
}"""


@contextmanager
def verifier_page() -> Iterator[Page]:
    """The page as it is on a disk, without any server."""
    # As root Chromium has no sandbox to offer; everything it opens here is our own.
    arguments = ["--no-sandbox"] if os.getuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find("chromium"), args=arguments)
        page = browser.new_page()
        page.goto(PAGE.as_uri())
        yield page
        browser.close()


def verify_all(page: Page, cases: Sequence[Case]) -> list[dict[str, Any]]:
    """What the page says of each file: status, report and error. Status 3 is a defect of the page."""
    answers: list[dict[str, Any]] = []
    for start in range(0, len(cases), _AT_ONCE):
        answers += json.loads(page.evaluate(_RUN, [_packed(one) for one in cases[start : start + _AT_ONCE]]))
    return answers


def _packed(case: Case) -> dict[str, str | None]:
    brought = {"policy": case.policy, "known": case.known, "receipt": case.receipt, "data": case.data}
    brought |= {"timestampCa": case.timestamp_ca, "knownPolicy": case.known_policy}
    return {"blockHash": case.block_hash, **{name: _base64(data) for name, data in brought.items()}}


def _base64(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()

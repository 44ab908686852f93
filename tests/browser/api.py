"""What a page asks the API for, with the session that it has: the quick way to what a journey begins with."""

import json
from typing import Any

from playwright.sync_api import Page


def send(page: Page, method: str, path: str, body: dict[str, Any]) -> Any:
    return post(page, method, path, json.dumps(body), {"Content-Type": "application/json"})


def upload(page: Page, workspace: str, name: str, content: str, folder: str = "") -> Any:
    headers = {"Content-Type": "application/octet-stream", "X-File-Name": "".join(f"%{b:02X}" for b in name.encode())}
    return post(page, "POST", f"workspaces/{workspace}/files/?folder={folder}", content, headers)


def post(page: Page, method: str, path: str, body: str, headers: dict[str, str]) -> Any:
    """Ask the API from the page, with the session that it has."""
    answer = page.evaluate(
        """async ([method, path, body, headers]) => {
            const token = document.querySelector("input[name=csrfmiddlewaretoken]").value;
            const all = { "X-CSRFToken": token, ...headers };
            const answer = await fetch("/api/v1/" + path, { method, body, headers: all });
            return [answer.status, await answer.text()];
        }""",
        [method, path, body, headers],
    )
    assert answer[0] in {200, 201}, answer
    return json.loads(answer[1])

"""A small client that signs in as an invented person and writes down everything it asked for and what it was told.

An outcome is "ok" (the server promised it), "fail" (the server said no) or "unknown" (no whole answer came). Only what
is ok may be held against the server; what is unknown may have happened or not.
"""

import hashlib
import http.client
import json
import re
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

TIMEOUT = 30
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass
class Answer:
    status: int
    body: bytes
    whole: bool

    def json(self) -> Any:
        return json.loads(self.body)


class History:
    """Lines of JSON, appended by many threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def note(self, **line: Any) -> None:
        with self._lock:
            self.lines.append(line)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")


@dataclass
class Client:
    port: int
    history: History
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """Send one request; a connection that breaks gives status 0, or the status with a body cut off."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        status, received = 0, b""
        try:
            connection.request(method, path, body or None, {**self._headers(), **headers})
            response = connection.getresponse()
            status = response.status
            self._keep_cookies(response)
            received = response.read()
        except http.client.IncompleteRead as cut:
            return Answer(status, cut.partial, whole=False)
        except (OSError, http.client.HTTPException):
            return Answer(status, received, whole=False)
        finally:
            connection.close()
        return Answer(status, received, whole=True)

    def sign_in(self, email: str) -> None:
        """Sign in with what the walk-through page shows, waiting for a code that was not used."""
        for _ in range(3):  # on a busy machine a code grows old on its way
            self.cookies.clear()
            password, code = self._shown(email)
            page = self.ask("GET", "/accounts/login/")
            self._post("/accounts/login/", page, login=email, password=password)
            page = self.ask("GET", "/accounts/2fa/authenticate/")
            answer = self._post("/accounts/2fa/authenticate/", page, code=code)
            if answer.status == http.client.FOUND:
                return
        raise AssertionError(answer.body.decode()[:2000])

    def upload(self, workspace: str, content: bytes) -> None:
        name = f"{uuid.uuid4()}.bin"
        answer, request = self._record_of("PUT", f"/api/v1/workspaces/{workspace}/files/", content, name=quote(name))
        told: dict[str, Any] = {"version": answer.json()["version"]} if answer.status == 201 and answer.whole else {}
        digest = hashlib.sha256(content).hexdigest()
        self._note("upload", request, answer, ok=bool(told), name=name, sha256=digest, **told)

    def open(self, version: str, digest: str) -> bool:
        """Read a version; return whether it came whole and was the right one."""
        answer, request = self._record_of("GET", f"/api/v1/versions/{version}/content/")
        same = hashlib.sha256(answer.body).hexdigest() == digest
        whole = answer.status == http.client.OK and answer.whole
        self._note("open", request, answer, ok=whole, version=version, received=len(answer.body), same=same)
        return whole and same

    def share(self, workspace: str, person: str) -> str | None:
        body = json.dumps({"role": "visitor", "person": person, "expires_at": None}).encode()
        answer, request = self._record_of("POST", f"/api/v1/workspaces/{workspace}/grants/", body, as_json=True)
        made = answer.status == http.client.CREATED and answer.whole
        grant: str | None = answer.json()["id"] if made else None
        self._note("share", request, answer, ok=made, grant=grant)
        return grant

    def grants_of(self, workspace: str, person: str) -> list[str]:
        answer = self.ask("GET", f"/api/v1/workspaces/{workspace}/grants/")
        if answer.status != http.client.OK or not answer.whole:
            return []
        return [grant["id"] for grant in answer.json() if grant["person"] == person and grant["id"]]

    def revoke(self, grant: str) -> None:
        answer, request = self._record_of("DELETE", f"/api/v1/grants/{grant}/")
        self._note("revoke", request, answer, ok=answer.status == http.client.NO_CONTENT, grant=grant)

    def new_workspace(self, name: str) -> str:
        answer, _ = self._record_of("POST", "/api/v1/workspaces/", json.dumps({"name": name}).encode(), as_json=True)
        assert answer.status == http.client.CREATED, answer.body.decode()[:2000]
        return str(answer.json()["id"])

    def _record_of(
        self, method: str, path: str, body: bytes = b"", *, as_json: bool = False, name: str = ""
    ) -> tuple[Answer, str]:
        """Send a request under an id of our own, by which its entry can be found."""
        request = uuid.uuid4().hex
        kind = "application/json" if as_json else "application/octet-stream"
        headers = {"X-Request-Id": request, "X-CSRFToken": self.cookies.get("csrftoken", ""), "Content-Type": kind}
        if name:
            headers["X-File-Name"] = name
        return self.ask(method, path, body, **headers), request

    def _note(self, deed: str, request: str, answer: Answer, *, ok: bool, **more: Any) -> None:
        outcome = "ok" if ok else "fail" if answer.whole and 400 <= answer.status < 500 else "unknown"
        self.history.note(deed=deed, request=request, status=answer.status, outcome=outcome, at=time.time(), **more)

    def _shown(self, email: str) -> tuple[str, str]:
        while True:
            page = self.ask("GET", "/walk-through/").body.decode()
            row = next(part for part in page.split("<tr") if email in part)
            values = re.findall(r'<code class="copy__value">([^<]+)</code>', row)
            if len(values) == 3 and time.time() % 30 < 26:
                return values[1], values[2]
            time.sleep(1)

    def _post(self, path: str, page: Answer, **fields: str) -> Answer:
        token = _TOKEN.search(page.body.decode())
        assert token, page.body.decode()[:2000]
        form = urlencode({"csrfmiddlewaretoken": token[1], **fields}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, form, **kind)

    def _headers(self) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        host = f"localhost:{self.port}"
        return {"Host": host, "Cookie": cookies, "Connection": "close", "Origin": f"http://{host}"}

    def _keep_cookies(self, response: http.client.HTTPResponse) -> None:
        for line in response.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name.strip()] = value.strip()

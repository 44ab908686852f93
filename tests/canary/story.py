"""What people do while canaries are on their way: everything that goes well, breaks off, is refused or fails."""

import contextlib
import hashlib
import http.client
import io
import json
import os
import re
import signal
import socket
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psycopg2
from crypt4gh.lib import encrypt

from config.embedded_postgres import EmbeddedPostgres
from tests.canary.hunter import Hunter
from tests.faults.client import Answer, Client, History
from tests.faults.killing import find
from tests.stack import Stack
from workspaces.crypt4gh import keys

OWNER, AUDITOR = "maria@santa-aurelia.example", "friederike@audit.example"
READER = "kenji@northern-shore.example"
SEGMENT = 65_536
TOO_LARGE = 4 * 1024 * 1024
_PATIENCE = 120.0
_TUS = {"Tus-Resumable": "1.0.0"}
_BYTES = "application/offset+octet-stream"
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass
class Story:
    """One owner, one workspace, and what every deed must be answered with."""

    stack: Stack
    hunter: Hunter
    look: Callable[[], None]
    client: Client = field(init=False)
    workspace: str = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.signed_in(OWNER)
        fields = {"name": self.hunter.canary("name"), "description": self.hunter.canary("description")}
        self.workspace = str(self.send("/api/v1/workspaces/", 201, fields)["id"])

    def signed_in(self, email: str) -> Client:
        client = Client(self.stack.port, History(Path(os.devnull)))
        client.sign_in(email)
        self.hunter.watch("session id", client.cookies["sessionid"].encode())
        return client

    def tell(self) -> None:
        self.send_a_form()
        version = self.put("content by PUT")
        self.send_in_pieces()
        self.break_off()
        self.refuse()
        self.read(version)
        self.hand_over(version)
        self.import_sealed()
        self.share()
        self.change_words(version)
        self.use_a_token()
        self.change_the_password()
        self.export()
        self.fail()
        self.die()

    def content(self, label: str, size: int = 3 * SEGMENT) -> bytes:
        """Return text that holds one canary in every line, so that it stands at every offset and edge."""
        line = f"{self.hunter.canary(label)}\n".encode()
        return (line * (size // len(line) + 1))[:size]

    def name(self, ending: str = ".txt") -> str:
        return self.hunter.canary("name") + ending

    def ask(self, method: str, path: str, expected: int, body: bytes = b"", **headers: str) -> Answer:
        said = {"X-CSRFToken": self.client.cookies.get("csrftoken", ""), **headers}
        answer = self.client.ask(method, path, body, **said)
        assert answer.status == expected, (method, path, answer.status, answer.body[:2000])
        return answer

    def send(self, path: str, expected: int, fields: dict[str, Any]) -> Any:
        body = json.dumps(fields).encode()
        return self.ask("POST", path, expected, body, **{"Content-Type": "application/json"}).json()

    def submit(self, path: str, expected: int, **fields: Any) -> Answer:
        form = urlencode({"csrfmiddlewaretoken": self.token(path), **fields}, doseq=True).encode()
        return self.ask("POST", path, expected, form, **{"Content-Type": "application/x-www-form-urlencoded"})

    def submit_files(
        self, path: str, page: str, expected: int, files: dict[str, tuple[str, bytes]], **more: str
    ) -> None:
        parts = [("csrfmiddlewaretoken", "", self.token(page).encode())]
        parts += [(name, "", value.encode()) for name, value in more.items()]
        parts += [(name, f'; filename="{sent}"', content) for name, (sent, content) in files.items()]
        body = b"".join(
            f'--edge\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + value + b"\r\n"
            for name, more, value in parts
        )
        kind = {"Content-Type": "multipart/form-data; boundary=edge"}
        self.ask("POST", path, expected, body + b"--edge--\r\n", **kind)

    def token(self, page: str) -> str:
        found = _TOKEN.search(self.ask("GET", page, 200).body.decode())
        assert found, page
        return found[1]

    def put(self, label: str, content: bytes = b"", name: str = "", expected: int = 201) -> str:
        headers = {"X-File-Name": quote(name or self.name()), "Content-Type": "application/octet-stream"}
        path = f"/api/v1/workspaces/{self.workspace}/files/"
        answer = self.ask("PUT", path, expected, content or self.content(label), **headers)
        if expected != http.client.CREATED:
            return ""
        version = str(answer.json()["version"])
        self.wait_for_scanner(version)
        return version

    def wait_for_scanner(self, version: str) -> None:
        """Wait until a version may be opened, where there is a scanner."""
        deadline = time.monotonic() + _PATIENCE
        while self.scan_state(version) == "held":
            assert time.monotonic() < deadline, self.stack.said[-2000:]
            time.sleep(0.1)

    def found_clean(self) -> int:
        """Return how many versions the scanner has seen and let pass."""
        with self.database() as cursor:
            cursor.execute("SELECT count(*) FROM workspaces_versionscan WHERE state = 'clean'")
            return int(cursor.fetchone()[0])

    def scan_state(self, version: str) -> str:
        with self.database() as cursor:
            cursor.execute("SELECT state FROM workspaces_versionscan WHERE version_id = %s", [version])
            found = cursor.fetchone()
        return str(found[0]) if found else ""

    def send_a_form(self) -> None:
        page = f"/workspaces/{self.workspace}/upload/"
        self.submit_files(page, page, 302, {"files": (self.name(), self.content("content by form"))})

    def begin(self, size: int, name: str = "") -> str:
        metadata = "filename " + b64encode((name or self.name()).encode()).decode()
        headers = {**_TUS, "Upload-Length": str(size), "Upload-Metadata": metadata}
        self.ask("POST", f"/api/v1/workspaces/{self.workspace}/uploads/", 201, b"", **headers)
        with self.database() as cursor:
            cursor.execute("SELECT id FROM workspaces_upload ORDER BY created_at DESC LIMIT 1")
            return f"/api/v1/uploads/{cursor.fetchone()[0]}/"

    def patch(self, address: str, offset: int, data: bytes, expected: int = 204, **more: str) -> None:
        headers = {**_TUS, "Upload-Offset": str(offset), "Content-Type": _BYTES, **more}
        self.ask("PATCH", address, expected, data, **headers)

    def send_in_pieces(self) -> None:
        """Send pieces that end in the middle of segments, one of them with a wrong checksum."""
        content = self.content("content by tus")
        address = self.begin(len(content))
        self.patch(address, 0, content[:100_001])
        wrong = b64encode(hashlib.sha256(b"something else").digest()).decode()
        other = self.content("content with a wrong checksum", 40_000)
        self.patch(address, 100_001, other, 460, **{"Upload-Checksum": f"sha256 {wrong}"})
        self.patch(address, 100_001, content[100_001:150_007])
        self.patch(address, 150_007, content[150_007:])
        unfinished = self.content("content of an unfinished upload")
        self.patch(self.begin(len(unfinished)), 0, unfinished[: SEGMENT + 9_999])

    def break_off(self) -> None:
        """Cut the line in the middle: of a body, and of one piece of an upload."""
        content = self.content("content that was cut off", 20 * SEGMENT)
        with self.half_sent("PUT", f"/api/v1/workspaces/{self.workspace}/files/", content, self.named()):
            self.look()
        headers = {**_TUS, "Upload-Offset": "0", "Content-Type": _BYTES}
        with self.half_sent("PATCH", self.begin(len(content)), content, headers):
            self.look()

    def named(self) -> dict[str, str]:
        return {"X-File-Name": quote(self.name()), "Content-Type": "application/octet-stream"}

    @contextmanager
    def half_sent(self, method: str, path: str, content: bytes, headers: dict[str, str]) -> Iterator[None]:
        """Send half of a body, and hold the line open until the block ends."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())
        said = {
            "Host": f"localhost:{self.stack.port}",
            "Origin": self.stack.url,
            "Cookie": cookies,
            "X-CSRFToken": self.client.cookies["csrftoken"],
            "Content-Length": str(len(content)),
            **headers,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        with socket.create_connection(("127.0.0.1", self.stack.port), 30) as line:
            line.sendall(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + content[: len(content) // 2])
            time.sleep(1)
            yield

    def refuse(self) -> None:
        # It is refused before the body is read, so the line may be closed while it is still being sent.
        large = self.content("content that is too large", TOO_LARGE + 1)
        path = f"/api/v1/workspaces/{self.workspace}/files/"
        headers = {**self.named(), "X-CSRFToken": self.client.cookies["csrftoken"]}
        assert self.client.ask("PUT", path, large, **headers).status in {0, 413}
        name = self.name()
        self.put("content by PUT", name=name)
        self.put("content under a taken name", name=name, expected=409)
        self.put("content under a forbidden name", name=f"{self.hunter.canary('forbidden name')}/x", expected=400)
        asked = self.hunter.canary("name of something that is not there")
        self.ask("GET", f"/{asked}/?{asked}={asked}", 404)
        self.ask("GET", f"/api/v1/workspaces/{self.workspace}/items/?folder={asked}", 404)
        secret = self.content("a secret key sent by mistake", 200)
        mistaken = b"-----BEGIN CRYPT4GH PRIVATE KEY-----\n" + secret + b"\n-----END CRYPT4GH PRIVATE KEY-----\n"
        page = "/workspaces/keys/new/"
        self.submit_files(page, page, 400, {"file": ("me.sec", mistaken)}, name=self.hunter.canary("name of a mistake"))
        stranger = Client(self.stack.port, History(Path(os.devnull)))
        headers = {"X-File-Name": quote(self.name()), "Content-Type": "application/octet-stream"}
        path = f"/api/v1/workspaces/{self.workspace}/files/"
        assert stranger.ask("PUT", path, self.content("content of a stranger", 9_000), **headers).status in {401, 403}
        stranger.ask("GET", "/accounts/login/")
        sign_in = {"login": OWNER, "password": self.hunter.canary("mistyped password")}
        form = urlencode({"csrfmiddlewaretoken": stranger.cookies["csrftoken"], **sign_in}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        assert stranger.ask("POST", "/accounts/login/", form, **kind).status == http.client.OK

    def read(self, version: str) -> None:
        self.ask("GET", f"/workspaces/versions/{version}/view/", 200)
        self.ask("GET", f"/api/v1/versions/{version}/content/", 200)
        self.ask("GET", f"/api/v1/versions/{version}/content/", 206, Range="bytes=70000-140000")
        self.ask("GET", f"/api/v1/workspaces/{self.workspace}/zip/", 200)
        for page in ("", "upload/", "trail/", "bin/", "settings/", f"?q={self.hunter.canary('searched words')}"):
            self.ask("GET", f"/workspaces/{self.workspace}/{page}", 200)

    def hand_over(self, version: str) -> None:
        public = keys.format_public_key(keys.public_key(keys.generate_secret_key())).decode()
        key = self.send("/api/v1/keys/", 201, {"name": "My machine", "public_key": public})["id"]
        made = self.send(f"/api/v1/versions/{version}/hand-overs/", 201, {"key": key})
        self.ask("GET", f"/api/v1/hand-overs/{made['id']}/file/", 200)
        self.ask("GET", f"/api/v1/hand-overs/{made['id']}/file/", 206, Range="bytes=100-70000")

    def import_sealed(self) -> None:
        public = keys.parse_public_key(self.ask("GET", "/crypt4gh-key/ithaca.pub", 200).body)
        out = io.BytesIO()
        plain = io.BytesIO(self.content("content that was sealed elsewhere"))
        encrypt([(0, keys.generate_secret_key(), public)], plain, out)
        version = self.put("", out.getvalue(), self.name(".txt.c4gh"))
        self.send(f"/api/v1/versions/{version}/open-sealed/", 201, {})

    def share(self) -> None:
        reader = Client(self.stack.port, History(Path(os.devnull)))
        reader.sign_in(READER)
        person = reader.ask("GET", "/api/v1/me/").json()["id"]
        words = {"role": "visitor", "person": person, "expires_at": None, "purpose": self.hunter.canary("purpose")}
        self.send(f"/api/v1/workspaces/{self.workspace}/grants/", 201, words)
        self.put_refused(reader)

    def put_refused(self, reader: Client) -> None:
        """Let a visitor try to upload."""
        reader.ask("GET", f"/workspaces/{self.workspace}/")
        headers = {**self.named(), "X-CSRFToken": reader.cookies["csrftoken"]}
        path = f"/api/v1/workspaces/{self.workspace}/files/"
        answer = reader.ask("PUT", path, self.content("content of a visitor", 9_000), **headers)
        assert answer.status in {0, http.client.FORBIDDEN}, answer

    def change_words(self, version: str) -> None:
        with self.database() as cursor:
            cursor.execute("SELECT file_id FROM workspaces_version WHERE id = %s", [version])
            item = cursor.fetchone()[0]
        words = {"name": self.name(), "description": self.hunter.canary("description")}
        self.submit(f"/workspaces/items/{item}/edit/", 302, **words)
        page = f"/workspaces/files/{item}/new-version/"
        file = {"file": (self.name(), self.content("content of a second version"))}
        self.submit_files(page, page, 302, file, note=self.hunter.canary("note"))
        self.ask("GET", f"/workspaces/items/{item}/trail/", 200)
        self.talk_about(item)

    def talk_about(self, item: str) -> None:
        page, api = f"/workspaces/files/{item}/conversation/", "/api/v1/"
        self.submit(page, 302, text=self.hunter.canary("comment"))
        said = self.send(f"{api}files/{item}/comments/", 201, {"text": self.hunter.canary("comment")})["id"]
        self.submit(f"/workspaces/comments/{said}/", 302, text=self.hunter.canary("answer"))
        self.submit(f"/workspaces/comments/{said}/change/", 302, text=self.hunter.canary("changed comment"))
        self.ask("GET", f"{api}files/{item}/mentionable/?q={self.hunter.canary('searched person')}", 200)
        self.ask("GET", page, 200)
        self.submit(f"/workspaces/comments/{said}/take-back/", 302)

    def use_a_token(self) -> None:
        fields = {"name": "Sequencer", "scopes": ["read", "download"], "days": 7}
        page = self.submit("/account/tokens/", 200, **fields).body.decode()
        found = re.search(r"ithaca_[\w-]{43}", page)
        assert found, page[:2000]
        self.hunter.watch("token", found[0].encode())
        self.hunter.watch("token", found[0].removeprefix("ithaca_").encode())
        program = Client(self.stack.port, History(Path(os.devnull)))
        path = f"/api/v1/workspaces/{self.workspace}/items/"
        assert program.ask("GET", path, Authorization=f"Bearer {found[0]}").status == http.client.OK
        wrong = f"Bearer ithaca_{self.hunter.canary('mistyped token')}"
        assert program.ask("GET", path, Authorization=wrong).status in {401, 403}

    def change_the_password(self) -> None:
        old, _ = self.client._shown(OWNER)
        new = self.hunter.canary("password")
        self.submit("/accounts/password/change/", 302, oldpassword=old, password1=new, password2=new)
        self.hunter.watch("session id", self.client.cookies["sessionid"].encode())

    def export(self) -> None:
        owner, self.client = self.client, self.signed_in(AUDITOR)
        self.ask("GET", "/audit/", 200)
        body = self.submit("/audit/export/", 200).body
        assert body.startswith(b"PK"), body[:200]
        self.client = owner

    def fail(self) -> None:
        """Let statements fail that hold names: tables are away for a moment."""
        with self.without_table("workspaces_item"):
            self.put("content of a failure", expected=500)
            self.ask("GET", f"/workspaces/{self.workspace}/?q={self.hunter.canary('words of a failure')}", 500)
        with self.without_table("workspaces_workspace"):
            fields = {"name": self.name(), "description": self.hunter.canary("description of a failure")}
            self.send("/api/v1/workspaces/", 500, fields)

    def die(self) -> None:
        """Let the web server's workers end in the middle of a body: one killed, the others as if they had crashed."""
        content = self.content("content when a worker died", 20 * SEGMENT)
        with self.half_sent("PUT", f"/api/v1/workspaces/{self.workspace}/files/", content, self.named()):
            for number, pid in enumerate(find(self.stack, "web worker")):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGABRT if number else signal.SIGKILL)
        deadline = time.monotonic() + 90
        while not self.stack.answers():
            assert time.monotonic() < deadline, self.stack.said[-2000:]
            time.sleep(0.1)

    @contextmanager
    def database(self) -> Iterator[Any]:
        connection = psycopg2.connect(EmbeddedPostgres(self.stack.home / "postgres").url)
        try:
            with connection, connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()

    @contextmanager
    def without_table(self, table: str) -> Iterator[None]:
        with self.database() as cursor:
            cursor.execute(f"ALTER TABLE {table} RENAME TO away")
        try:
            yield
        finally:
            with self.database() as cursor:
                cursor.execute(f"ALTER TABLE away RENAME TO {table}")

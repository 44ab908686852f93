"""Sends a file through a line that breaks, with a client that others wrote, until it has arrived."""

import hashlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.client import Client
from tests.stack import ROOT, Stack
from tests.uploads.interrupting import Line, Plan, kill, kill_server

PERSON = "maria@santa-aurelia.example"
BLOCK = 1024 * 1024
WITHIN = float(os.environ.get("WITHIN", "1800"))


def make_file(path: Path, size: int, seed: int) -> str:
    """Write a file of bytes that follow from the seed, and return its SHA-256."""
    digest = hashlib.sha256()
    block = hashlib.shake_256(str(seed).encode()).digest(BLOCK)
    with path.open("wb") as file:
        for number in range(0, size, BLOCK):
            # Every block begins differently, so that one in the wrong place shows.
            piece = (number.to_bytes(16, "big") + block)[: min(BLOCK, size - number)]
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


@dataclass
class Sender:
    """Somebody who is signed in and starts the client again whenever it ends without success."""

    stack: Stack
    client: Client
    workspace: str
    directory: Path
    chunk: int
    starts: int = 0
    process: "subprocess.Popen[str] | None" = None

    @classmethod
    def of(cls, client: Client, stack: Stack, directory: Path, *, chunk: int) -> "Sender":
        return cls(stack, client, client.new_workspace(f"Line {time.time_ns()}"), directory, chunk)

    def headers(self) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())
        return {"Cookie": cookies, "X-CSRFToken": self.client.cookies["csrftoken"]}

    def send(self, kind: str, file: Path, plan: Plan, *, checksum: bool = False) -> Line:
        """Send the file by `kind` of client; return the line with what happened on it."""
        line = Line(self.stack.port, plan, self._accident)
        self.line = line
        address = f"http://localhost:{line.port}/api/v1/workspaces/{self.workspace}/uploads/"
        deadline = time.monotonic() + WITHIN
        try:
            while not self._attempt(self._command(kind, address, file, checksum=checksum)):
                assert time.monotonic() < deadline, "The upload did not arrive in time."
        finally:
            line.close()
        return line

    def stored(self, name: str) -> dict[str, Any]:
        """Wait until the file is recorded, and return its version."""
        deadline = time.monotonic() + WITHIN
        while time.monotonic() < deadline:
            answer = self.client.ask("GET", f"/api/v1/workspaces/{self.workspace}/items/")
            for item in answer.json()["results"] if answer.status == 200 and answer.whole else []:
                if item["name"] == name:
                    version: dict[str, Any] = item["current_version"]
                    return version
            time.sleep(0.2)
        raise AssertionError(f"{name} was not recorded.")

    def hash_of_what_is_stored(self, version: dict[str, Any]) -> str:
        """Download a version and return the SHA-256 of what came."""
        command = ["curl", "--silent", "--fail", f"{self.stack.url}/api/v1/versions/{version['id']}/content/"]
        for name, value in self.headers().items():
            command += ["--header", f"{name}: {value}"]
        digest = hashlib.sha256()
        with subprocess.Popen(command, stdout=subprocess.PIPE) as curl:
            assert curl.stdout is not None
            while block := curl.stdout.read(BLOCK):
                digest.update(block)
        assert curl.returncode == 0
        return digest.hexdigest()

    def _command(self, kind: str, address: str, file: Path, *, checksum: bool) -> list[str]:
        storage, headers = str(self.directory / f"{kind}.json"), json.dumps(self.headers())
        if kind == "tuspy":
            module = [sys.executable, "-m", "tests.uploads.tuspy_client"]
            return [*module, address, str(file), storage, str(self.chunk), "yes" if checksum else "no", headers]
        return ["node", "tests/uploads/tusjs_client.mjs", address, str(file), storage, str(self.chunk), headers]

    def _attempt(self, command: list[str]) -> bool:
        self.starts += 1
        environment = {**os.environ, "TUS_JS_CLIENT": str(ROOT / ".venv/tus")}
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        output, complaint = self.process.communicate()
        if self.process.returncode == 0:
            return True
        self.last_words = f"{output}\n{complaint[-2000:]}"
        while not self.stack.answers():
            time.sleep(0.1)
        return False

    def _accident(self, kind: str) -> None:
        if kind == "client killed":
            kill(self.process)
        elif kind == "server killed":
            kill_server(self.stack)
        else:
            self.line.cut()

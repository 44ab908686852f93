"""A client that costs little: it sends files with sendfile and reads into one buffer."""

import http.client
import json
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

MIB = 1 << 20


class Client:
    """One kept-alive connection; raises when an answer is not the expected one."""

    def __init__(self, port: int, headers: dict[str, str] | None = None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        self._headers = headers or {}
        self._buffer = memoryview(bytearray(MIB))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._connection.close()

    def send(
        self, method: str, path: str, file: Path, headers: dict[str, str], *, before: bytes = b"", after: bytes = b""
    ) -> Any:
        """Send a file, between two pieces of a form if there are any; return the answer's JSON."""
        length = len(before) + file.stat().st_size + len(after)
        usual = {"Content-Length": str(length), "Content-Type": "application/octet-stream"}
        self._begin(method, path, {**usual, **headers})
        # A server that refuses may hang up before it has everything; its answer says why.
        with file.open("rb") as source, suppress(BrokenPipeError):
            self._connection.send(before)
            self._connection.sock.sendfile(source)
            self._connection.send(after)
        response = self._connection.getresponse()
        body = response.read()
        if response.status not in {200, 201, 204}:
            message = f"{method} {path}: {response.status} {body[:300]!r}"
            raise RuntimeError(message)
        return json.loads(body) if body.startswith(b"{") else None

    def send_form(self, path: str, file: Path, *, field: str = "file", name: str = "file.bin") -> Any:
        head = f'--edge\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'.encode()
        kind = {"Content-Type": "multipart/form-data; boundary=edge"}
        return self.send("POST", path, file, kind, before=head, after=b"\r\n--edge--\r\n")

    def get(self, path: str) -> int:
        """Read an answer to its end and return how many bytes it had."""
        self._begin("GET", path, {})
        response = self._connection.getresponse()
        if response.status != http.client.OK:
            message = f"GET {path}: {response.status} {response.read(300)!r}"
            raise RuntimeError(message)
        size = 0
        while count := response.readinto(self._buffer):
            size += count
        if size != int(response.headers["Content-Length"]):
            message = f"GET {path}: broken off after {size} bytes"
            raise RuntimeError(message)
        return size

    def _begin(self, method: str, path: str, headers: dict[str, str]) -> None:
        self._connection.putrequest(method, path)
        for name, value in (self._headers | headers).items():
            self._connection.putheader(name, value)
        self._connection.endheaders()

"""How Vault or OpenBao is spoken to: bounded in time and size, over TLS, with a token that nobody is shown."""

import json
import os
import ssl
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from core.errors import Unavailable
from core.kms.protocol import KeyServiceRefused

DOWN = "The key service does not answer. Nothing was opened or changed."
DENIED = "The key service denies this installation what it asked for. Nothing was opened or changed."
_NONSENSE = "The key service answers with something that is no answer. Nothing was opened or changed."
_NO_TOKEN = "The token for the key service cannot be read. Nothing was opened or changed."  # noqa: S105  a sentence

_OK = (200, 204)
_BAD_REQUEST, _FORBIDDEN, _NOT_FOUND = 400, 403, 404
_AGAIN = (429, 472, 473, 502, 503, 504)
"""Statuses of a Vault that is busy, a standby, sealed, or behind a proxy that lost it: soon another may answer."""

_TRIES = 3
_PAUSE = 0.1
_MOST = 64 * 1024


@dataclass(frozen=True)
class VaultAddress:
    """Where the key service is, and how this installation shows who it is."""

    url: str
    ca: str = ""
    namespace: str = ""
    token_file: str = ""
    role_id: str = field(default="", repr=False)
    secret_id: str = field(default="", repr=False)
    login_mount: str = "approle"
    timeout: float = 5.0


class VaultRefused(KeyServiceRefused):
    """The service understood and said no; `reasons` are its own words, for telling cases apart, not for showing."""

    def __init__(self, sentence: str, status: int, reasons: tuple[str, ...] = ()) -> None:
        super().__init__(sentence)
        self.status_of_answer = status
        self.reasons = reasons


class VaultConnection:
    """Sends requests to one address. Threads may share it; a forked process makes connections of its own."""

    def __init__(self, address: VaultAddress) -> None:
        self._address = address
        self._token = _FileToken(address) if address.token_file else _RoleToken(address, self._send)
        self._pools: tuple[int, urllib3.PoolManager] | None = None

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None, *, tries: int = _TRIES) -> dict[str, Any]:
        """Return the answer's data.

        Raises:
            Unavailable: when nothing useful comes back in time.
            VaultRefused: when the answer is no.

        """
        token = self._token.current()
        try:
            return self._send(method, path, body, token=token, tries=tries)
        except VaultRefused as error:
            renewed = self._token.after_refusal(token) if error.status_of_answer == _FORBIDDEN else None
            if renewed is None:
                raise
        return self._send(method, path, body, token=renewed, tries=tries)

    def _send(
        self, method: str, path: str, body: dict[str, Any] | None, *, token: str = "", tries: int = _TRIES
    ) -> dict[str, Any]:
        give_up = time.monotonic() + self._address.timeout
        for attempt in range(1, tries + 1):
            try:
                status, answer = self._try(method, path, body, token, give_up)
            except (HTTPError, OSError) as error:
                if attempt == tries or time.monotonic() + _PAUSE > give_up:
                    # What the library says may name the address and headers; the sentence has to be enough.
                    raise Unavailable(DOWN) from error
            else:
                if status not in _AGAIN:
                    return _data(status, answer)
                if attempt == tries or time.monotonic() + _PAUSE > give_up:
                    raise Unavailable(DOWN)
            time.sleep(_PAUSE * attempt)
        raise Unavailable(DOWN)

    def _try(
        self, method: str, path: str, body: dict[str, Any] | None, token: str, give_up: float
    ) -> tuple[int, bytes]:
        headers = {"X-Vault-Request": "true", "Content-Type": "application/json"}
        if token:
            headers["X-Vault-Token"] = token
        if self._address.namespace:
            headers["X-Vault-Namespace"] = self._address.namespace
        left = max(give_up - time.monotonic(), 0.05)
        response = self._pool().request(
            method,
            f"{self._address.url.rstrip('/')}/v1/{path}",
            body=None if body is None else json.dumps(body).encode(),
            headers=headers,
            timeout=urllib3.Timeout(connect=min(left, 2.0), read=left),
            retries=False,
            redirect=False,
            preload_content=False,
        )
        try:
            return response.status, _read(response, give_up)
        finally:
            response.release_conn()

    def _pool(self) -> urllib3.PoolManager:
        if self._pools is None or self._pools[0] != os.getpid():
            secure: dict[str, Any] = {}
            if urlsplit(self._address.url).scheme == "https":
                secure["ssl_context"] = ssl.create_default_context(cafile=self._address.ca or None)
            self._pools = (os.getpid(), urllib3.PoolManager(maxsize=16, **secure))
        return self._pools[1]


class _FileToken:
    """A token that somebody else keeps fresh in a file, as Vault Agent does."""

    def __init__(self, address: VaultAddress) -> None:
        self._path = Path(address.token_file)

    def current(self) -> str:
        try:
            return self._path.read_text(encoding="ascii").strip()
        except (OSError, ValueError) as error:
            raise Unavailable(_NO_TOKEN) from error

    def after_refusal(self, refused: str) -> str | None:
        """Return the token that came in the meantime, if there is another one."""
        found = self.current()
        return found if found != refused else None


class _RoleToken:
    """A token got with an AppRole, and got anew before it ends."""

    def __init__(self, address: VaultAddress, send: Any) -> None:
        self._address = address
        self._send = send
        self._lock = threading.Lock()
        self._held: tuple[str, float] | None = None

    def current(self) -> str:
        with self._lock:
            if self._held is None or time.monotonic() > self._held[1]:
                self._held = self._log_in()
            return self._held[0]

    def after_refusal(self, refused: str) -> str | None:
        """Return another token: this one may have been revoked, or the policy behind it changed."""
        with self._lock:
            if self._held is None or self._held[0] == refused:
                self._held = self._log_in()
            return self._held[0]

    def _log_in(self) -> tuple[str, float]:
        credentials = {"role_id": self._address.role_id, "secret_id": self._address.secret_id}
        answer = self._send("POST", f"auth/{self._address.login_mount}/login", credentials)
        try:
            given = answer["auth"]
            return str(given["client_token"]), time.monotonic() + float(given["lease_duration"]) * 2 / 3
        except (KeyError, TypeError, ValueError) as error:
            raise Unavailable(_NONSENSE) from error


def _read(response: urllib3.BaseHTTPResponse, give_up: float) -> bytes:
    """Read the whole answer. A timeout of the socket begins anew with every byte, so the clock is asked as well."""
    parts, size = [], 0
    for part in response.stream(4096):
        parts.append(part)
        size += len(part)
        if size > _MOST or time.monotonic() > give_up:
            response.close()
            raise Unavailable(DOWN)
    return b"".join(parts)


def _data(status: int, answer: bytes) -> dict[str, Any]:
    try:
        told = json.loads(answer) if answer else {}
    except ValueError as error:
        raise Unavailable(_NONSENSE) from error
    if not isinstance(told, dict):
        raise Unavailable(_NONSENSE)
    if status in _OK:
        return told
    if status in {_BAD_REQUEST, _FORBIDDEN, _NOT_FOUND}:
        reasons = tuple(str(reason) for reason in told.get("errors") or ())
        raise VaultRefused(DENIED, status, reasons)
    raise Unavailable(DOWN)

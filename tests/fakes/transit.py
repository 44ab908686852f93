"""A Transit secrets engine over HTTP, as Vault and OpenBao answer: derived keys, versions, minimum versions, trimming.

It is no Vault. Paths, fields, statuses and reasons are those of Vault's API documentation and of OpenBao's public
source (builtin/logical/transit, sdk/helper/keysutil), the derivation is theirs: HKDF-SHA-256 of the version's key with
the context as info, AES-256-GCM with a random nonce in front. docs/keys.md says what it does not prove.
"""

import json
import secrets
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tests.fakes.certificates import Pair

TOO_OLD = "ciphertext or signature version is disallowed by policy (too old)"


class Refusal(Exception):
    def __init__(self, status: int, *reasons: str) -> None:
        super().__init__(reasons)
        self.status = status
        self.reasons = reasons


@dataclass
class TransitKey:
    versions: dict[int, bytes] = field(default_factory=lambda: {1: secrets.token_bytes(32)})
    latest: int = 1
    min_decryption: int = 1
    min_encryption: int = 0
    min_available: int = 0
    derived: bool = True
    type: str = "aes256-gcm96"

    def describe(self, name: str) -> dict[str, Any]:
        return {
            "name": name,
            "type": self.type,
            "derived": self.derived,
            "exportable": False,
            "deletion_allowed": False,
            "latest_version": self.latest,
            "min_decryption_version": self.min_decryption,
            "min_encryption_version": self.min_encryption,
            "min_available_version": self.min_available,
            "keys": {str(number): 1 for number in self.versions},
        }

    def encrypt(self, plaintext: bytes, context: bytes) -> dict[str, Any]:
        nonce = secrets.token_bytes(12)
        sealed = AESGCM(derive(self.versions[self.latest], context)).encrypt(nonce, plaintext, None)
        return {
            "ciphertext": f"vault:v{self.latest}:{b64encode(nonce + sealed).decode()}",
            "key_version": self.latest,
        }

    def decrypt(self, ciphertext: str, context: bytes) -> bytes:
        if not ciphertext.startswith("vault:v"):
            raise Refusal(400, "invalid ciphertext: no prefix")
        number, found, body = ciphertext.removeprefix("vault:v").partition(":")
        if not found or not number.isdecimal():
            raise Refusal(400, "invalid ciphertext: version number could not be decoded")
        version = int(number) or 1
        if version > self.latest:
            raise Refusal(400, "invalid ciphertext: version is too new")
        if version < self.min_decryption:
            raise Refusal(400, TOO_OLD)
        try:
            raw = b64decode(body, validate=True)
            return AESGCM(derive(self.versions[version], context)).decrypt(raw[:12], raw[12:], None)
        except (InvalidTag, ValueError) as error:
            raise Refusal(400, "cipher: message authentication failed") from error


def derive(key: bytes, context: bytes) -> bytes:
    if not context:
        raise Refusal(400, "missing 'context' for key derivation; the key was created using a derived key")
    return HKDF(SHA256(), 32, salt=None, info=context).derive(key)


Trouble = Callable[[BaseHTTPRequestHandler], bool]


class Transit:
    """What the server knows, and what a test wants to go wrong."""

    def __init__(self) -> None:
        self.keys: dict[str, TransitKey] = {}
        self.tokens: dict[str, tuple[str, ...]] = {"token-of-an-officer": ("",)}
        self.lease = 3600
        self.asked: list[str] = []
        self.namespaces: list[str | None] = []
        self.trouble: Trouble | None = None
        self.every_context_alike = False
        self._lock = threading.Lock()

    def answer(self, method: str, path: str, body: dict[str, Any], token: str | None) -> dict[str, Any] | None:
        with self._lock:
            self.asked.append(f"{method} {path}")
            if path == "auth/approle/login":
                return self._log_in(body)
            self._require(token, path)
            mount, *rest = path.split("/")
            if mount != "transit":
                raise Refusal(404, f"no handler for route {path!r}")
            return self._transit(method, rest, body)

    def _log_in(self, body: dict[str, Any]) -> dict[str, Any]:
        if (body.get("role_id"), body.get("secret_id")) != ("the-role", "the-secret"):
            raise Refusal(400, "invalid role or secret ID")
        token = f"hvs.{secrets.token_hex(12)}"
        self.tokens[token] = ("transit/",)
        return {"auth": {"client_token": token, "lease_duration": self.lease, "renewable": True}}

    def _require(self, token: str | None, path: str) -> None:
        if not any(path.startswith(allowed) for allowed in self.tokens.get(token or "", ())):
            raise Refusal(403, "permission denied")

    def _transit(self, method: str, rest: list[str], body: dict[str, Any]) -> dict[str, Any] | None:
        match (method, *rest):
            case ("GET", "keys", name):
                if name not in self.keys:
                    raise Refusal(404)
                return {"data": self.keys[name].describe(name)}
            case ("POST", "keys", name):
                made = TransitKey(derived=bool(body.get("derived")), type=str(body.get("type", "aes256-gcm96")))
                return {"data": self.keys.setdefault(name, made).describe(name)}
            case ("POST", "keys", name, deed):
                return self._change(self._key(name), name, deed, body)
            case ("POST", "datakey", "plaintext", name):
                made_key = secrets.token_bytes(int(body.get("bits", 256)) // 8)
                sealed = self._key(name).encrypt(made_key, self._context(body))
                return {"data": sealed | {"plaintext": b64encode(made_key).decode()}}
            case ("POST", ("encrypt" | "decrypt" | "rewrap") as deed, name):
                return {"data": self._use(self._key(name), deed, body)}
        raise Refusal(405, "unsupported operation")

    def _use(self, key: TransitKey, deed: str, body: dict[str, Any]) -> dict[str, Any]:
        context = self._context(body)
        if deed == "encrypt":
            return key.encrypt(b64decode(body["plaintext"]), context)
        plaintext = key.decrypt(body["ciphertext"], context)
        return key.encrypt(plaintext, context) if deed == "rewrap" else {"plaintext": b64encode(plaintext).decode()}

    def _change(self, key: TransitKey, name: str, deed: str, body: dict[str, Any]) -> dict[str, Any] | None:
        if deed == "rotate":
            key.latest += 1
            key.versions[key.latest] = secrets.token_bytes(32)
        elif deed == "config":
            self._configure(key, body)
        elif deed == "trim":
            self._trim(key, int(body["min_available_version"]))
        return {"data": key.describe(name)}

    def _configure(self, key: TransitKey, body: dict[str, Any]) -> None:
        decryption = int(body.get("min_decryption_version", key.min_decryption))
        encryption = int(body.get("min_encryption_version", key.min_encryption))
        if max(decryption, encryption) > key.latest:
            raise Refusal(400, f"cannot set min version, latest key version is {key.latest}")
        if 0 < encryption < decryption:
            raise Refusal(400, "cannot set min encryption/decryption values")
        if key.min_available > min(decryption, encryption):
            raise Refusal(400, "min encryption version should not be less than min available version")
        key.min_decryption, key.min_encryption = decryption, encryption

    def _trim(self, key: TransitKey, first: int) -> None:
        if first < key.min_available or not key.min_encryption or first > min(key.min_encryption, key.min_decryption):
            raise Refusal(400, "minimum available version cannot be set")
        key.min_available = first
        key.versions = {number: one for number, one in key.versions.items() if number >= first}

    def _key(self, name: str) -> TransitKey:
        if name not in self.keys:
            raise Refusal(400, "encryption key not found")
        return self.keys[name]

    def _context(self, body: dict[str, Any]) -> bytes:
        return b"alike" if self.every_context_alike else b64decode(body.get("context", ""))


@contextmanager
def serving(transit: Transit, pair: Pair | None = None) -> Iterator[str]:
    """Serve until the block ends, over TLS with a certificate, and yield the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._answer("GET", {})

        def do_POST(self) -> None:
            self._answer("POST", json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)) or b"{}"))

        def _answer(self, method: str, body: dict[str, Any]) -> None:
            if transit.trouble and transit.trouble(self):
                return
            transit.namespaces.append(self.headers.get("X-Vault-Namespace"))
            try:
                path = self.path.removeprefix("/v1/")
                answer, status = transit.answer(method, path, body, self.headers.get("X-Vault-Token")), 200
            except Refusal as refusal:
                answer, status = {"errors": list(refusal.reasons)}, refusal.status
            send(self, status, json.dumps(answer).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    if pair:
        context = SSLContext(PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.certificate, pair.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"{'https' if pair else 'http'}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def send(handler: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def sealed(handler: BaseHTTPRequestHandler) -> bool:
    send(handler, 503, b'{"errors": ["Vault is sealed"]}')
    return True


def silent(handler: BaseHTTPRequestHandler) -> bool:
    time.sleep(2)
    return True


def dribbling(handler: BaseHTTPRequestHandler) -> bool:
    """Send a byte at a time: a timeout that begins anew with each never ends it."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    try:
        for _ in range(60):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)
    except OSError:
        pass
    handler.close_connection = True
    return True


def nonsense(handler: BaseHTTPRequestHandler) -> bool:
    send(handler, 200, b"<html>")
    return True


OFFICER = "token-of-an-officer"


def token_file(directory: Path, token: str = OFFICER) -> str:
    path = directory / "token"
    path.write_text(token)
    return str(path)

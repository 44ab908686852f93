"""A timestamp authority for tests: a CA made on the spot, and an HTTP server around `openssl ts -reply`."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from tests.fakes.http_server import answering, reply
from tests.needs import find

TIME_STAMPING = ExtendedKeyUsageOID.TIME_STAMPING
_CONFIG = """
[tsa]
serial = {folder}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""
Change = Callable[["Authority", bytes], bytes]
"""What a server does with a query, instead of answering it as it should."""


@dataclass
class Authority:
    """A CA, a certificate for timestamps under it, and what is needed to answer a query with them."""

    folder: Path
    purposes: list[ObjectIdentifier] = field(default_factory=lambda: [TIME_STAMPING])
    name: str = "Test TSA"

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        root_key, key = _key(), _key()
        root = _certificate(f"CA of {self.name}", f"CA of {self.name}", root_key, root_key, None)
        signer = _certificate(self.name, f"CA of {self.name}", key, root_key, self.purposes)
        for name, certificate in {"ca.pem": root, "tsa.pem": signer}.items():
            (self.folder / name).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (self.folder / "tsa.key").write_bytes(key.private_bytes(*form))
        (self.folder / "serial").write_text("01\n")
        (self.folder / "openssl.cnf").write_text(_CONFIG.format(folder=self.folder))

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    def answer(self, query: bytes, *, token_only: bool = False) -> bytes:
        """Return what `openssl ts -reply` makes of a query."""
        (self.folder / "query").write_bytes(query)
        wanted = ["-config", "openssl.cnf", "-section", "tsa", "-signer", "tsa.pem", "-inkey", "tsa.key"]
        self._openssl("-reply", "-queryfile", "query", "-out", "answer", *wanted, *(["-token_out"] * token_only))
        return (self.folder / "answer").read_bytes()

    def token(self, text: bytes) -> bytes:
        """Return a genuine token over a text, without any server."""
        return self.answer(self.query(text), token_only=True)

    def query(self, text: bytes, *more: str) -> bytes:
        self._openssl("-query", "-digest", sha256(text).hexdigest(), "-cert", "-out", "made", *more)
        return (self.folder / "made").read_bytes()

    @contextmanager
    def serving(self, change: Change | None = None) -> Iterator[str]:
        """Serve until the block ends, and yield the address."""

        def respond(handler: BaseHTTPRequestHandler, query: bytes) -> None:
            assert handler.headers["Content-Type"] == "application/timestamp-query"
            reply(handler, change(self, query) if change else self.answer(query))

        with answering(respond) as url:
            yield url

    def _openssl(self, *arguments: str) -> None:
        command = [find("openssl") or "openssl", "ts", *arguments]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True, timeout=30)


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def _certificate(
    subject: str,
    issuer: str,
    key: rsa.RSAPrivateKey,
    signing: rsa.RSAPrivateKey,
    purposes: list[ObjectIdentifier] | None,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=purposes is None, path_length=None), critical=True)
    )
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=True)
    return builder.sign(signing, hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

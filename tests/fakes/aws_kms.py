"""AWS KMS as `moto` answers, over HTTP, with the states of keys added: moto lets a key work that is to be deleted.

docs/keys.md says what this does not prove.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.kms.models import KmsBackend
from moto.server import ThreadedMotoServer


class _StrictBackend:
    """What AWS documents and moto leaves out: a key that is not enabled neither encrypts nor decrypts."""

    encrypt = KmsBackend.encrypt
    decrypt = KmsBackend.decrypt


def _require_enabled(backend: Any, key_id: str) -> None:
    key = backend.keys[backend.any_id_to_key_id(key_id)]
    if key.key_state != "Enabled":
        raise JsonRESTError("KMSInvalidStateException", f"{key.arn} is {key.key_state}.")


def _encrypt(self: Any, key_id: str, plaintext: bytes, encryption_context: dict[str, str]) -> Any:
    _require_enabled(self, key_id)
    return _StrictBackend.encrypt(self, key_id, plaintext, encryption_context)


def _decrypt(self: Any, ciphertext_blob: bytes, encryption_context: dict[str, str], key_id: str | None = None) -> Any:
    plaintext, arn = _StrictBackend.decrypt(self, ciphertext_blob, encryption_context, key_id)
    _require_enabled(self, arn.rpartition("/")[2])
    return plaintext, arn


@contextmanager
def serving() -> Iterator[str]:
    """Serve until the block ends, and yield the address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    KmsBackend.encrypt, KmsBackend.decrypt = _encrypt, _decrypt  # type: ignore[method-assign]
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()
        KmsBackend.encrypt, KmsBackend.decrypt = _StrictBackend.encrypt, _StrictBackend.decrypt  # type: ignore[method-assign]

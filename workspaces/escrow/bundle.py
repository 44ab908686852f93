"""The escrow: the keys of this installation, sealed as a Crypt4GH file that two of three shares open.

What seals is a public key, so the file is made anew whenever a key changes, without the shares. It lies beside the
keyring (`escrow/escrow.c4gh`) and belongs into every backup; without two shares it says nothing.
"""

import fcntl
import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings

from core.errors import InvalidInput, Unavailable
from core.kms import local_keyring
from core.kms.local import decode_roots, encode_roots
from ledger_bridge.signing_files import key_files
from workspaces.crypt4gh import (
    Crypt4ghError,
    SealingWriter,
    make_header,
    new_data_key,
    open_header,
    open_stream,
    read_header,
)
from workspaces.crypt4gh import keys as key_form

_FORMAT = "ithaca-escrow-1"
_MOST = 1024 * 1024
_NO_ESCROW = "There is no escrow of this installation's keys. “manage.py escrow make” makes one."


@dataclass(frozen=True)
class Content:
    """Every key that a restore needs: the roots of a local keyring, and the files that sign for the log."""

    roots: dict[str, dict[str, str]]
    files: dict[str, str]

    def __repr__(self) -> str:
        return f"Content({sorted(self.roots)}, {sorted(self.files)})"

    @property
    def digest(self) -> str:
        told = json.dumps([self.roots, self.files], sort_keys=True, separators=(",", ":"))
        return sha256(told.encode()).hexdigest()


def present_content() -> Content:
    """Return the keys as they are on this machine now."""
    files = {path.name: path.read_text(encoding="ascii") for path in key_files()}
    return Content(encode_roots(local_keyring().export()), files)


def directory() -> Path:
    return Path(settings.KEYRING_DIRECTORY) / "escrow"


@contextmanager
def locked() -> Iterator[None]:
    """Let one process at a time change the escrow and what is recorded of it. The lock ends with the process."""
    directory().mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(directory() / "escrow.lock", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def sealed_file() -> Path:
    return directory() / "escrow.c4gh"


def fingerprint(public: bytes) -> str:
    return sha256(b"ithaca.escrow.v1\x00" + public).hexdigest()[:16]


def recipient() -> bytes:
    """Return the public key that the escrow is sealed for.

    Raises:
        InvalidInput: when there is none.

    """
    try:
        return key_form.parse_public_key((directory() / "escrow.pub").read_bytes())
    except FileNotFoundError as error:
        raise InvalidInput(_NO_ESCROW) from error
    except (OSError, Crypt4ghError) as error:
        raise Unavailable("The public key of the escrow cannot be read.") from error


def exists() -> bool:
    return (directory() / "escrow.pub").exists()


def is_current() -> bool:
    """Return whether what is sealed is what is there."""
    try:
        noted = json.loads((directory() / "escrow.json").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return False
    if not isinstance(noted, dict) or not sealed_file().exists():
        return False
    same_file = noted.get("sealed") == sha256(sealed_file().read_bytes()).hexdigest()
    return bool(same_file and noted.get("keys") == present_content().digest)


def seal(public: bytes) -> None:
    """Seal the present keys for a public key, and note what was sealed."""
    content = present_content()
    told = {
        "format": _FORMAT,
        "installation": settings.LEDGER_ORIGIN,
        "escrow": fingerprint(public),
        "roots": content.roots,
        "files": content.files,
    }
    data_key, sink = new_data_key(), io.BytesIO()
    sink.write(make_header(data_key, public))
    with SealingWriter(data_key, sink.write, hash_content=False) as writer:
        writer.update(json.dumps(told).encode())
        writer.finish()
    sealed = sink.getvalue()
    directory().mkdir(mode=0o700, parents=True, exist_ok=True)
    write(sealed_file(), sealed)
    write(directory() / "escrow.pub", key_form.format_public_key(public))
    note = {"keys": content.digest, "sealed": sha256(sealed).hexdigest()}
    write(directory() / "escrow.json", json.dumps(note).encode())


def open_sealed(path: Path, secret: bytes) -> Content:
    """Return the keys in a sealed escrow.

    Raises:
        InvalidInput: when these shares do not open it, or it is none.

    """
    try:
        source = io.BytesIO(path.read_bytes()[:_MOST])
        data_key = open_header(read_header(source), secret)
        told = json.loads(b"".join(bytes(block) for block in open_stream(source, data_key)))
        return _content(told)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read.") from error
    except (Crypt4ghError, ValueError, KeyError, TypeError, AttributeError):
        # What the parser says may quote what it read.
        raise InvalidInput("These shares do not open this file, or it is no escrow, or it is damaged.") from None


def write_keys(content: Content) -> None:
    """Put keys back where there are none.

    Raises:
        KeyServiceRefused: when there is a keyring; nothing is written over.
        InvalidInput: when there are signing keys.

    """
    if key_files():
        raise InvalidInput("There are signing keys here already. Nothing was written over them.")
    local_keyring().restore(decode_roots(content.roots))
    for name, text in content.files.items():
        write(Path(settings.KEYRING_DIRECTORY) / name, text.encode())


def write(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 whole, or not at all."""
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _content(told: Any) -> Content:
    if told["format"] != _FORMAT:
        raise ValueError("unknown format")
    decode_roots(told["roots"])
    names = [name for name in told["files"] if Path(name).name != name or not name.startswith("ledger-signing")]
    if names:
        raise ValueError("no name of a signing key")
    return Content(told["roots"], {str(name): str(text) for name, text in told["files"].items()})

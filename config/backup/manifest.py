"""What is in a backup, in clear, and bound to its key: whoever changes, adds or swaps anything is found out."""

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from config.backup.parts import Part, derive
from core.errors import DamagedContent, InvalidInput
from core.kms import key_service

FORMAT = "ithaca-backup/v1"
ROOT = "backups"
_NAME = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """`checkpoint` is the newest signed head (a C2SP note) of the database that was copied, if it had one."""

    id: str
    made_at: str
    checkpoint: str
    wrapped_key: bytes
    parts: Mapping[str, Part] = field(default_factory=dict)
    blobs: int = 0
    blob_bytes: int = 0

    def open_key(self) -> bytes:
        """Return the key of this backup.

        Raises:
            KeyServiceRefused: when the key service did not make it, or has destroyed the generation that opens it.

        """
        return key_service().unwrap(ROOT, self.wrapped_key, key_context(self.id))

    def write(self, directory: Path, key: bytes) -> None:
        """Write it last: a folder without a manifest is no backup."""
        content = self._content()
        unfinished = directory / f"{_NAME}.unfinished"
        unfinished.write_text(json.dumps(content | {"mac": _mac(key, content)}, indent=2) + "\n", encoding="utf-8")
        unfinished.rename(directory / _NAME)

    @classmethod
    def read(cls, directory: Path) -> tuple[Self, bytes]:
        """Return the manifest and the key of a backup.

        Raises:
            InvalidInput: there is no backup here, or one of another format.
            DamagedContent: the manifest was changed.

        """
        content = _load(directory)
        manifest, mac = cls._parse(content), str(content.pop("mac", ""))
        key = manifest.open_key()
        if not hmac.compare_digest(mac, _mac(key, content)):
            raise DamagedContent("The manifest of this backup was changed after it was written.")
        return manifest, key

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Return what the manifest says, without the key: nothing shows whether it was changed.

        Raises:
            InvalidInput: there is no backup here, or one of another format.
            DamagedContent: it cannot be read.

        """
        return cls._parse(_load(directory))

    @classmethod
    def _parse(cls, content: dict[str, Any]) -> Self:
        try:
            return cls(
                id=str(content["id"]),
                made_at=str(content["made_at"]),
                checkpoint=str(content["checkpoint"]),
                wrapped_key=b64decode(content["wrapped_key"], validate=True),
                parts={str(name): Part.from_json(part) for name, part in content["parts"].items()},
                blobs=int(content["blobs"]),
                blob_bytes=int(content["blob_bytes"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DamagedContent("The manifest of this backup is damaged.") from error

    def _content(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "id": self.id,
            "made_at": self.made_at,
            "checkpoint": self.checkpoint,
            "wrapped_key": b64encode(self.wrapped_key).decode(),
            "parts": {name: part.as_json() for name, part in self.parts.items()},
            "blobs": self.blobs,
            "blob_bytes": self.blob_bytes,
        }


def key_context(backup: str) -> dict[str, str]:
    return {"purpose": "backup", "backup": backup}


def is_backup(directory: Path) -> bool:
    return (directory / _NAME).is_file()


def _load(directory: Path) -> dict[str, Any]:
    try:
        content = json.loads((directory / _NAME).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"There is no backup in {directory}: its manifest.json cannot be read.") from error
    except ValueError as error:
        raise DamagedContent("The manifest of this backup is damaged.") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InvalidInput(f"{directory} is not a backup that this version can read ({FORMAT}).")
    return content


def _mac(key: bytes, content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    return hmac.digest(derive(key, "manifest"), text, "sha256").hex()

"""What of an entry is sealed, and how.

    sealed    = ChaCha20-Poly1305(entry key, nonce 0, seed ‖ JSON of the sealed fields, AAD = entry id ‖ commitment)
    entry key = HMAC-SHA-256(subject keys, entry id)
    subject keys = SHA-256("ithaca.seal.v1" ‖ 0x00 ‖ for each subject: u8(place) ‖ its key)

The subjects are those in SUBJECTS, in that order; an entry without any is sealed with the installation's own key. An
entry key seals nothing else, so its nonce need not differ. Whoever destroys one of the subject keys makes the entry
unreadable.
"""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from ledger_bridge.subject_key_store import SubjectName
from ledger_bridge.subject_keys import INSTALLATION, SubjectKey, keys_behind, keys_for_sealing

SUBJECTS = {
    "workspace": "workspace",
    "item": "item",
    "actor": "person",
    "person": "person",
    "actor_institution": "institution",
}
"""Columns that hold a blind id, with the kind of subject that stands behind it."""

SEALED = (*SUBJECTS, "version", "purpose", "request_id", "source_address")
"""Common fields that are sealed, like everything in detail; the others stay in clear."""

_LABEL = b"ithaca.seal.v1\x00"
_NONCE = bytes(12)
_SEED = 32


class Opened(NamedTuple):
    """What was sealed of an entry."""

    values: dict[str, Any]
    """By the names in SEALED."""
    detail: dict[str, Any]
    seed: bytes


class DamagedSealError(ValueError):
    """The keys are there, but what was sealed does not open: the row is not as it was recorded."""


Keys = dict[str, SubjectKey]
"""The key of each subject of an entry, by column, in the order of SUBJECTS."""


def keys_of(common: Mapping[str, Any]) -> Keys:
    """Return the keys to seal an entry with, making those of new subjects.

    Raises:
        Unavailable: when the database of subject keys or the key service does not answer.

    """
    names: dict[str, SubjectName] = {
        column: (kind, common[column]) for column, kind in SUBJECTS.items() if common[column]
    }
    found = keys_for_sealing(set(names.values()))
    return {column: found[name] for column, name in names.items()}


def seal_entry(
    common: Mapping[str, Any], detail: Mapping[str, Any], *, seed: bytes, commitment: bytes, keys: Keys
) -> bytes:
    data = seed + orjson.dumps([[common[name] for name in SEALED], detail])
    if not keys:
        keys = {"": keys_for_sealing([INSTALLATION])[INSTALLATION]}
    entry = UUID(common["id"]).bytes
    return ChaCha20Poly1305(_entry_key(entry, keys)).encrypt(_NONCE, data, entry + commitment)


def open_entry(entry: str, sealed: bytes, *, commitment: bytes, keys: Keys) -> Opened:
    """Undo `seal_entry`.

    Raises:
        DamagedSealError: when keys, bytes, id and commitment do not belong together.

    """
    identity = UUID(entry).bytes
    if not keys:
        keys = {"": keys_for_sealing([INSTALLATION])[INSTALLATION]}
    try:
        data = ChaCha20Poly1305(_entry_key(identity, keys)).decrypt(_NONCE, sealed, identity + commitment)
    except InvalidTag as error:
        raise DamagedSealError(entry) from error
    values, detail = orjson.loads(data[_SEED:])
    return Opened(dict(zip(SEALED, values, strict=True)), detail, data[:_SEED])


def keys_for_reading(rows: list[dict[str, str]]) -> list[Keys | None]:
    """Return for each entry, given as its blind ids by column, its keys; None where one of them is gone.

    One query for all of them; no key is used that was fetched more than a minute ago.
    """
    known = keys_behind({blind for row in rows for blind in row.values()})
    return [
        {column: known[row[column]] for column in SUBJECTS if column in row}
        if all(blind in known for blind in row.values())
        else None
        for row in rows
    ]


def _entry_key(entry: bytes, keys: Keys) -> bytes:
    places = b"".join(bytes([place]) + key.key for place, key in _placed(keys))
    return hmac.digest(sha256(_LABEL + places).digest(), entry, "sha256")


def _placed(keys: Keys) -> list[tuple[int, SubjectKey]]:
    return [(place, keys[column]) for place, column in enumerate(("", *SUBJECTS)) if column in keys]

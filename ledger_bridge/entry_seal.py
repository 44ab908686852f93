"""What of an entry is sealed, and how: pure, for whoever was given the keys (`sealing.py`, `stored_entry.py`).

    sealed    = ChaCha20-Poly1305(entry key, nonce 0, seed ‖ JSON of the sealed fields, AAD = entry id ‖ commitment)
    entry key = HMAC-SHA-256(subject keys, entry id)
    subject keys = SHA-256("ithaca.seal.v1" ‖ 0x00 ‖ for each subject: u8(place) ‖ its key)

The subjects are those in SUBJECTS, in that order; an entry without any is sealed with the installation's own key, in
place 0. An entry key seals nothing else, so its nonce need not differ. Whoever destroys one of the subject keys makes
the entry unreadable.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

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

NO_SUBJECT = ""
"""Stands for a column where an entry has no subject: its key is the installation's."""

KeysByColumn = Mapping[str, bytes]

JoinedKeys = bytes
"""The keys of an entry's subjects, each behind its place: from these follows the key of the entry."""

_LABEL = b"ithaca.seal.v1\x00"
_PLACES = {column: bytes([place]) for place, column in enumerate((NO_SUBJECT, *SUBJECTS))}
_NONCE = bytes(12)
_SEED = 32

# HMAC-SHA-256 written out as in tlog/entry.py: `hmac` would take longer than opening the seal.
_INNER_MASK = bytes(n ^ 0x36 for n in range(256))
_OUTER_MASK = bytes(n ^ 0x5C for n in range(256))
_REST_OF_BLOCK = bytes(32)
_begin = sha256(_LABEL).copy


class Opened(NamedTuple):
    """What was sealed of an entry."""

    values: list[Any]
    """In the order of the names in SEALED."""
    detail: dict[str, Any]
    seed: bytes


class DamagedSealError(ValueError):
    """The keys are there, but what was sealed does not open: the row is not as it was recorded."""


def seal_entry(
    entry: bytes, common: Mapping[str, Any], detail: bytes, *, seed: bytes, commitment: bytes, keys: KeysByColumn
) -> bytes:
    """Seal the fields in SEALED, the detail (JSON) and the seed of the entry with this id (16 bytes)."""
    data = seed + b"[" + orjson.dumps([common[name] for name in SEALED]) + b"," + detail + b"]"
    joined = join_keys([(column, keys[column]) for column in _PLACES if column in keys])
    return ChaCha20Poly1305(_entry_key(entry, joined)).encrypt(_NONCE, data, entry + commitment)


def join_keys(keys: Iterable[tuple[str, bytes]]) -> JoinedKeys:
    """Join keys of subjects, given in the order of SUBJECTS, with the column of each."""
    return b"".join([_PLACES[column] + key for column, key in keys])


def open_entry(entry: bytes, sealed: bytes, *, commitment: bytes, keys: JoinedKeys) -> Opened:
    """Undo `seal_entry`.

    Raises:
        DamagedSealError: when keys, bytes, id and commitment do not belong together.

    """
    try:
        data = ChaCha20Poly1305(_entry_key(entry, keys)).decrypt(_NONCE, sealed, entry + commitment)
    except InvalidTag as error:
        raise DamagedSealError(entry.hex()) from error
    values, detail = orjson.loads(data[_SEED:])
    return Opened(values, detail, data[:_SEED])


def _entry_key(entry: bytes, keys: JoinedKeys) -> bytes:
    together = _begin()
    together.update(keys)
    block = together.digest() + _REST_OF_BLOCK
    inner = sha256(block.translate(_INNER_MASK) + entry).digest()
    return sha256(block.translate(_OUTER_MASK) + inner).digest()

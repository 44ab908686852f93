"""The keys with which entries are sealed and opened (`entry_seal.py` says how)."""

from collections.abc import Mapping
from typing import Any

from ledger_bridge.entry_seal import NO_SUBJECT, SUBJECTS, JoinedKeys, join_keys, seal_entry
from ledger_bridge.subject_key_store import SubjectName
from ledger_bridge.subject_keys import INSTALLATION, SubjectKey, keys_behind, keys_for_sealing

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


def seal_fields(common: Mapping[str, Any], detail: bytes, *, seed: bytes, commitment: bytes, keys: Keys) -> bytes:
    """Seal what is to be sealed of an entry; `detail` is JSON."""
    entry = bytes.fromhex(common["id"].replace("-", ""))
    return seal_entry(entry, common, detail, seed=seed, commitment=commitment, keys=sealing_keys(keys))


def sealing_keys(keys: Keys) -> dict[str, bytes]:
    """Return what `entry_seal` takes; of an entry that is about nothing and nobody, the installation's key."""
    if keys:
        return {column: key.key for column, key in keys.items()}
    return {NO_SUBJECT: keys_for_sealing([INSTALLATION])[INSTALLATION].key}


def keys_for_reading(rows: list[dict[str, str]]) -> list[JoinedKeys | None]:
    """Return for each entry what opens it, None where a key is gone; given as its blind ids, in the order of SUBJECTS.

    One query for all of them; no key is used that was fetched more than a minute ago.
    """
    known = keys_behind({blind for row in rows for blind in row.values()})
    own = b"" if all(rows) else join_keys(sealing_keys({}).items())
    return [_joined(row, known) if row else own for row in rows]


def _joined(row: Mapping[str, str], known: Mapping[str, SubjectKey]) -> JoinedKeys | None:
    try:
        return join_keys([(column, known[blind].key) for column, blind in row.items()])
    except KeyError:
        return None

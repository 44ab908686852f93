"""Keys of subjects: what entries about a workspace, item, person or institution are sealed with.

A subject stands in the ledger's tables under its blind id alone. Where the key is destroyed, nobody can tell any more
whom the blind id stood for, and nothing that was sealed with the key can be opened (docs/adr/0012-erasure.md).

    blind id = first 16 bytes of HMAC-SHA-256(subject key, "ithaca.blind.v1" ‖ 0x00 ‖ kind)
"""

import hmac
import secrets
from collections.abc import Collection, Iterable
from time import monotonic
from typing import NamedTuple
from uuid import UUID

from core.kms import key_service, seal, unseal
from ledger_bridge.key_database_mark import require_own
from ledger_bridge.subject_key_store import KeyRow, PostgresStore, SubjectName, subject_key_store

INSTALLATION: SubjectName = ("installation", str(UUID(int=0)))
"""Whose key seals entries that are about nothing and nobody."""

NOWHERE = str(UUID(int=0))
"""A blind id that no subject has."""

FRESH = 60.0
"""Seconds. For reading, no key that was fetched longer ago is used: by then one that was destroyed has gone."""

_LIMIT = 200_000
MASTER_CONTEXT = {"purpose": "subject-keys"}


class SubjectKey(NamedTuple):
    key: bytes
    blind: str
    name: SubjectName
    fetched: float


_by_name: dict[SubjectName, SubjectKey] = {}
_by_blind: dict[str, SubjectKey] = {}
_master: list[bytes] = []


def keys_for_sealing(names: Collection[SubjectName]) -> dict[SubjectName, SubjectKey]:
    """Return the keys of these subjects; those that have none get one, for good, whatever becomes of the deed.

    Raises:
        Unavailable: when the database of subject keys or the key service does not answer.

    """
    known = {name: found for name in names if (found := _by_name.get(name))}
    if missing := set(names) - known.keys():
        known |= _find_or_make(missing)
    return known


def blind_ids(kind: str, subjects: Iterable[object]) -> dict[str, str]:
    """Return the blind ids that stand for these subjects; one that was never recorded, or was erased, has none."""
    names = {(kind, str(subject)) for subject in subjects}
    since = monotonic() - FRESH
    known = {name: found for name in names if (found := _by_name.get(name)) and found.fetched > since}
    if missing := names - known.keys():
        known |= _find(missing)
    return {subject: found.blind for (_, subject), found in known.items()}


def keys_behind(blinds: Collection[str]) -> dict[str, SubjectKey]:
    """Return the keys behind these blind ids, in at most one query; those that were destroyed are left out."""
    since = monotonic() - FRESH
    known = {blind: found for blind in blinds if (found := _by_blind.get(blind)) and found.fetched > since}
    if missing := set(blinds) - known.keys():
        known |= {found.blind: found for found in _remember(_own_store().behind(missing))}
    return known


def destroy_key(blind: str) -> bool:
    """Destroy the key behind a blind id for good; false when it is gone already."""
    destroyed = _own_store().destroy(blind)
    forget_subject_keys()
    return destroyed


def forget_subject_keys() -> None:
    """Forget what this process remembers."""
    _by_name.clear()
    _by_blind.clear()
    _master.clear()


def wrapped_master() -> bytes | None:
    """Return the key of subject keys as the key service wrapped it; none before the first use."""
    return _own_store().find_master()


def replace_wrapped_master(before: bytes, after: bytes) -> bool:
    """Put the same key, wrapped anew, in the place of the wrap that was read before."""
    return _own_store().replace_master(before, after)


def _own_store() -> PostgresStore:
    store = subject_key_store()
    require_own(store)
    return store


def _find_or_make(names: set[SubjectName]) -> dict[SubjectName, SubjectKey]:
    """Of two processes that make a key for the same subject at once, both get the one that was kept."""
    kept = _remember(_own_store().find_or_add([_new(name) for name in sorted(names)]))
    found = {one.name: one for one in kept}
    return found | _find(lost) if (lost := names - found.keys()) else found


def _new(name: SubjectName) -> KeyRow:
    key = secrets.token_bytes(32)
    return KeyRow(*name, _blind(key, name[0]), seal(_master_key(), key, _context(name)))


def _find(names: Iterable[SubjectName]) -> dict[SubjectName, SubjectKey]:
    return {found.name: found for found in _remember(_own_store().named(set(names)))}


def _remember(rows: Iterable[KeyRow]) -> list[SubjectKey]:
    now = monotonic()
    if len(_by_name) >= _LIMIT:
        _by_name.clear()
        _by_blind.clear()
    found = [_opened(row, now) for row in rows]
    _by_name.update({one.name: one for one in found})
    _by_blind.update({one.blind: one for one in found})
    return found


def _opened(row: KeyRow, now: float) -> SubjectKey:
    name = (row.kind, row.subject)
    return SubjectKey(unseal(_master_key(), row.wrapped, _context(name)), row.blind, name, now)


def _blind(key: bytes, kind: str) -> str:
    return str(UUID(bytes=hmac.digest(key, b"ithaca.blind.v1\x00" + kind.encode(), "sha256")[:16]))


def _master_key() -> bytes:
    if not _master:
        wrapped = _own_store().master(lambda: key_service().wrap("ledger", secrets.token_bytes(32), MASTER_CONTEXT))
        _master.append(key_service().unwrap("ledger", wrapped, MASTER_CONTEXT))
    return _master[0]


def _context(name: SubjectName) -> dict[str, str]:
    return {"purpose": "subject", "kind": name[0], "subject": name[1]}

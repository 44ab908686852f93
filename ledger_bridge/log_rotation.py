"""Replaces a key of the log: a new one signs beside the old one for a while, then the old one is retired.

Both steps hold the lock on the tree, so no checkpoint is signed while the list of keys changes.
"""

from django.conf import settings

from core.errors import Conflict, InvalidInput
from ledger_bridge import signing_files
from ledger_bridge.models import LogKey, TreeState
from ledger_bridge.signing import current_keys, log_keys


def add_key(type_: str) -> LogKey:
    """Make a key of this type and list it as valid from the next checkpoint on.

    Raises:
        Conflict: when nothing was signed yet.

    """
    size = _lock_tree()
    if not current_keys():
        raise Conflict("Nothing was signed yet. The first keys are made with the first checkpoint.")
    private = signing_files.make_key(settings.LEDGER_ORIGIN, type_)
    return LogKey.objects.create(vkey=private.vkey, first=size + 1)


def retire_key(key_id: str) -> LogKey:
    """List a key as valid up to the last checkpoint.

    Raises:
        InvalidInput: when no key in use has this ID.
        Conflict: when no other key of its type has signed a checkpoint yet.

    """
    size = _lock_tree()
    current = current_keys()
    row = next((row for row in current if row.key.key_id.hex() == key_id), None)
    if row is None:
        raise InvalidInput(f"No key in use has the ID {key_id}. The command “ledger_keys list” shows them.")
    heirs = [one for one in current if one != row and one.key.algorithm == row.key.algorithm and one.first <= size]
    if not heirs or row.first > size:
        raise Conflict(
            "No other key of this type has signed a checkpoint together with it yet. Add one, wait for the next"
            " checkpoint, and give everybody the new policy before you retire this key."
        )
    row.last = size
    row.save(update_fields=["last"])
    return row


def last_size(row: LogKey) -> int:
    """Return the size of the last tree that a retired key signed."""
    if row.last is None:
        raise ValueError(f"{row} was not retired")
    return row.last


def destroy_retired_keys() -> None:
    """Destroy the private half of every key that was retired. Safe to repeat, and to finish what a crash cut short."""
    for row in log_keys():
        if row.last is not None:
            signing_files.destroy_key(row.key)


def _lock_tree() -> int:
    state = TreeState.objects.select_for_update().first()
    return state.size if state else 0

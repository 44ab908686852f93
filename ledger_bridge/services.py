"""The ledger's deeds."""

from ledger_bridge.sequencer import sequence_batch


def sequence_entries() -> int:
    """Sequence all that waits, and return how many entries that were. Not itself an entry: the checkpoint shows it.

    Raises:
        RolledBack: when more, or something else, was published before.
        Unavailable: when a key is out of reach.

    """
    total = 0
    while added := sequence_batch():
        total += added
    return total

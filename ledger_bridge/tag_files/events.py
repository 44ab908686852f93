"""What the ledger records about its sorted tags."""

import dataclasses

from ledger_bridge.events import Event


@dataclasses.dataclass(frozen=True, kw_only=True)
class TagsSorted(Event):
    """The tags of `leaves` leaves from `first` on were sorted, and `root` is theirs.

    The verifier takes a root from such an entry only. `log` names the log: one that continues another carries its
    entries on, in other places.
    """

    kind = "ledger.tags_sorted"
    label = "Tags sorted"
    sentence = "sorted the tags of the {leaves} entries from number {first} on, so that short trails need no others"
    action = "C"
    log: str
    first: int
    leaves: int
    root: str

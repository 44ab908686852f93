"""What is recorded when somebody takes back what they did, beside the entry of the reverse deed itself."""

from dataclasses import dataclass

from ledger_bridge.events import Event


@dataclass(frozen=True, kw_only=True)
class DeedUndone(Event):
    """`entry` is that of the deed that was undone; the reverse deed has left its own just before this one."""

    kind = "deed.undone"
    label = "Deed undone"
    sentence = "undid “{deed}”"
    action = "U"
    deed: str
    entry: str

"""What the ledger records about its own condition."""

import dataclasses

from ledger_bridge.events import Event


@dataclasses.dataclass(frozen=True, kw_only=True)
class LedgerDamageFound(Event):
    kind = "ledger.damage_found"
    label = "Damage to the ledger found"
    sentence = "found that the stored ledger does not agree with itself at {where}: {what}"
    action = "R"
    where: str
    what: str

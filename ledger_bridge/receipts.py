"""Receipts: one entry, its place in the log and a signed checkpoint, in a file that anybody can check."""

from collections.abc import Collection
from dataclasses import dataclass

from ledger_bridge import proofs
from ledger_bridge.models import Checkpoint, Leaf, Quarantined
from ledger_bridge.stored_entry import StoredEntry
from ledger_bridge.tlog.entry import canonical
from ledger_bridge.tlog.proof import TlogProof
from ledger_bridge.witnessing.models import Publication
from ledger_bridge.witnessing.published import latest_published, latest_witnesses

OTHERS_SECRETS = frozenset({"source_address", "request_id"})
"""Hidden from everybody but the one who acted and auditors."""


@dataclass(frozen=True)
class ProofState:
    """How far the proof of an entry has come: `pending` (committed, not in the log yet), `sequenced`, or
    `quarantined` (not made by this installation, and never in the log).

    `cosigned` is the number of witnesses that signed the published checkpoint which covers it.
    """

    state: str
    index: int | None = None
    cosigned: int = 0


PENDING = ProofState("pending")
QUARANTINED = ProofState("quarantined")


def proof_states(entries: Collection[object]) -> dict[str, ProofState]:
    """Return the state of each entry by its id (text), in one query.

    It takes one more where some wait, and one more where there are witnesses.
    """
    placed = Leaf.objects.filter(entry__in=list(entries)).values_list("entry_id", "index")
    states = {str(entry): PENDING for entry in entries}
    size, witnesses = latest_witnesses()
    states |= {str(entry): ProofState("sequenced", index, witnesses if index < size else 0) for entry, index in placed}
    if waiting := [entry for entry, state in states.items() if state is PENDING]:
        held = Quarantined.objects.filter(entry__in=waiting).values_list("entry", flat=True)
        states |= {str(entry): QUARANTINED for entry in held}
    return states


def latest_checkpoint() -> Checkpoint | Publication | None:
    """Return the newest checkpoint that is published: with the quorum's cosignatures, where the policy asks for one."""
    return latest_published()


def make_receipt(
    stored: StoredEntry,
    checkpoint: Checkpoint | Publication,
    *,
    numbers: frozenset[str],
    hide: frozenset[str] = frozenset(),
) -> bytes:
    """Return the bytes of a `.tlog-proof` for a sequenced entry (docs/formats/entry.md).

    `numbers` names the slots whose number in its stream the reader may know.
    """
    index = stored.index or 0
    line = stored.disclosed(numbers=numbers, hide=hide) | {"leaf": stored.leaf.hex()}
    proof = TlogProof(
        index=index,
        hashes=tuple(proofs.inclusion(index, checkpoint.size)),
        checkpoint_note=checkpoint.note.encode(),
        extra=canonical(line),
    )
    return proof.marshal()

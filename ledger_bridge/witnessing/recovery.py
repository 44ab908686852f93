"""Where the heads of this log differ: in the database, in the published file, with the witnesses, on the chain."""

from dataclasses import dataclass

from ledger_bridge.models import Checkpoint, TreeState
from ledger_bridge.publishing import contradicts, open_seen, read_published, seen_elsewhere
from ledger_bridge.tlog.checkpoint import Checkpoint as Head
from ledger_bridge.tlog.errors import TlogError
from ledger_bridge.witnessing.client import HttpWitness
from ledger_bridge.witnessing.collecting import Connect
from ledger_bridge.witnessing.policy import full_policy, needs_witnesses
from ledger_bridge.witnessing.standings import addresses
from ledger_bridge.witnessing.watching import chain_in_background, chain_said, shown_by

CHAIN = "contract on the chain"


@dataclass(frozen=True)
class Shown:
    """A checkpoint that somebody holds. `head` is None when it cannot be read as one of this log."""

    where: str
    note: bytes
    head: Head | None
    contradicts: bool


def database_heads() -> tuple[int, int]:
    """Return the size of the tree and of the last checkpoint in the database."""
    tree, last = TreeState.objects.first(), Checkpoint.objects.order_by("size").last()
    return (tree.size if tree else 0), (last.size if last else 0)


def shown_heads(connect: Connect = HttpWitness) -> list[Shown]:
    """Return what the published file, the evidence beside it, the chain and every witness that answers hold."""
    anchored = chain_in_background()
    found = [("published file", note)] if (note := read_published()) else []
    found += [(path.name, path.read_bytes()) for path in seen_elsewhere()]
    asked = addresses(full_policy()) if needs_witnesses() else []
    answers = {one.url: note for one, note in shown_by(asked, connect)} if asked else {}
    found += [(f"witness {one.url}", answers[one.url]) for one in asked if one.url in answers]
    shown = [_shown(where, note) for where, note in found]
    head = chain_said(anchored) if anchored else None
    return [*shown, Shown(CHAIN, head.marshal(), head, contradicts(head))] if head else shown


def silent_witnesses(shown: list[Shown]) -> list[str]:
    """Return the addresses of witnesses that showed nothing."""
    asked = addresses(full_policy()) if needs_witnesses() else []
    seen = {one.where for one in shown}
    return [one.url for one in asked if f"witness {one.url}" not in seen]


def furthest(shown: list[Shown]) -> Shown | None:
    """Return the largest head that this log signed and the database does not hold."""
    known = [one for one in shown if one.head and one.contradicts]
    return max(known, key=lambda one: one.head.size if one.head else 0, default=None)


def _shown(where: str, note: bytes) -> Shown:
    try:
        head = open_seen(where, note)
    except TlogError:
        return Shown(where, note, None, contradicts=False)
    return Shown(where, note, head, contradicts(head))

"""Brings the newest signed checkpoint to its quorum, and only then publishes it. Safe to repeat and to interrupt.

No network inside a database transaction: what is to be asked is read before, what was answered is written after.
"""

import logging
from pathlib import Path

from django.conf import settings
from django.db import transaction

from ledger_bridge.alone import alone
from ledger_bridge.failpoints import reach
from ledger_bridge.models import Checkpoint
from ledger_bridge.publishing import publish_latest
from ledger_bridge.tlog.policy import Accepted, Policy
from ledger_bridge.witnessing.client import HttpWitness
from ledger_bridge.witnessing.collecting import Asked, Connect, Round
from ledger_bridge.witnessing.models import Cosignature, Publication
from ledger_bridge.witnessing.policy import full_policy, needs_witnesses, witnesses_of
from ledger_bridge.witnessing.standings import due, remember
from ledger_bridge.witnessing.watching import look_at

logger = logging.getLogger(__name__)


def publish_checkpoint(connect: Connect = HttpWitness) -> int:
    """Publish the newest checkpoint, or try to, and return the size of what was newly published (0 for nothing).

    Raises:
        RolledBack: when a witness shows that this database was rolled back.
        ImproperlyConfigured: when LEDGER_WITNESS_POLICY cannot be used.

    """
    published = 0
    if needs_witnesses():
        # One process of this machine speaks to the witnesses at a time.
        with alone(Path(settings.LEDGER_DIRECTORY) / "publishing.lock") as is_ours:
            published = _publish_next(full_policy(), connect) if is_ours else 0
    publish_latest()
    return published


def _publish_next(policy: Policy, connect: Connect) -> int:
    # Durable: whoever calls this inside a transaction would speak to witnesses in it, and is told so.
    with transaction.atomic(durable=True):
        checkpoint = Checkpoint.objects.order_by("size").last()
        if checkpoint is None or Publication.objects.filter(size__gte=checkpoint.size).exists():
            return 0
        kept = list(Cosignature.objects.filter(size=checkpoint.size).values_list("witness", "line"))
        asked = [one for one in due(policy) if {w.name for w in one.witnesses} - {name for name, _ in kept}]
    for one in asked:
        # A hint from a longer history than this one is of no use for a proof.
        one.size = min(one.size, checkpoint.size)
    ours = Round(policy, checkpoint.note.encode(), checkpoint.size, [line.encode() for _, line in kept], connect)
    reach("witnesses chosen")
    accepted = ours.run(asked)
    reach("witnesses answered")
    with transaction.atomic(durable=True):
        _keep(checkpoint.size, asked)
        reach("cosignatures kept")
        remember(asked)
        if accepted:
            _publish(checkpoint.size, ours.note(), accepted)
        reach("publication stored")
    reach("publication committed")
    look_at([one for one in asked if one.claims_more], connect)
    return checkpoint.size if accepted else 0


def _keep(size: int, asked: list[Asked]) -> None:
    for one in asked:
        for witness, line in one.lines.items():
            keep_cosignature(size, witness, line)


def keep_cosignature(size: int, witness: str, line: bytes) -> bool:
    """Keep a verified line; the first of a witness under a checkpoint stays. False when there was one."""
    row = Cosignature(size=size, witness=witness, line=line.decode())
    before = Cosignature.objects.filter(size=size, witness=witness).exists()
    Cosignature.objects.bulk_create([row], ignore_conflicts=True)
    return not before


def _publish(size: int, note: bytes, accepted: Accepted) -> None:
    row = Publication(size=size, note=note.decode(), witnesses=witnesses_of(accepted))
    # Another machine may have been as fast; either note holds under the policy.
    Publication.objects.bulk_create([row], ignore_conflicts=True)

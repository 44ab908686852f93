"""The newest checkpoint that counts: cosigned as the policy asks, or merely signed where it asks for nobody."""

from ledger_bridge.models import Checkpoint
from ledger_bridge.witnessing.models import Publication
from ledger_bridge.witnessing.policy import needs_witnesses


def latest_published() -> Checkpoint | Publication | None:
    return _latest_publication() if needs_witnesses() else Checkpoint.objects.order_by("size").last()


def latest_witnesses() -> tuple[int, int]:
    """Return how many entries the newest published checkpoint covers, and how many witnesses cosigned it."""
    latest = _latest_publication() if needs_witnesses() else None
    return (latest.size, len(latest.witnesses)) if latest else (0, 0)


def _latest_publication() -> Publication | None:
    return Publication.objects.order_by("size").last()

"""Gathers what an auditor needs to check an anchor without a node, and checks it at once, as the auditor will."""

from typing import Any

from ledger_bridge.anchors.client import Chain
from ledger_bridge.anchors.configuration import ChainSettings
from ledger_bridge.anchors.models import Anchor
from ledger_bridge.anchors.rpc import MalformedAnswer
from ledger_bridge.tlog.anchors.chain import Anchored, ChainEvidence, storage_keys
from ledger_bridge.tlog.errors import TlogError

_EXPORTED = 20


def gather_evidence(chain: Chain, where: ChainSettings, transaction: bytes, number: int) -> ChainEvidence:
    """Ask for a block's header and the proofs of our slots in its state.

    Raises:
        Unavailable: when the node does not hold the state of this block any more, or what it says does not fit.

    """
    proof = chain.proof(where.contract, storage_keys(where.log), number)
    return ChainEvidence(
        chain_id=where.chain_id,
        contract=where.contract,
        founder=where.founder,
        transaction=transaction,
        header=chain.header(number),
        account_proof=proof.account,
        size_proof=proof.storage[0],
        root_proof=proof.storage[1],
    )


def check_evidence(evidence: ChainEvidence, origin: str) -> Anchored:
    """Follow the evidence as the verifier does.

    Raises:
        MalformedAnswer: when it does not hold.

    """
    try:
        return ChainEvidence.from_json(evidence.as_json()).check(origin)
    except TlogError as error:
        raise MalformedAnswer(f"The node's proof of the anchor does not hold: {error}.") from error


def anchors_up_to(size: int) -> dict[str, Any] | None:
    """Return the newest final anchors of the first `size` entries as an export carries them, if there are any."""
    anchors = [{"kind": anchor.kind, **anchor.evidence} for anchor in _newest_up_to(size) if anchor.evidence]
    return {"version": 1, "anchors": anchors} if anchors else None


def anchored_sizes(size: int) -> list[int]:
    """Return the sizes that these anchors are about."""
    return [anchor.size for anchor in _newest_up_to(size)]


def _newest_up_to(size: int) -> list[Anchor]:
    final = Anchor.objects.filter(state=Anchor.State.FINAL, evidence__isnull=False, size__lte=size)
    return list(reversed(final.order_by("-size")[:_EXPORTED]))


def anchor_covering(index: int) -> Anchor | None:
    """Return the first final anchor on a chain that covers the entry with this number, if there is one."""
    final = Anchor.objects.filter(kind=Anchor.Kind.CHAIN, state=Anchor.State.FINAL, evidence__isnull=False)
    return final.filter(size__gt=index).order_by("size").first()

"""The proof badge of an entry."""

from typing import Any

from django import template
from django.urls import reverse

from ledger_bridge.receipts import PENDING, ProofState

register = template.Library()


@register.inclusion_tag("components/badge.html")
def proof_badge(entry_id: object, proof: ProofState | None = None, *, poll: bool = False) -> dict[str, Any]:
    """Show how far an entry's proof is: `{% proof_badge version.entry states|of:version.entry %}`.

    The state comes from `ledger_bridge.receipts.proof_states`, once for all the entries of a page.
    """
    proof = proof or PENDING
    return {
        "state": proof.state,
        "cosigned": proof.cosigned,
        "url": reverse("ledger:receipt", args=[entry_id]),
        "poll_url": reverse("ledger:badge", args=[entry_id]) if poll else None,
    }


@register.filter
def of(states: dict[str, ProofState], entry_id: object) -> ProofState:
    """Return the state of one entry from those of a page."""
    return states.get(str(entry_id), PENDING)

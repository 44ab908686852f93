"""One entry: what was recorded, and the proof that the log holds it."""

from typing import cast
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.access import Actor
from ledger_bridge.access import may_see_entry
from ledger_bridge.anchors.evidence import anchor_covering
from ledger_bridge.models import Entry
from ledger_bridge.receipts import latest_checkpoint, proof_states
from ledger_bridge.selectors import names_for, sentence, what
from ledger_bridge.sentences import label_of
from ledger_bridge.services import take_receipt, view_receipt
from ledger_bridge.witnessing.showing import witnessing


@require_safe
def receipt(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    entry = _visible_entry(request, entry_id)
    hidden = view_receipt(actor=cast("Actor", request.user), entry=entry)
    known = names_for([entry], asker=request.user)
    proof, checkpoint = proof_states([entry.id])[str(entry.id)], latest_checkpoint()
    context = {
        "entry": entry,
        "sentence": sentence(entry, known),
        "about": what(entry, known),
        "facts": _facts(entry, hidden=hidden),
        "proof": proof,
        "checkpoint": checkpoint,
        "is_covered": proof.index is not None and checkpoint is not None and proof.index < checkpoint.size,
        "witnessing": witnessing(),
        "anchor": anchor_covering(proof.index) if proof.index is not None else None,
        "command": f"python -m verifier {entry.id}.tlog-proof --policy policy",
    }
    return render(request, "ledger/receipt.html", context)


@require_safe
def receipt_file(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    entry = _visible_entry(request, entry_id)
    body = take_receipt(actor=cast("Actor", request.user), entry=entry)
    disposition = f'attachment; filename="{entry.id}.tlog-proof"'
    return HttpResponse(body, content_type="application/octet-stream", headers={"Content-Disposition": disposition})


@require_safe
def badge(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """The proof badge alone, for pages that ask until it is there."""
    entry = _visible_entry(request, entry_id)
    return render(
        request, "ledger/_badge.html", {"entry_id": entry.id, "proof": proof_states([entry.id])[str(entry.id)]}
    )


def _visible_entry(request: HttpRequest, entry_id: UUID) -> Entry:
    entry = Entry.objects.filter(pk=entry_id).first()
    if entry is None or not may_see_entry(request.user, entry):
        raise Http404
    return entry


def _facts(entry: Entry, *, hidden: frozenset[str]) -> list[tuple[str, object]]:
    """Return the plain facts of an entry that the sentence does not say."""
    facts = [
        ("What happened", label_of(entry.kind)),
        ("Outcome", entry.get_outcome_display()),
        ("Purpose", entry.purpose),
        ("Request", None if "request_id" in hidden else entry.request_id),
        ("Network", None if "source_address" in hidden else entry.source_address),
        ("Kind of event", entry.kind),
        ("Entry", entry.id),
    ]
    return [(label, value) for label, value in facts if value]

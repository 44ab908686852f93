"""What Ithaca promises, and what it does not: for everybody."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ledger_bridge.anchors.showing import anchoring
from ledger_bridge.conditions import conditions
from ledger_bridge.fsck.rolling import damage
from ledger_bridge.publishing import halted
from ledger_bridge.receipts import latest_checkpoint
from ledger_bridge.signing import log_signer
from ledger_bridge.witnessing.showing import witnessing


@login_not_required
@require_safe
def promises(request: HttpRequest) -> HttpResponse:
    context = {
        "origin": settings.LEDGER_ORIGIN,
        "vkey": log_signer().vkey,
        "checkpoint": latest_checkpoint(),
        "witnessing": witnessing(),
        "anchoring": anchoring(),
        "halted": halted(),
        "damage": damage(),
        "conditions": conditions(),
    }
    return render(request, "promises.html", context)

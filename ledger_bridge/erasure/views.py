"""The pages of commission admins about erasures and legal holds."""

from collections.abc import Callable, Iterable
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.access import Actor, require
from core.errors import Conflict, InvalidInput
from ledger_bridge import names
from ledger_bridge.access import requires_step_up
from ledger_bridge.blind_ids import real_ids
from ledger_bridge.erasure import services
from ledger_bridge.erasure.forms import ErasureForm, HoldForm
from ledger_bridge.erasure.models import Erasure, LegalHold
from ledger_bridge.erasure.rules import extent, standing_holds
from ledger_bridge.permissions import Right

_SHOWN = 100
_GONE = "erased"


@require_safe
def erasures(request: HttpRequest) -> HttpResponse:
    actor = _admin(request)
    listed, holds = list(Erasure.objects.order_by("-asked_at")[:_SHOWN]), standing_holds()
    called = _called([*listed, *holds], actor)
    admins = names.resolve({"person": {one for row in listed for one in (row.asked_by, row.decided_by)}}, asker=actor)
    context = {
        "rows": [{"erasure": one, "subject": called[one.pk], "by": _by(one, admins["person"])} for one in listed],
        "holds": [{"hold": one, "subject": called[one.pk]} for one in holds],
    }
    return render(request, "ledger/erasures.html", context)


@require_http_methods(["GET", "POST"])
@requires_step_up
def new_erasure(request: HttpRequest) -> HttpResponse:
    actor, form = _admin(request), ErasureForm(request.POST or None)
    if request.method == "POST" and _accepted(form, lambda: services.ask_for_erasure(actor=actor, **form.cleaned_data)):
        messages.success(request, "Another admin must confirm. Until then nothing is erased.")
        return redirect("ledger:erasures")
    return _form(request, form, "Ask for an erasure", "Ask")


@require_http_methods(["GET", "POST"])
@requires_step_up
def confirm_erasure(request: HttpRequest, erasure_id: UUID) -> HttpResponse:
    """Show what would be erased; on POST erase it."""
    actor = _admin(request)
    erasure = get_object_or_404(Erasure, pk=erasure_id)
    if request.method == "POST":
        services.confirm_erasure(actor=actor, erasure=erasure)
        messages.success(request, "It is erased. The log shows that there was something, and nothing of what it said.")
        return redirect("ledger:erasures")
    context = {
        "erasure": erasure,
        "subject": _called([erasure], actor)[erasure.pk],
        "extent": extent(erasure.kind, str(erasure.blind)),
        "is_own": str(erasure.asked_by) == actor.ledger_id,
    }
    return render(request, "ledger/erasure.html", context)


@require_POST
def withdraw_erasure(request: HttpRequest, erasure_id: UUID) -> HttpResponse:
    actor = _admin(request)
    services.withdraw_erasure(actor=actor, erasure=get_object_or_404(Erasure, pk=erasure_id))
    messages.success(request, "Nothing is erased.")
    return redirect("ledger:erasures")


@require_http_methods(["GET", "POST"])
def new_hold(request: HttpRequest) -> HttpResponse:
    actor, form = _admin(request), HoldForm(request.POST or None)
    if request.method == "POST" and _accepted(form, lambda: services.place_hold(actor=actor, **form.cleaned_data)):
        messages.success(request, "The legal hold stands until somebody lifts it.")
        return redirect("ledger:erasures")
    return _form(request, form, "Place a legal hold", "Place the hold")


@require_POST
def lift_hold(request: HttpRequest, hold_id: UUID) -> HttpResponse:
    actor = _admin(request)
    services.lift_hold(actor=actor, hold=get_object_or_404(LegalHold, pk=hold_id))
    messages.success(request, "The legal hold is lifted.")
    return redirect("ledger:erasures")


def _admin(request: HttpRequest) -> Actor:
    actor = cast("Actor", request.user)
    require(actor, Right.ERASE)
    return actor


def _accepted(form: Form, deed: Callable[[], object]) -> bool:
    """Do the deed and return True; otherwise put its sentence into the form."""
    if not form.is_valid():
        return False
    try:
        deed()
    except (InvalidInput, Conflict) as error:
        field = getattr(error, "field", None)
        form.add_error(field if field in form.fields else None, error.sentence)
        return False
    return True


def _form(request: HttpRequest, form: Form, title: str, label: str) -> HttpResponse:
    status = 400 if request.method == "POST" else 200
    return render(request, "ledger/erasure_form.html", {"form": form, "title": title, "label": label}, status=status)


def _called(rows: Iterable[Erasure | LegalHold], actor: Actor) -> dict[UUID, str]:
    """Return what the subject of each row is called, as far as the admin may see it, or else its id."""
    listed = list(rows)
    real = real_ids(row.blind for row in listed)
    ids: dict[str, set[object]] = {kind: set() for kind in ("workspace", "item", "person")}
    for row in listed:
        if subject := real.get(str(row.blind)):
            ids[row.kind].add(subject)
    known: dict[str, Any] = names.resolve(ids, asker=actor)
    return {row.pk: _name(row, real, known) for row in listed}


def _name(row: Erasure | LegalHold, real: dict[str, str], known: dict[str, Any]) -> str:
    subject = real.get(str(row.blind))
    return known[row.kind].get(subject, subject) if subject else _GONE


def _by(erasure: Erasure, people: dict[str, str]) -> str:
    """Return who asked, and who decided."""
    admins = [people.get(str(one), str(one)) for one in (erasure.asked_by, erasure.decided_by) if one]
    return ", then ".join(admins)

"""Pages about sealed files on their way out: one's keys, and hand-overs."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.stepup import requires_recent_authentication
from core.access import require
from ledger_bridge.receipts import proof_states
from workspaces import services
from workspaces.forms import errors_shown_in
from workspaces.handover.forms import HandOverForm, RecipientKeyForm
from workspaces.handover.models import HandOver, RecipientKey
from workspaces.handover.selectors import keys_for, problem_with
from workspaces.handover.serving import serve_sealed
from workspaces.handover.small_files import takes_key_files
from workspaces.permissions import Right
from workspaces.views.finding import address, crumbs, signed_in, visible_version


@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    """One's keys, and the sealed files that are ready to be downloaded."""
    user = signed_in(request)
    own = list(RecipientKey.objects.in_use().filter(owner=user))
    proofs = proof_states([key.entry for key in own])
    rows = [{"key": key, "proof": proofs[str(key.entry)], "problem": problem_with(key)} for key in own]
    hand_overs = HandOver.objects.visible_to(user).standing()[:50]
    return render(request, "workspaces/keys.html", {"rows": rows, "hand_overs": hand_overs})


@takes_key_files
@requires_recent_authentication
@require_http_methods(["GET", "HEAD", "POST"])
def add_key(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    form = RecipientKeyForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        with errors_shown_in(form):
            name, content = form.cleaned_data["name"], form.cleaned_data["content"]
            key = services.register_recipient_key(actor=user, name=name, content=content)
            messages.success(request, f"“{key.name}” is registered and recorded. Compare its fingerprint below.")
            return redirect("workspaces:keys")
    context = {"form": form, "crumbs": _key_crumbs("Register a key"), "cancel_url": reverse("workspaces:keys")}
    return render(request, "workspaces/add_key.html", context, status=400 if form.errors else 200)


@requires_recent_authentication
@require_http_methods(["GET", "HEAD", "POST"])
def remove_key(request: HttpRequest, key_id: UUID) -> HttpResponse:
    user = signed_in(request)
    key = get_object_or_404(RecipientKey.objects.in_use().filter(owner=user), pk=key_id)
    if request.method == "POST":
        services.remove_recipient_key(actor=user, key=key)
        messages.success(request, f"“{key.name}” is removed. Nothing more is sealed for it.")
        return redirect("workspaces:keys")
    context = {"key": key, "crumbs": _key_crumbs("Remove"), "cancel_url": reverse("workspaces:keys")}
    return render(request, "workspaces/remove_key.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: HttpRequest, version_id: UUID) -> HttpResponse:
    user, version = signed_in(request), visible_version(request, version_id)
    require(user, Right.HAND_OVER, version)
    usable = keys_for(user, version)
    form = HandOverForm(request.POST or None, keys=usable, reader=user.pk)
    if form.is_valid():
        chosen = next(key for key in usable if str(key.pk) == form.cleaned_data["key"])
        with errors_shown_in(form):
            purpose = form.cleaned_data["purpose"] or None
            made = services.hand_over_version(actor=user, version=version, key=chosen, purpose=purpose)
            messages.success(request, "The sealed file is ready, and that is recorded.")
            return redirect("workspaces:handed_over", made.pk)
    context = {
        "form": form,
        "version": version,
        "keys": usable,
        "has_own_key": any(key.owner_id == user.pk for key in usable),
        "crumbs": crumbs(user, version.file, "Hand over"),
        "cancel_url": address(version.file),
    }
    return render(request, "workspaces/hand_over.html", context, status=400 if form.errors else 200)


@require_safe
def handed_over(request: HttpRequest, hand_over_id: UUID) -> HttpResponse:
    user, made = signed_in(request), visible_hand_over(request, hand_over_id)
    context = {
        "made": made,
        "version": made.version,
        "is_standing": HandOver.objects.filter(pk=made.pk).standing().exists(),
        "proof": proof_states([made.entry])[str(made.entry)],
        "address": request.build_absolute_uri(reverse("workspaces:sealed_file", args=[made.pk])),
        "crumbs": crumbs(user, made.version.file, "Handed over"),
    }
    return render(request, "workspaces/handed_over.html", context)


@require_safe
def sealed_file(request: HttpRequest, hand_over_id: UUID) -> HttpResponseBase:
    return serve_sealed(request, signed_in(request), visible_hand_over(request, hand_over_id))


@require_safe
def sealed_receipt(request: HttpRequest, hand_over_id: UUID) -> HttpResponse:
    return receipt_answer(request, visible_hand_over(request, hand_over_id))


def receipt_answer(request: HttpRequest, made: HandOver) -> HttpResponse:
    body = services.take_hand_over_receipt(actor=signed_in(request), hand_over=made)
    disposition = f'attachment; filename="{made.pk}.receipt.json"'
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store, private"}
    return HttpResponse(body, content_type="application/json", headers=headers)


def visible_hand_over(request: HttpRequest, hand_over_id: UUID) -> HandOver:
    return get_object_or_404(HandOver.objects.visible_to(signed_in(request)), pk=hand_over_id)


def _key_crumbs(label: str) -> list[tuple[str, str]]:
    return [("Crypt4GH keys", reverse("workspaces:keys")), (label, "")]

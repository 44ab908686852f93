"""Undoing what one has just done: a button beside the message that says it was done."""

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.stepup import requires_recent_authentication
from core.access import visible_to
from core.errors import IthacaError
from workspaces import services
from workspaces.many import Outcome
from workspaces.models import Item, UndoableDeed, Workspace
from workspaces.undoing.reversing import reverse_of
from workspaces.views.finding import signed_in
from workspaces.views.refusals import write_refusals_down


@require_POST
def undo(request: HttpRequest, undo_id: UUID) -> HttpResponse:
    """Undo one deed, or all that one button did, the last one first."""
    deeds = own_deeds(request, undo_id)
    return confirmed_outside(request, deeds, _undo)(request, deeds)


def _undo(request: HttpRequest, deeds: list[UndoableDeed]) -> HttpResponse:
    where = reverse_of(deeds[0]).address
    outcomes = undo_each(request, deeds)
    refused = [one.error for one in outcomes if one.error is not None]
    if len(outcomes) == 1 and refused:
        raise refused[0]
    write_refusals_down(request, outcomes)
    if not refused:
        messages.success(request, "It is undone, and that is recorded too.")
        return redirect(where(deeds[0]))
    done = len(outcomes) - len(refused)
    context = {"outcomes": outcomes, "done": done, "back": reverse("workspaces:detail", args=[deeds[0].workspace_id])}
    return render(request, "workspaces/undone.html", context, status=200 if done else 409)


def own_deeds(request: HttpRequest, undo_id: UUID) -> list[UndoableDeed]:
    """Return what is undone together, the last first; nobody else's, nothing long past, nothing where one has left."""
    user = signed_in(request)
    seen = Workspace.objects.visible_to(user)
    found = UndoableDeed.objects.visible_to(user).filter(together=undo_id, workspace__in=seen)
    deeds = list(found.select_related("workspace", "item__workspace"))
    if not deeds:
        raise Http404
    return deeds


def undo_each(request: HttpRequest, deeds: list[UndoableDeed]) -> list[Outcome]:
    """Undo one deed after the other: each for itself, as they were done."""
    user, outcomes = signed_in(request), []
    # What one may not view any more has perhaps another name by now.
    seen = set(
        visible_to(Item.objects.filter(pk__in=[deed.item_id for deed in deeds]), user).values_list("pk", flat=True)
    )
    for deed in deeds:
        error = None
        try:
            services.undo_deed(actor=user, deed=deed)
        except IthacaError as found:
            error = found
        item = deed.item if deed.item_id in seen else None
        outcomes.append(Outcome(deed.item_id or deed.workspace_id, item, error=error))
    return outcomes


def confirmed_outside(
    request: HttpRequest, deeds: list[UndoableDeed], view: Callable[..., Any]
) -> Callable[..., HttpResponse]:
    """Return the view, behind a proof of a factor where undoing would give something to another institution."""
    user = signed_in(request)
    if not any(reverse_of(deed).gives_outside(user, deed) for deed in deeds):
        return view
    return cast("Callable[..., HttpResponse]", requires_recent_authentication(view))


def tell_with_undo(request: HttpRequest, text: str, together: UUID) -> None:
    """Say that something was done, with a button to undo it where something can be."""
    undoable = UndoableDeed.objects.filter(together=together).exists()
    messages.success(request, text, extra_tags=reverse("workspaces:undo", args=[together]) if undoable else "")

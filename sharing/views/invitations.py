"""The invitations sent to somebody, and their answers."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from core.errors import Conflict
from sharing import services
from sharing.models import Invitation
from sharing.rules import has_standing
from sharing.selectors.home import invitations_for
from sharing.views.fetching import person_of


def invitations(request: HttpRequest) -> HttpResponse:
    user = person_of(request)
    waiting = invitations_for(user)
    return render(request, "sharing/invitations.html", {"waiting": waiting, "may_answer": has_standing(user)})


@require_POST
def accept(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    invitation = _mine(request, invitation_id)
    try:
        grant = services.accept_invitation(actor=person_of(request), invitation=invitation)
    except Conflict as error:
        messages.error(request, error.sentence)
        return redirect("sharing:invitations")
    messages.success(request, f"Welcome to “{grant.content_object}”.")
    return redirect("workspaces:detail", grant.content_object_id)


@require_POST
def decline(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    invitation = _mine(request, invitation_id)
    try:
        services.decline_invitation(actor=person_of(request), invitation=invitation)
    except Conflict as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, "The invitation has been declined.")
    return redirect("sharing:invitations")


def _mine(request: HttpRequest, invitation_id: UUID) -> Invitation:
    mine = Invitation.objects.visible_to(request.user).select_related("workspace", "invited_by")
    return get_object_or_404(mine, pk=invitation_id)

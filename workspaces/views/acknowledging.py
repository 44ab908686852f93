"""Pages on which a version is acknowledged, and on which those who ask see who has."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from core.access import require
from core.errors import Conflict
from workspaces import services
from workspaces.acknowledging.forms import AskAcknowledgementForm
from workspaces.acknowledging.rules import right_to_ask, standing_ask
from workspaces.acknowledging.selectors import asks_on, roll_of
from workspaces.forms import errors_shown_in
from workspaces.models import AcknowledgementAsk, Version
from workspaces.views.finding import crumbs, signed_in, visible_version

PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
def acknowledge(request: HttpRequest, version_id: UUID) -> HttpResponse:
    user, version = signed_in(request), visible_version(request, version_id)
    if request.method == "POST":
        # The words that were on the page: others may be asked for by now.
        services.acknowledge(actor=user, ask=_named(version, request.POST.get("ask", "")))
        messages.success(request, "Acknowledged and recorded.")
        return redirect("workspaces:file", version.file_id)
    context = {
        "version": version,
        "item": version.file,
        "shown": asks_on(user, [version]).get(version.pk),
        "may_ask": may_ask(user, version),
        "crumbs": crumbs(user, version.file, f"Acknowledge version {version.number}"),
    }
    return render(request, "workspaces/acknowledge.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def acknowledgements(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Who has acknowledged a version and who has not; asking for it, or for other words."""
    user, version = signed_in(request), visible_version(request, version_id)
    require(user, right_to_ask(user, version), version)
    ask = standing_ask(version)
    initial = {"statement": ask.statement, "required": ask.required} if ask else {}
    form = AskAcknowledgementForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        with errors_shown_in(form):
            services.ask_acknowledgement(actor=user, version=version, **form.cleaned_data)
            messages.success(request, "Everybody who may view it is asked now, and told.")
            return redirect("workspaces:acknowledgements", version.pk)
    context: dict[str, Any] = {
        "version": version,
        "item": version.file,
        "ask": ask,
        "form": form,
        "crumbs": crumbs(user, version.file, f"Acknowledgements of version {version.number}"),
    }
    if ask is not None:
        roll = roll_of(user, ask)
        context |= {"roll": roll, "page": Paginator(roll.people, PAGE).get_page(request.GET.get("page"))}
    return render(request, "workspaces/acknowledgements.html", context, status=400 if form.errors else 200)


@require_POST
def withdraw(request: HttpRequest, version_id: UUID) -> HttpResponse:
    version = visible_version(request, version_id)
    services.withdraw_acknowledgement(actor=signed_in(request), version=version)
    messages.success(request, "Nobody is asked any more. What was acknowledged stays recorded.")
    return redirect(reverse("workspaces:acknowledgements", args=[version.pk]))


def may_ask(user: User, version: Version) -> bool:
    return version.file.workspace.archived_at is None and user.has_perm(right_to_ask(user, version), version)


def _named(version: Version, text: str) -> AcknowledgementAsk:
    try:
        return AcknowledgementAsk.objects.get(version=version, pk=UUID(text))
    except (ValueError, AcknowledgementAsk.DoesNotExist) as error:
        raise Conflict(services.ASKED_ANEW) from error

"""One exception on everything that was chosen in a list: whom, then what, then what would come of it, then the deed."""

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import User
from core.access import require, rights_on_each
from sharing import services
from sharing.forms import ExceptionForm
from sharing.views.fetching import (
    Crumbs,
    Receiver,
    choose,
    chosen_receiver,
    confirmed_outside,
    get_workspace,
    person_of,
    workspace_crumbs,
)
from sharing.why.previewing import people_behind, preview
from workspaces.many import Choice, Outcome, foresee
from workspaces.models import Item, Workspace
from workspaces.permissions import Right
from workspaces.views.bulk import NOTHING_CHOSEN, chosen_in, counted
from workspaces.views.finding import address, asked_folder
from workspaces.views.refusals import write_refusals_down

_SURE = "sure"


@require_http_methods(["GET", "HEAD", "POST"])
def share_chosen(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """What is chosen stands in the address, so that it stays while somebody is looked for."""
    workspace, user = get_workspace(request, workspace_id), person_of(request)
    choice = chosen_in(request, Item.objects.visible_to(user).filter(workspace=workspace))
    if choice is None:
        messages.error(request, NOTHING_CHOSEN)
        return redirect("workspaces:detail", workspace.pk)
    _require_to_share(user, workspace, choice)
    crumbs = workspace_crumbs(workspace, ("Share", None))
    receiver = chosen_receiver(request)
    if receiver is None:
        if len(choice.items) == 1 and not choice.gone:
            # One thing has a page of its own for this, where a role such as Look only is one choice.
            return redirect("sharing:share", choice.items[0].pk)
        kept = [("item", str(one)) for one in [*choice.ids, *choice.gone]]
        if folder := request.GET.get("folder"):
            kept.append(("folder", folder))
        title = "Share or restrict what you chose"
        return choose(request, title=title, crumbs=crumbs, groups=True, kept=kept)
    return confirmed_outside(request, receiver, _set_exceptions)(request, workspace, choice, receiver, crumbs)


def _require_to_share(user: User, workspace: Workspace, choice: Choice) -> None:
    """Show people to choose from, and what a change would mean for them, only to who may share any of it."""
    rights = rights_on_each(user, choice.items)
    if not any(Right.SHARE in rights[item.pk] for item in choice.items):
        require(user, Right.SHARE, choice.items[0] if choice.items else workspace)


def _set_exceptions(
    request: HttpRequest, workspace: Workspace, choice: Choice, receiver: Receiver, crumbs: Crumbs
) -> HttpResponse:
    user = person_of(request)
    [whom] = receiver.values()
    form = ExceptionForm(request.POST or None, actor=user, workspace=workspace)
    context = {
        "title": f"One right for {whom}",
        "whom": whom,
        "form": form,
        "choice": choice,
        "crumbs": crumbs,
        "back": address(asked_folder(request, workspace, request.GET.get("folder")) or workspace),
    }
    if form.is_valid():
        said = form.cleaned_data
        deed = partial(
            services.set_exceptions,
            actor=user,
            choice=choice,
            right=Right(said["right"]),
            effect=said["effect"],
            expires_at=form.expires_at,
            purpose=said["purpose"],
            condition=form.condition,
            **receiver,
        )
        if _SURE in request.POST:
            return _done(request, deed(), context)
        outcomes = foresee(deed)
        context |= {"outcomes": outcomes, "button": counted(outcomes), "doable": any(one.is_done for one in outcomes)}
        context["preview"] = preview(
            deed, actor=user, people=people_behind(whom), workspaces=[workspace], at=choice.items
        )
    return render(request, "sharing/share_chosen.html", context, status=400 if form.errors else 200)


def _done(request: HttpRequest, outcomes: list[Outcome], context: dict[str, object]) -> HttpResponse:
    write_refusals_down(request, outcomes)
    if not any(one.is_refused for one in outcomes):
        messages.success(request, f"Done for {context['whom']}, on {counted(outcomes)}. Each has been recorded.")
        return redirect(str(context["back"]))
    context |= {"outcomes": outcomes, "is_done": True, "button": counted(outcomes)}
    status = 200 if any(one.is_done for one in outcomes) else 409
    return render(request, "sharing/share_chosen.html", context, status=status)

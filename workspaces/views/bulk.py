"""Deeds on what was chosen in a list. GET shows for each thing what would happen, POST does it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from core.errors import InvalidInput
from workspaces import selectors, services
from workspaces.many import Choice, Outcome, choose_among, foresee
from workspaces.models import Item, Workspace
from workspaces.undoing.remembering import as_one
from workspaces.views.finding import address, asked_folder, crumbs, signed_in, visible_workspace
from workspaces.views.refusals import write_refusals_down
from workspaces.views.undoing import tell_with_undo

_TOP = "top"
NOTHING_CHOSEN = "Nothing was chosen. Tick what you mean, then press the button again."

Deed = Callable[[], list[Outcome]]


@dataclass(frozen=True)
class Words:
    """What the pages of one deed say. `{}` stands for how many things it is about."""

    title: str
    lede: str
    button: str
    done: str
    kind: str = "primary"


_MOVE = Words(
    title="Move what you chose",
    lede="What is said about access on the folders above will be that of the new place.",
    button="Move {}",
    done="Moved {}.",
)
_REMOVE = Words(
    title="Remove what you chose",
    lede="It goes to the bin of this workspace, folders with everything in them. Nobody can open it there, and it can"
    " be restored. Nothing is destroyed.",
    button="Put {} in the bin",
    done="Put {} in the bin. It can be restored from there.",
    kind="danger",
)
_RESTORE = Words(
    title="Restore what you chose",
    lede="It goes back to where it was, together with what was removed along with it.",
    button="Restore {}",
    done="Restored {}.",
)


@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """First a folder picker, then what would happen, then the deed."""
    user, workspace = signed_in(request), visible_workspace(request, workspace_id)
    back = _place(request, workspace)
    choice = chosen_in(request, Item.objects.visible_to(user).filter(workspace=workspace))
    if choice is None:
        return _nothing_chosen(request, back)
    said = request.POST if request.method == "POST" else request.GET
    place = said.get("here") or said.get("to") or ""
    target = asked_folder(request, workspace, "" if place == _TOP else place)
    if request.method != "POST" and "here" not in request.GET:
        return _pick(request, workspace, choice, target, back)
    deed = partial(services.move_items, actor=user, choice=choice, parent=target)
    kept = [("to", str(target.pk) if target else _TOP)]
    words = replace(_MOVE, lede=f"They go to “{target or workspace}”. {_MOVE.lede}")
    return _sure(request, workspace, choice, deed, words, back=back, kept=kept, then=target or workspace)


@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    user, workspace = signed_in(request), visible_workspace(request, workspace_id)
    back = _place(request, workspace)
    choice = chosen_in(request, Item.objects.visible_to(user).filter(workspace=workspace))
    if choice is None:
        return _nothing_chosen(request, back)
    deed = partial(services.remove_items, actor=user, choice=choice)
    return _sure(request, workspace, choice, deed, _REMOVE, back=back, then=back)


@require_http_methods(["GET", "HEAD", "POST"])
def restore(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    user, workspace = signed_in(request), visible_workspace(request, workspace_id)
    back = reverse("workspaces:bin", args=[workspace.pk])
    choice = chosen_in(request, Item.objects.filter(workspace=workspace).in_bin(user))
    if choice is None:
        return _nothing_chosen(request, back)
    deed = partial(services.restore_items, actor=user, choice=choice)
    return _sure(request, workspace, choice, deed, _RESTORE, back=back, then=back)


def chosen_in(request: HttpRequest, among: Any) -> Choice | None:
    """Return what a request names as chosen, or None where that is nothing.

    Raises:
        InvalidInput: it names what is no id, or more than can be done at once.

    """
    said = request.POST if request.method == "POST" else request.GET
    try:
        ids = [UUID(text) for text in said.getlist("item")]
    except ValueError as error:
        raise InvalidInput("Something that was chosen is not there any more. Choose again.") from error
    return choose_among(among, ids) if ids else None


def counted(outcomes: list[Outcome]) -> str:
    """Return how many things something was done with, in words; what goes along with a folder is not counted."""
    count = sum(outcome.is_done for outcome in outcomes)
    return "1 thing" if count == 1 else f"{count} things"


def _sure(
    request: HttpRequest,
    workspace: Workspace,
    choice: Choice,
    deed: Deed,
    words: Words,
    *,
    back: str,
    then: Workspace | Item | str,
    kept: list[tuple[str, str]] | None = None,
) -> HttpResponse:
    user = signed_in(request)
    is_done = request.method == "POST"
    with as_one() as together:
        outcomes = deed() if is_done else foresee(deed)
    if is_done:
        write_refusals_down(request, outcomes)
    refused = [outcome for outcome in outcomes if outcome.is_refused]
    if is_done and not refused:
        tell_with_undo(request, words.done.format(counted(outcomes)), together)
        return redirect(then if isinstance(then, str) else address(then))
    doable = [outcome for outcome in outcomes if not outcome.is_refused]
    context = {
        "words": words,
        "workspace": workspace,
        "outcomes": outcomes,
        "is_done": is_done,
        "done": words.done.format(counted(outcomes)),
        "button": words.button.format(counted(outcomes)),
        "doable": [outcome for outcome in outcomes if outcome.is_done],
        "sent": [*[("item", str(outcome.id)) for outcome in doable], *(kept or [])],
        "refused": len(refused),
        "back": back,
        "undo_url": reverse("workspaces:undo", args=[together]),
        "folder": request.GET.get("folder", ""),
        "crumbs": crumbs(user, workspace, words.title),
    }
    return render(request, "workspaces/chosen.html", context, status=409 if is_done and not doable else 200)


def _pick(request: HttpRequest, workspace: Workspace, choice: Choice, target: Item | None, back: str) -> HttpResponse:
    user = signed_in(request)
    moving = set(choice.ids)
    context = {
        "words": _MOVE,
        "workspace": workspace,
        "choice": choice,
        "target": target,
        "target_way": selectors.folders_above(user, target) if target else [],
        "folders": [one for one in selectors.subfolders(user, workspace, target) if one.pk not in moving],
        "may_here": selectors.may_on(user, target or workspace)["upload"],
        "back": back,
        "folder": request.GET.get("folder", ""),
        "crumbs": crumbs(user, workspace, _MOVE.title),
    }
    return render(request, "workspaces/chosen_place.html", context)


def _place(request: HttpRequest, workspace: Workspace) -> str:
    """Return the address of the list that was chosen from."""
    said = request.POST if request.method == "POST" else request.GET
    folder = asked_folder(request, workspace, said.get("folder"))
    return address(folder or workspace)


def _nothing_chosen(request: HttpRequest, back: str) -> HttpResponse:
    messages.error(request, NOTHING_CHOSEN)
    return redirect(back)

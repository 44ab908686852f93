"""Who is in a workspace: let in, change, take out, leave, hand over."""

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.models import User
from accounts.stepup import requires_recent_authentication
from sharing import services
from sharing.forms import InviteForm, RoleForm
from sharing.holding import roles_besides
from sharing.models import Invitation, WorkspaceGroupGrant, WorkspaceUserGrant
from sharing.requests.asking import askable_roles
from sharing.requests.selectors import waiting_about
from sharing.roles import role_of, roles_for
from sharing.selectors import access
from sharing.views.fetching import (
    Crumbs,
    Receiver,
    choose,
    chosen_receiver,
    confirm,
    confirmed_outside,
    get_grant,
    get_shared_workspace,
    get_workspace,
    person_of,
    query_without_page,
    receiver_of,
    workspace_crumbs,
)
from sharing.views.previewing import foresee, save_or_preview
from sharing.why.previewing import people_behind
from workspaces.models import Workspace
from workspaces.permissions import Right
from workspaces.undoing.remembering import as_one
from workspaces.views.undoing import tell_with_undo

PAGE_SIZE = 50


def workspace_access(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    workspace = get_workspace(request, workspace_id)
    user = person_of(request)
    rights = access.rights_in(user, workspace)
    members = access.members_shown_to(user, workspace, rights)
    may_share = Right.SHARE in rights
    context = {
        "workspace": workspace,
        "crumbs": workspace_crumbs(workspace),
        "page": Paginator(members, PAGE_SIZE).get_page(request.GET.get("page")),
        "query": query_without_page(request),
        "sees_members": access.may_see_members(rights),
        "may_share": may_share,
        "is_owner": workspace.owner_id == user.pk,
        "may": {Right(right).codename: True for right in rights},
        "requests": waiting_about(user, workspace) if may_share else [],
        "roles": roles_for(workspace),
        "may_ask": bool(askable_roles(user, workspace)),
        "invitations": access.waiting_invitations(workspace) if may_share else [],
        "exceptions": access.exceptions_in(workspace) if may_share else [],
    }
    return render(request, "sharing/workspace_access.html", context)


def grant(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Give somebody a role: first choose whom, then say which role, until when and why.

    Whoever lets somebody of another institution in must have signed in a moment ago.
    """
    workspace = get_shared_workspace(request, workspace_id)
    crumbs = workspace_crumbs(workspace, ("Let somebody in", None))
    receiver = chosen_receiver(request)
    if receiver is None:
        invite_url = reverse("sharing:invite", args=[workspace.pk])
        return choose(request, title="Let somebody in", crumbs=crumbs, groups=True, invite_url=invite_url)
    return confirmed_outside(request, receiver, _grant_to)(request, workspace, receiver, crumbs)


def _grant_to(request: HttpRequest, workspace: Workspace, receiver: Receiver, crumbs: Crumbs) -> HttpResponse:
    user = person_of(request)
    form = RoleForm(request.POST or None, actor=user, workspace=workspace, roles=roles_for(workspace))
    [whom] = receiver.values()
    saved, preview = save_or_preview(
        request,
        form,
        lambda: services.grant_role(
            actor=user,
            workspace=workspace,
            role=form.cleaned_data["role"],
            expires_at=form.expires_at,
            purpose=form.cleaned_data["purpose"],
            condition=form.condition,
            **receiver,
        ),
        people=people_behind(whom),
        workspaces=[workspace],
    )
    if saved:
        messages.success(request, f"{whom} has been let in. It has been recorded.")
        return redirect("sharing:workspace_access", workspace.pk)
    return _form_page(request, form, f"Let {whom} in", "Let in", crumbs, workspace.pk, preview=preview, previews=True)


@requires_recent_authentication
def invite(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Invite somebody who is not in the workspace, which is sharing outside whoever it is."""
    workspace = get_shared_workspace(request, workspace_id)
    user = person_of(request)
    form = InviteForm(request.POST or None, actor=user, roles=roles_for(workspace))
    if form.is_valid() and form.attempt(
        lambda: services.invite(
            actor=user,
            workspace=workspace,
            email=form.cleaned_data["email"],
            role=form.cleaned_data["role"],
            message=form.cleaned_data["message"],
            grant_expires_at=form.expires_at,
        )
    ):
        messages.success(request, "The invitation is on its way. It can be answered for 14 days.")
        return redirect("sharing:workspace_access", workspace.pk)
    crumbs = workspace_crumbs(workspace, ("Invite by e-mail", None))
    return _form_page(request, form, "Invite by e-mail", "Invite", crumbs, workspace.pk)


def change(request: HttpRequest, grant_id: UUID) -> HttpResponse:
    grant = get_grant(request, grant_id)
    workspace = get_shared_workspace(request, grant.content_object_id)
    return confirmed_outside(request, receiver_of(grant), _change)(request, grant, workspace)


def _change(
    request: HttpRequest, grant: WorkspaceUserGrant | WorkspaceGroupGrant, workspace: Workspace
) -> HttpResponse:
    user = person_of(request)
    initial = {"role": grant.permission.codename, "purpose": grant.purpose, "no_end": grant.expires_at is None}
    initial["condition_id"] = str(grant.condition_id or "")
    # What was retired since stays with whoever has it.
    roles = {role.code: role for role in [*roles_for(workspace), role_of(grant)]}
    form = RoleForm(request.POST or None, actor=user, workspace=workspace, roles=roles.values(), initial=initial)
    form.fill_end(grant.expires_at)
    saved, preview = save_or_preview(
        request,
        form,
        lambda: services.change_role(
            actor=user,
            grant=grant,
            role=form.cleaned_data["role"],
            expires_at=form.expires_at,
            purpose=form.cleaned_data["purpose"],
            condition=form.condition,
        ),
        people=_people_of(grant),
        workspaces=[workspace],
    )
    if saved:
        messages.success(request, "The role has been changed. It has been recorded.")
        return redirect("sharing:workspace_access", workspace.pk)
    title = f"Access of {_whom(grant)}"
    crumbs = workspace_crumbs(workspace, (title, None))
    return _form_page(request, form, title, "Save", crumbs, workspace.pk, preview=preview, previews=True)


def revoke(request: HttpRequest, grant_id: UUID) -> HttpResponse:
    grant = get_grant(request, grant_id)
    workspace = get_shared_workspace(request, grant.content_object_id)
    back = reverse("sharing:workspace_access", args=[workspace.pk])
    user = person_of(request)
    if request.method == "POST":
        with as_one() as together:
            services.revoke_role(actor=user, grant=grant)
        tell_with_undo(request, f"{_whom(grant)} has no role here any more. It has been recorded.", together)
        return redirect(back)
    question = f"{_whom(grant)} {_loses(grant)} What they have downloaded before stays with them."
    crumbs = workspace_crumbs(workspace, ("Take access away", None))
    deed = partial(services.revoke_role, actor=user, grant=grant)
    ahead = foresee(request, deed, people=_people_of(grant), workspaces=[workspace])
    title = "Take access away"
    return confirm(request, title=title, question=question, label=title, back=back, crumbs=crumbs, **ahead)


def leave(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    workspace = get_workspace(request, workspace_id)
    back = reverse("sharing:workspace_access", args=[workspace.pk])
    if request.method == "POST":
        services.leave_workspace(actor=person_of(request), workspace=workspace)
        messages.success(request, f"You have left “{workspace}”.")
        return redirect("home")
    question = (
        f"You give up your role in “{workspace}” at once. Somebody there must let you in if you want to come back."
    )
    crumbs = workspace_crumbs(workspace, ("Leave", None))
    return confirm(request, title="Leave the workspace", question=question, label="Leave", back=back, crumbs=crumbs)


@requires_recent_authentication
def hand_over(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Choose a new owner, confirm; the owner must have signed in a moment ago."""
    workspace = get_shared_workspace(request, workspace_id)
    crumbs = workspace_crumbs(workspace, ("Hand over", None))
    receiver = chosen_receiver(request)
    if receiver is None or "person" not in receiver:
        return choose(request, title="Hand the workspace over", crumbs=crumbs, groups=False)
    person = receiver["person"]
    back = reverse("sharing:workspace_access", args=[workspace.pk])
    if request.method == "POST":
        services.transfer_ownership(actor=person_of(request), workspace=workspace, person=person)
        messages.success(request, f"{person} owns “{workspace}” now. You stay as a manager.")
        return redirect(back)
    question = (
        f"{person} becomes the owner of “{workspace}” and can take your access away. You stay as a manager until then."
    )
    return confirm(request, title="Hand over", question=question, label="Hand over", back=back, crumbs=crumbs)


def withdraw(request: HttpRequest, workspace_id: UUID, invitation_id: UUID) -> HttpResponse:
    workspace = get_shared_workspace(request, workspace_id)
    waiting = Invitation.objects.waiting().filter(workspace=workspace, pk=invitation_id).first()
    back = reverse("sharing:workspace_access", args=[workspace.pk])
    if waiting is None:
        messages.info(request, "This invitation is not waiting any more.")
        return redirect(back)
    if request.method == "POST":
        services.withdraw_invitation(actor=person_of(request), invitation=waiting)
        messages.success(request, "The invitation has been withdrawn.")
        return redirect(back)
    crumbs = workspace_crumbs(workspace, ("Withdraw an invitation", None))
    question = f"The invitation to {waiting.email} can no longer be accepted."
    return confirm(
        request, title="Withdraw an invitation", question=question, label="Withdraw", back=back, crumbs=crumbs
    )


def _form_page(
    request: HttpRequest,
    form: RoleForm | InviteForm,
    title: str,
    label: str,
    crumbs: object,
    workspace_id: UUID,
    **more: Any,
) -> HttpResponse:
    back = reverse("sharing:workspace_access", args=[workspace_id])
    context = {"title": title, "label": label, "form": form, "crumbs": crumbs, "back": back, **more}
    return render(request, "sharing/form.html", context, status=400 if form.errors else 200)


def _whom(grant: WorkspaceUserGrant | WorkspaceGroupGrant) -> str:
    return str(next(iter(receiver_of(grant).values())))


def _people_of(grant: WorkspaceUserGrant | WorkspaceGroupGrant) -> QuerySet[User]:
    return people_behind(next(iter(receiver_of(grant).values())))


def _loses(grant: WorkspaceUserGrant | WorkspaceGroupGrant) -> str:
    role = role_of(grant).in_words
    if stays := roles_besides(grant):
        return f"loses the {role} at once. The {stays[0].in_words} stays."
    return f"loses the {role} at once, and every exception that lets them in."

"""Deeds on workspaces."""

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right as PlatformRight
from core.access import require
from ledger_bridge.recording import record
from workspaces.events import (
    NamesInMailsSet,
    WorkspaceArchived,
    WorkspaceCreated,
    WorkspaceDescribed,
    WorkspaceRenamed,
    WorkspaceReopened,
)
from workspaces.keys import make_workspace_key
from workspaces.models import Workspace
from workspaces.names import clean_name, clean_text
from workspaces.permissions import Right


def create_workspace(*, actor: User, name: str, description: str = "") -> Workspace:
    """Make a workspace that `actor` owns, with its first key."""
    require(actor, PlatformRight.CREATE_WORKSPACES)
    workspace = Workspace(
        name=clean_name(name),
        description=clean_text(description, field="description"),
        owner=actor,
        institution_id=actor.institution_id,
    )
    # The key service may be far away, so it is asked before the transaction begins.
    key = make_workspace_key(workspace, generation=1)
    with transaction.atomic():
        workspace.save(force_insert=True)
        key.save(force_insert=True)
        event = WorkspaceCreated(name=workspace.name, description=workspace.description, key_generation=1)
        record(event, actor=actor, subject=workspace)
    return workspace


@transaction.atomic
def rename_workspace(*, actor: User, workspace: Workspace, name: str) -> Workspace:
    require(actor, Right.MANAGE, workspace)
    workspace = _locked(workspace)
    before, workspace.name = workspace.name, clean_name(name)
    if workspace.name != before:
        workspace.save(update_fields=["name"])
        record(WorkspaceRenamed(before=before, name=workspace.name), actor=actor, subject=workspace)
    return workspace


@transaction.atomic
def describe_workspace(*, actor: User, workspace: Workspace, description: str) -> Workspace:
    require(actor, Right.MANAGE, workspace)
    workspace = _locked(workspace)
    before, workspace.description = workspace.description, clean_text(description, field="description")
    if workspace.description != before:
        workspace.save(update_fields=["description"])
        event = WorkspaceDescribed(before=before, description=workspace.description)
        record(event, actor=actor, subject=workspace)
    return workspace


@transaction.atomic
def allow_names_in_mails(*, actor: User, workspace: Workspace, allowed: bool) -> Workspace:
    """Say whether mails to people may name the workspace and its files. What is in them no mail says."""
    require(actor, Right.MANAGE, workspace)
    workspace = _locked(workspace)
    if workspace.names_in_mails != allowed:
        workspace.names_in_mails = allowed
        workspace.save(update_fields=["names_in_mails"])
        record(NamesInMailsSet(allowed="yes" if allowed else "no"), actor=actor, subject=workspace)
    return workspace


@transaction.atomic
def archive_workspace(*, actor: User, workspace: Workspace) -> Workspace:
    """Close a workspace for changes. It stays readable."""
    require(actor, Right.MANAGE, workspace)
    workspace = _locked(workspace)
    if workspace.archived_at is None:
        workspace.archived_at = timezone.now()
        workspace.save(update_fields=["archived_at"])
        record(WorkspaceArchived(), actor=actor, subject=workspace)
    return workspace


@transaction.atomic
def reopen_workspace(*, actor: User, workspace: Workspace) -> Workspace:
    require(actor, Right.MANAGE, workspace)
    workspace = _locked(workspace)
    if workspace.archived_at is not None:
        workspace.archived_at = None
        workspace.save(update_fields=["archived_at"])
        record(WorkspaceReopened(), actor=actor, subject=workspace)
    return workspace


def _locked(workspace: Workspace) -> Workspace:
    return Workspace.objects.select_for_update(no_key=True, of=("self",)).get(pk=workspace.pk)

"""Deeds that decide how much may be stored: managers for their workspace, commission admins for an institution."""

from django.db import transaction

from accounts.models import Institution, User
from accounts.permissions import Right as PlatformRight
from core.access import require
from ledger_bridge.recording import record
from workspaces import quotas
from workspaces.events import InstitutionLimitSet, WorkspaceLimitSet
from workspaces.models import StorageUse, Workspace
from workspaces.permissions import Right


@transaction.atomic
def set_workspace_limit(*, actor: User, workspace: Workspace, limit: int | None) -> StorageUse:
    """Limit what a workspace may hold; none means the installation's default. What is there already stays."""
    require(actor, Right.MANAGE, workspace)
    use = quotas.locked_use(workspace=workspace)
    before, use.limit = use.allowed, limit
    use.save(update_fields=["limit"])
    record(WorkspaceLimitSet(before=before, limit=use.allowed), actor=actor, subject=workspace)
    return use


@transaction.atomic
def set_institution_limit(*, actor: User, institution: Institution, limit: int | None) -> StorageUse:
    """Limit what all workspaces of an institution may hold together."""
    require(actor, PlatformRight.MANAGE_INSTITUTIONS)
    use = quotas.locked_use(institution=institution)
    before, use.limit = use.allowed, limit
    use.save(update_fields=["limit"])
    event = InstitutionLimitSet(
        institution=str(institution.pk), name=institution.name, before=before, limit=use.allowed
    )
    record(event, actor=actor)
    return use

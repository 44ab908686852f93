"""Who may: roles on a workspace, exceptions on its items, invitations.

Grants are django-guardian's direct-key tables: real foreign keys that vanish with their object, so no orphaned row can
ever give a right on another object. Guardian's own backend is not installed: it knows neither expiry nor denial.
`sharing.rules` is the only reader.
"""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from core.ids import uuid7
from ledger_bridge.subjects import Subject
from sharing.conditions.models import Condition
from sharing.links.models import DeliveredFile, FileRequest, Link, Send, Visit
from sharing.requests.models import AccessRequest
from sharing.reviews.models import AccessReview, ReviewLine, ReviewPlan
from sharing.roles import role_called
from sharing.sets.models import PermissionSet
from workspaces.models import Item, Workspace
from workspaces.permissions import Right

__all__ = [
    "EXCEPTION_RIGHTS",
    "AccessRequest",
    "AccessReview",
    "Condition",
    "DeliveredFile",
    "Effect",
    "FileRequest",
    "Grant",
    "GroupProfile",
    "Invitation",
    "ItemGroupException",
    "ItemUserException",
    "Link",
    "PermissionSet",
    "ReviewLine",
    "ReviewPlan",
    "Send",
    "Visit",
    "WorkspaceGroupGrant",
    "WorkspaceUserGrant",
]


class Grant(models.Model):
    """What every grant has besides who, what and on which object."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    purpose = models.CharField(max_length=500, blank=True)
    # From where and when it holds; without one, from anywhere and always.
    condition = models.ForeignKey(Condition, models.RESTRICT, null=True, blank=True, related_name="+")
    end_recorded_at = models.DateTimeField(null=True, blank=True, editable=False)
    end_announced_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Whoever let it last longer; `granted_by` stays whoever gave it.
    renewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    renewed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def is_over(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()


class WorkspaceUserGrant(Grant, UserObjectPermissionBase):
    """A person's role in a workspace: `permission` is that of a built-in role or of a permission set (`sharing.roles`).

    A person has one role, and perhaps others that give more for a time and end without touching the first.
    """

    content_object = models.ForeignKey(Workspace, models.CASCADE, related_name="user_grants")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["user", "content_object", "permission"], name="one_row_per_person_and_role")
        ]

    @property
    def ledger_subject(self) -> Subject:
        return Subject(workspace=str(self.content_object_id), person=str(self.user_id))


class WorkspaceGroupGrant(Grant, GroupObjectPermissionBase):
    content_object = models.ForeignKey(Workspace, models.CASCADE, related_name="group_grants")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["group", "content_object"], name="one_role_per_group")]

    @property
    def ledger_subject(self) -> Subject:
        return Subject(workspace=str(self.content_object_id))


class Effect(models.TextChoices):
    ALLOW = "allow", "Allow"
    DENY = "deny", "Deny"


# What an exception may be about. Sharing, managing and the trail are decided for a workspace as a whole.
EXCEPTION_RIGHTS = (
    Right.VIEW, Right.DOWNLOAD, Right.PRINT, Right.COPY, Right.HAND_OVER, Right.UPLOAD, Right.EDIT, Right.COMMENT,
)  # fmt: skip


class ItemUserException(Grant, UserObjectPermissionBase):
    """One right allowed or denied to a person on an item and everything below it."""

    content_object = models.ForeignKey(Item, models.CASCADE, related_name="user_exceptions")
    effect = models.CharField(max_length=8, choices=Effect)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["user", "permission", "content_object"], name="one_exception_per_person_and_right"
            ),
            models.CheckConstraint(
                condition=models.Q(condition=None) | models.Q(effect="allow"),
                name="no_denial_of_a_person_has_a_condition",
            ),
        ]
        indexes = [models.Index(fields=["content_object", "user"], name="exception_by_item_and_user")]

    @property
    def ledger_subject(self) -> Subject:
        subject = self.content_object.ledger_subject
        return Subject(workspace=subject.workspace, item=subject.item, person=str(self.user_id))


class ItemGroupException(Grant, GroupObjectPermissionBase):
    content_object = models.ForeignKey(Item, models.CASCADE, related_name="group_exceptions")
    effect = models.CharField(max_length=8, choices=Effect)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["group", "permission", "content_object"], name="one_exception_per_group_and_right"
            ),
            models.CheckConstraint(
                condition=models.Q(condition=None) | models.Q(effect="allow"),
                name="no_denial_of_a_group_has_a_condition",
            ),
        ]
        indexes = [models.Index(fields=["content_object", "group"], name="exception_by_item_and_group")]

    @property
    def ledger_subject(self) -> Subject:
        return self.content_object.ledger_subject


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def waiting(self) -> Self:
        """Neither answered nor withdrawn nor too old."""
        return self.filter(state=Invitation.State.OPEN, expires_at__gt=timezone.now())

    def visible_to(self, user: Any) -> Self:
        """Those sent to the person's address: nobody sees another's invitations here."""
        return self.filter(email__iexact=user.email)


class Invitation(models.Model):
    """A role offered to an e-mail address: a grant once that person is an approved contributor and accepts."""

    class State(models.TextChoices):
        OPEN = "open", "Waiting"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Withdrawn"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=40)
    message = models.CharField(max_length=1000, blank=True)
    grant_expires_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=16, choices=State, default=State.OPEN)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    invited_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-invited_at"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                "workspace",
                condition=models.Q(state="open"),
                name="one_open_invitation_per_address",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.workspace}"

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.OPEN and self.expires_at > timezone.now()

    @property
    def role_in_words(self) -> str:
        role = role_called(self.role)
        return role.label if role else self.role

    @property
    def ledger_subject(self) -> Subject:
        return Subject(workspace=str(self.workspace_id))


class GroupProfileQuerySet(models.QuerySet["GroupProfile"]):
    def visible_to(self, user: Any) -> Self:
        """Groups the person manages or belongs to."""
        mine = models.Q(managers=user) | models.Q(group__in=user.groups.all())
        return self.filter(pk__in=GroupProfile.objects.filter(mine).values("pk"))


class GroupProfile(models.Model):
    """A group that contributors made themselves; an institution's group has none of these."""

    group = models.OneToOneField(Group, models.CASCADE, primary_key=True, related_name="profile")
    description = models.CharField(max_length=500, blank=True)
    managers = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="managed_groups")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = GroupProfileQuerySet.as_manager()

    class Meta:
        ordering = ["group__name"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.group.name

    @property
    def ledger_subject(self) -> Subject:
        return Subject()

"""Permission sets: which rights an institution gives under which name."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import Permission
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from accounts.models import Institution
from core.ids import uuid7
from ledger_bridge.subjects import Subject
from sharing import rules
from workspaces.models import Workspace
from workspaces.permissions import Right

LONGEST_NAME = 60
CODE_BEGINS = "set_"
"""How the code of a set begins; no built-in role's and no right's does."""


class PermissionSetQuerySet(models.QuerySet["PermissionSet"]):
    def in_use(self) -> Self:
        """Those that can still be given."""
        return self.filter(retired_at=None)

    def visible_to(self, user: Any) -> Self:
        """Those of one's own institution, and of the institutions in whose workspaces one may share."""
        if not rules.has_standing(user):
            return self.none()
        shared = rules.workspaces_with_right(Workspace.objects.order_by(), user, Right.SHARE)
        return self.filter(
            models.Q(institution=user.institution_id) | models.Q(institution__in=shared.values("institution"))
        )


class PermissionSet(models.Model):
    """A role with a name and rights that an institution chose. Grants point at its permission, as at a built-in role's.

    It can be given in the workspaces of that institution. It never gives the right to manage.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.PROTECT, related_name="permission_sets")
    permission = models.OneToOneField(Permission, models.PROTECT, related_name="permission_set", editable=False)
    name = models.CharField(max_length=LONGEST_NAME)
    description = models.CharField(max_length=300, blank=True)
    # The codes of the rights, as the rules compare them.
    rights = ArrayField(models.CharField(max_length=16))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    objects = PermissionSetQuerySet.as_manager()

    class Meta:
        app_label = "sharing"
        ordering = [Lower("name")]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                "institution",
                Lower("name"),
                condition=models.Q(retired_at=None),
                name="one_permission_set_of_a_name",
            ),
            models.CheckConstraint(condition=models.Q(rights__contains=["view"]), name="a_permission_set_lets_view"),
            models.CheckConstraint(
                condition=~models.Q(rights__contains=["manage"]), name="no_permission_set_lets_manage"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def ledger_subject(self) -> Subject:
        return Subject()

    @property
    def rights_in_words(self) -> str:
        return ", ".join(right.label for right in Right if right.codename in self.rights)

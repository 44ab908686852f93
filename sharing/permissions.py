"""Rights over groups and invitations. Rights on workspaces and items are named in `workspaces.permissions`."""

from django.db import models


class Right(models.TextChoices):
    CREATE_GROUPS = "sharing.create_groups", "create groups"
    MANAGE_GROUP = "sharing.manage_group", "change this group"
    ANSWER_INVITATION = "sharing.answer_invitation", "answer this invitation"

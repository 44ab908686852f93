"""Rights on a workspace, a folder or a file, and the roles that bundle them."""

from django.db import models


class Right(models.TextChoices):
    VIEW = "workspaces.view", "view"
    DOWNLOAD = "workspaces.download", "download"
    PRINT = "workspaces.print", "print"
    COPY = "workspaces.copy", "copy text"
    HAND_OVER = "workspaces.hand_over", "hand over sealed"
    UPLOAD = "workspaces.upload", "upload"
    EDIT = "workspaces.edit", "edit"
    COMMENT = "workspaces.comment", "comment"
    TRAIL = "workspaces.trail", "see the trail"
    SHARE = "workspaces.share", "share"
    MANAGE = "workspaces.manage", "manage"

    @property
    def codename(self) -> str:
        return self.value.partition(".")[2]


class Role(models.TextChoices):
    LOOK_ONLY = "look_only", "Look only"
    VISITOR = "visitor", "Visitor"
    CONTRIBUTOR = "contributor", "Contributor"
    MANAGER = "manager", "Manager"


ROLE_RIGHTS: dict[str, frozenset[str]] = {
    Role.LOOK_ONLY: frozenset({Right.VIEW}),
    Role.VISITOR: frozenset({Right.VIEW, Right.DOWNLOAD, Right.HAND_OVER}),
    Role.CONTRIBUTOR: frozenset(
        {
            Right.VIEW,
            Right.DOWNLOAD,
            Right.PRINT,
            Right.COPY,
            Right.HAND_OVER,
            Right.UPLOAD,
            Right.EDIT,
            Right.COMMENT,
            Right.TRAIL,
        }
    ),
    Role.MANAGER: frozenset(Right),
}
OWNER_RIGHTS = frozenset(Right)

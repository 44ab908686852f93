"""Telling somebody that their lock was lifted by a manager."""

from collections.abc import Sequence
from uuid import UUID

from django.urls import reverse

from accounts.inbox import kinds
from accounts.inbox.kinds import Group, Kind, Line, Reading
from accounts.inbox.models import Notice
from accounts.inbox.telling import About, tell
from accounts.models import User
from workspaces.conversation.notices import lines_about_files
from workspaces.models import Item

LIFTED = Kind("lock.lifted", Group.VERSIONS, "lifted your lock on a file")


def register() -> None:
    kinds.register(read, [LIFTED])


def tell_of_lifted_lock(file: Item, holder: UUID, entry: str, actor: User) -> None:
    about = About(thing=UUID(entry), workspace=file.workspace_id, item=file.pk)
    tell([holder], LIFTED.code, actor=actor, about=about)


def read(reading: Reading, notices: Sequence[Notice]) -> dict[UUID, Line]:
    return lines_about_files(
        reading,
        notices,
        lambda _, file: f"lifted your lock on “{file.name}”",
        lambda notice: reverse("workspaces:file", args=[notice.item]),
    )

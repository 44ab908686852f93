"""Telling everybody who may view a version that they are asked to acknowledge it."""

from collections.abc import Sequence
from uuid import UUID

from django.urls import reverse

from accounts.inbox import kinds
from accounts.inbox.kinds import Group, Kind, Line, Reading
from accounts.inbox.models import Notice
from accounts.inbox.telling import About, tell
from workspaces.asking import people_who_may
from workspaces.conversation.notices import lines_about_files
from workspaces.models import AcknowledgementAsk, Item
from workspaces.permissions import Right

ASKED = Kind("acknowledgement.asked", Group.ACKNOWLEDGEMENTS, "asks you to acknowledge a version of a file")


def register() -> None:
    kinds.register(read, [ASKED])


def tell_of_ask(ask: AcknowledgementAsk) -> None:
    file = ask.version.file
    people = {person.pk for person in people_who_may(Right.VIEW, file)}
    tell(people, ASKED.code, actor=ask.asked_by, about=About(thing=ask.pk, workspace=file.workspace_id, item=file.pk))


def read(reading: Reading, notices: Sequence[Notice]) -> dict[UUID, Line]:
    standing = AcknowledgementAsk.objects.filter(pk__in=[one.thing for one in notices], withdrawn_at=None)
    asked = {one.pk: one.version for one in standing.select_related("version")}

    def words(notice: Notice, file: Item) -> str | None:
        version = asked.get(notice.thing)
        return f"asks you to acknowledge version {version.number} of “{file.name}”" if version else None

    def url(notice: Notice) -> str:
        return reverse("workspaces:acknowledge", args=[asked[notice.thing].pk])

    return lines_about_files(reading, notices, words, url)

"""Telling everybody with a role in a workspace that its files stay shut until they acknowledge its terms of use."""

from collections.abc import Sequence
from uuid import UUID

from django.urls import reverse

from accounts.inbox import kinds
from accounts.inbox.kinds import Group, Kind, Line, Reading
from accounts.inbox.models import Notice
from accounts.inbox.telling import About, tell
from workspaces.asking import people_in
from workspaces.models import Terms
from workspaces.noticed import workspaces_seen

SET = Kind("terms.set", Group.ACKNOWLEDGEMENTS, "asks you to acknowledge terms of use")


def register() -> None:
    kinds.register(read, [SET])


def tell_of_terms(terms: Terms) -> None:
    people = {person.pk for person in people_in(terms.workspace)}
    tell(people, SET.code, actor=terms.set_by, about=About(thing=terms.pk, workspace=terms.workspace_id))


def read(reading: Reading, notices: Sequence[Notice]) -> dict[UUID, Line]:
    """Terms that still stand, to those who still see the workspace."""
    asked = Terms.objects.filter(pk__in=[one.thing for one in notices], ended_at=None)
    standing = set(asked.values_list("pk", flat=True))
    places = reading.once(workspaces_seen)
    lines = {}
    for notice in notices:
        place = places.get(notice.workspace) if notice.workspace else None
        if place is not None and notice.thing in standing:
            words = f"asks you to acknowledge the terms of use of “{place.name}”"
            lines[notice.pk] = Line(words, "", reverse("workspaces:terms", args=[place.pk]), place.names_in_mails)
    return lines

"""Which terms stand, and for whom they keep a workspace's content shut.

`workspaces.opening` asks the same about one version on the way of every opening, in the question it puts anyway.
"""

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from accounts.models import User
from core.errors import Refused
from workspaces.asking import people_in
from workspaces.models import Terms, TermsAcknowledgement, Version, Workspace
from workspaces.permissions import Right


class TermsNotAcknowledged(Refused):
    """What is in the workspace opens for this person as soon as they have acknowledged its terms."""

    code = "terms_required"
    ask = "Read the terms of use of this workspace. As soon as you have acknowledged them, its files open."
    ask_label = "Read the terms"

    def __init__(self, version: Version, right: Right) -> None:
        sentence = (
            "Files in this workspace open only for those who have acknowledged its terms of use, as they are now."
        )
        super().__init__(sentence, right=right.value, subject=version)
        self.ask_url = f"{reverse('workspaces:terms', args=[version.file.workspace_id])}?file={version.file_id}"


def standing_terms(workspace: Workspace) -> Terms | None:
    return workspace.terms.filter(ended_at=None).select_related("set_by__institution").first()


def unread_terms(person: User, workspace: Workspace) -> Terms | None:
    """Return the terms that the person has to acknowledge before anything in the workspace opens for them."""
    return Terms.objects.filter(_unread(person), workspace=workspace).first()


def not_yet_acknowledged(terms: Terms) -> list[User]:
    """Return those with a role in the workspace for whom its files are shut, by name."""
    given = set(terms.given.values_list("person", flat=True))
    return [person for person in people_in(terms.workspace) if person.pk not in given]


def workspaces_shut(person: User) -> Q:
    """Return the condition on files that the terms of their workspace keep shut for the person."""
    return Q(workspace__in=Terms.objects.filter(_unread(person)).values("workspace"))


def _unread(person: User) -> Q:
    given = TermsAcknowledgement.objects.filter(terms=OuterRef("pk"), person=person)
    return Q(~Exists(given), ended_at=None)

"""Who may ask, and what is not open to somebody before they have acknowledged it.

`workspaces.opening` asks the same about one version on the way of every opening, in the question it puts anyway.
"""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from accounts.models import User
from core.errors import Conflict, Refused
from workspaces.models import Acknowledgement, AcknowledgementAsk, Item, Version
from workspaces.permissions import Right
from workspaces.terms.rules import standing_terms, unread_terms, workspaces_shut


class NotAcknowledged(Refused):
    """The version opens for this person as soon as they have acknowledged it."""

    code = "acknowledgement_required"
    ask = "Read what you are asked to acknowledge. As soon as you have acknowledged it, it opens."
    ask_label = "Read and acknowledge"

    def __init__(self, version: Version, right: Right) -> None:
        sentence = "This version opens only for those who have acknowledged it, and you have not yet."
        super().__init__(sentence, right=right.value, subject=version)
        self.ask_url = reverse("workspaces:acknowledge", args=[version.pk])


def right_to_ask(actor: User, version: Version) -> Right:
    """Return the right it takes to ask: whoever brought the version in may as long as they may upload there."""
    own = version.created_by_id == actor.pk
    return Right.UPLOAD if own and actor.has_perm(Right.UPLOAD, version) else Right.MANAGE


def standing_ask(version: Version) -> AcknowledgementAsk | None:
    return version.asks.filter(withdrawn_at=None).select_related("asked_by__institution").first()


def keeps_shut(person: User, version: Version) -> bool:
    """Return whether the version does not open for the person before they acknowledge it, or the terms around it."""
    shut = Version.objects.filter(_shut(person), pk=version.pk).exists()
    return shut or unread_terms(person, version.file.workspace) is not None


def require_open_to_outsiders(version: Version) -> None:
    """Refuse to make a link to a version that nobody could open by it.

    Raises:
        Conflict: it, or the terms of the workspace, has to be acknowledged first, which takes an account.

    """
    if standing_terms(version.file.workspace) is not None:
        raise Conflict(
            "Files here open only for those who have acknowledged the terms of this workspace, and nobody from outside"
            " can. Withdraw the terms, or send the file from another workspace."
        )
    if version.asks.filter(withdrawn_at=None, required=True).exists():
        raise Conflict(
            "This version opens only for those who have acknowledged it, and nobody from outside can. Let it open"
            " before it is acknowledged, or send another version."
        )


def open_files(files: QuerySet[Item], person: User) -> QuerySet[Item]:
    """Leave out the files whose newest version, or whose terms, the person has to acknowledge first."""
    return files.exclude(workspaces_shut(person)).exclude(current_version__in=Version.objects.filter(_shut(person)))


def _shut(person: User) -> Q:
    given = Acknowledgement.objects.filter(ask=OuterRef("pk"), person=person)
    missing = AcknowledgementAsk.objects.filter(~Exists(given), required=True, withdrawn_at=None)
    return Q(pk__in=missing.values("version"))

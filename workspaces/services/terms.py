"""Setting the terms of use of a workspace, and acknowledging them."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.inbox.telling import forget_thing, settle
from accounts.models import User
from core.access import require
from core.errors import Conflict, InvalidInput
from ledger_bridge.recording import record
from workspaces.models import Terms, TermsAcknowledgement, Workspace
from workspaces.names import clean_text
from workspaces.permissions import Right
from workspaces.terms.events import TermsAcknowledged, TermsSet, TermsWithdrawn
from workspaces.terms.notices import tell_of_terms

TERMS_CHANGED = "The terms were changed or withdrawn meanwhile. Read them again."
_LONGEST = 20_000


@transaction.atomic
def set_terms(*, actor: User, workspace: Workspace, text: str, asks_purpose: bool = False) -> Terms:
    """Give a workspace terms that everybody acknowledges before they open a file; other ones replace those before.

    Raises:
        InvalidInput: they say nothing, or too much.

    """
    require(actor, Right.MANAGE, workspace)
    said = clean_text(text, field="text", limit=_LONGEST)
    if not said:
        raise InvalidInput("Terms say something.", field="text")
    before = _standing(workspace)
    if before is not None and (before.text, before.asks_purpose) == (said, asks_purpose):
        return before
    if before is not None:
        _end(before)
    number = workspace.terms.count() + 1
    terms = Terms.objects.create(workspace=workspace, number=number, text=said, asks_purpose=asks_purpose, set_by=actor)
    event = TermsSet(
        number=number,
        terms=str(terms.pk),
        text_sha256=terms.text_sha256,
        purpose="asked" if asks_purpose else "not_asked",
    )
    record(event, actor=actor, subject=terms)
    tell_of_terms(terms)
    return terms


@transaction.atomic
def withdraw_terms(*, actor: User, workspace: Workspace) -> None:
    """Let files open without terms. Who acknowledged which stays recorded.

    Raises:
        Conflict: there are none.

    """
    require(actor, Right.MANAGE, workspace)
    terms = _standing(workspace)
    if terms is None:
        raise Conflict("This workspace has no terms.")
    _end(terms)
    event = TermsWithdrawn(number=terms.number, terms=str(terms.pk), text_sha256=terms.text_sha256)
    record(event, actor=actor, subject=terms)


@transaction.atomic
def acknowledge_terms(*, actor: User, terms: Terms, purpose: str = "") -> TermsAcknowledgement:
    """Acknowledge the terms of a workspace, once, and say what for where they ask that.

    Raises:
        Conflict: other terms stand by now, or none.
        InvalidInput: they ask what for.

    """
    require(actor, Right.VIEW, terms.workspace)
    standing = _standing(terms.workspace)
    if standing is None or standing.pk != terms.pk:
        raise Conflict(TERMS_CHANGED)
    given = TermsAcknowledgement.objects.filter(terms=standing, person=actor).first()
    if given is not None:
        return given
    said = " ".join(clean_text(purpose, field="purpose", limit=500).split()) if standing.asks_purpose else ""
    if standing.asks_purpose and not said:
        raise InvalidInput("Say what you use the files for.", field="purpose")
    event = TermsAcknowledged(number=standing.number, terms=str(standing.pk), text_sha256=standing.text_sha256)
    entry = UUID(record(event, actor=actor, subject=standing, purpose=said or None))
    settle(actor.pk, standing.pk)
    return TermsAcknowledgement.objects.create(terms=standing, person=actor, purpose=said, entry=entry)


def _standing(workspace: Workspace) -> Terms | None:
    """Return the terms that stand, with nobody else changing them meanwhile."""
    Workspace.objects.select_for_update(no_key=True, of=("self",)).get(pk=workspace.pk)
    return Terms.objects.filter(workspace=workspace, ended_at=None).select_related("workspace").first()


def _end(terms: Terms) -> None:
    terms.ended_at = timezone.now()
    terms.save(update_fields=["ended_at"])
    forget_thing(terms.pk)

"""Asking people to acknowledge that they have read a version, and acknowledging it."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.inbox.telling import forget_thing, settle
from accounts.models import User
from core.access import require
from core.errors import Conflict
from ledger_bridge.recording import record
from workspaces.acknowledging.events import AcknowledgementAsked, AcknowledgementGiven, AcknowledgementWithdrawn
from workspaces.acknowledging.notices import tell_of_ask
from workspaces.acknowledging.rules import right_to_ask
from workspaces.models import Acknowledgement, AcknowledgementAsk, Item, Version
from workspaces.names import clean_text
from workspaces.permissions import Right
from workspaces.services import structure

USUAL = "I have read this version."
ASKED_ANEW = "What you are asked to acknowledge was changed or withdrawn meanwhile. Read it again."


@transaction.atomic
def ask_acknowledgement(
    *, actor: User, version: Version, statement: str = "", required: bool = False
) -> AcknowledgementAsk:
    """Ask everybody who may view a version to acknowledge a statement; other words take the place of earlier ones.

    Raises:
        Refused: to everybody but who brought it in and who manages the workspace.
        Conflict: the workspace is archived, or the file was removed.

    """
    require(actor, right_to_ask(actor, version), version)
    said = " ".join(clean_text(statement, field="statement", limit=500).split()) or USUAL
    version = _held(version)
    before = _standing(version)
    if before is not None and (before.statement, before.required) == (said, required):
        return before
    if before is not None:
        _end(before)
    ask = AcknowledgementAsk.objects.create(version=version, statement=said, required=required, asked_by=actor)
    event = AcknowledgementAsked(
        name=version.file.name,
        number=version.number,
        ask=str(ask.pk),
        opens="after" if required else "anyway",
        statement=said,
    )
    record(event, actor=actor, subject=ask)
    tell_of_ask(ask)
    return ask


@transaction.atomic
def withdraw_acknowledgement(*, actor: User, version: Version) -> None:
    """Ask nobody any more. What was acknowledged stays recorded.

    Raises:
        Conflict: nobody is asked.

    """
    require(actor, right_to_ask(actor, version), version)
    version = _held(version)
    ask = _standing(version)
    if ask is None:
        raise Conflict("Nobody is asked to acknowledge this version.")
    _end(ask)
    event = AcknowledgementWithdrawn(name=version.file.name, number=version.number, ask=str(ask.pk))
    record(event, actor=actor, subject=ask)


@transaction.atomic
def acknowledge(*, actor: User, ask: AcknowledgementAsk) -> Acknowledgement:
    """Acknowledge what one is asked to, once. The entry holds the words and the hash of what they are about.

    Raises:
        Conflict: other words are asked for by now, or none.

    """
    require(actor, Right.VIEW, ask.version)
    version = _held(ask.version)
    standing = _standing(version)
    if standing is None or standing.pk != ask.pk:
        raise Conflict(ASKED_ANEW)
    given = Acknowledgement.objects.filter(ask=standing, person=actor).first()
    if given is not None:
        return given
    event = AcknowledgementGiven(
        name=version.file.name,
        number=version.number,
        ask=str(standing.pk),
        statement=standing.statement,
        plaintext_sha256=bytes(version.plaintext_sha256).hex(),
    )
    entry = UUID(record(event, actor=actor, subject=standing))
    settle(actor.pk, standing.pk)
    return Acknowledgement.objects.create(ask=standing, person=actor, entry=entry)


def _held(version: Version) -> Version:
    """Return the version as it is now, locked, with nobody removing its file meanwhile."""
    structure.beside_others(version.file.workspace)
    if not Item.objects.filter(pk=version.file_id, removed_at=None).exists():
        raise Conflict("Somebody removed this meanwhile. You may find it in the bin.")
    found = Version.objects.select_for_update(no_key=True, of=("self",)).select_related("file__workspace")
    return found.get(pk=version.pk)


def _standing(version: Version) -> AcknowledgementAsk | None:
    return AcknowledgementAsk.objects.filter(version=version, withdrawn_at=None).select_related("version__file").first()


def _end(ask: AcknowledgementAsk) -> None:
    ask.withdrawn_at = timezone.now()
    ask.save(update_fields=["withdrawn_at"])
    forget_thing(ask.pk)

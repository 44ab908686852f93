"""Handing a version over sealed: a new header for one key, in front of the stored body as it is.

Nobody can read more by it than before: the owner of the key must have the right to download the file, when the header
is made, when a download of it begins, and while bytes flow.
"""

from collections.abc import Iterator
from contextvars import copy_context
from datetime import timedelta
from functools import partial
from hashlib import sha256
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from core.access import explain_refusal, require
from core.credentials import ENDED, credential_stands
from core.errors import Conflict, DamagedContent, InvalidInput, Refused
from core.ids import uuid7
from ledger_bridge.models import Entry
from ledger_bridge.recording import record, record_durably
from ledger_bridge.services import take_receipt
from workspaces.acknowledging.rules import keeps_shut
from workspaces.binding import require_same
from workspaces.events import VersionCutOff, VersionDamaged
from workspaces.handover.binding import require_recorded, require_registered
from workspaces.handover.events import HandOverTaken, VersionHandedOver
from workspaces.handover.models import HandOver, RecipientKey
from workspaces.handover.receipt import make_receipt
from workspaces.handover.sending import Part, send_sealed
from workspaces.models import Version
from workspaces.opening import require_openable
from workspaces.permissions import Right
from workspaces.scanning.rules import held_because
from workspaces.services.reading import OpenedVersion
from workspaces.storage import blob_store

KEPT_FOR = timedelta(days=7)
"""How long a header is kept, so that a download of it can be resumed."""

_ENDED = "This hand-over has ended. Make a new one; it costs nothing but a header."
_MAY_NOT = (
    "{} does not have the right to download this file, so it is not sealed for their key. Share it with them first."
)
_NOT_YET = "{} has not acknowledged this version, or the terms of this workspace, which it requires before it opens."
_NO_BYTES = "The stored bytes of this version are missing or incomplete. Nothing was handed out."


def hand_over_version(*, actor: User, version: Version, key: RecipientKey, purpose: str | None = None) -> HandOver:
    """Make and record a header that opens a version for one registered key.

    The data key is unwrapped and the end of the body checked first; the header leaves this process only after its
    entry, with its hash, has committed.

    Raises:
        InvalidInput: the key was removed, or its owner may not download the file.
        DamagedContent: key, version and entries do not belong together; recorded as an alert.
        Unavailable: the key service or the store does not answer.

    """
    require(actor, Right.HAND_OVER, version)
    require_openable(actor, version, Right.HAND_OVER)
    _require_usable(key, version)
    require_registered(key)
    header = _made_header(actor, version, key)
    with transaction.atomic(durable=True):
        key = RecipientKey.objects.select_for_update(no_key=True, of=("self",)).select_related("owner").get(pk=key.pk)
        _require_usable(key, version)
        hand_over = HandOver(id=uuid7(), version=version, key=key, made_by=actor, header=header)
        entry = record(_event(hand_over), actor=actor, subject=hand_over, purpose=purpose)
        hand_over.entry, hand_over.expires_at = UUID(entry), timezone.now() + KEPT_FOR
        hand_over.save(force_insert=True)
    return hand_over


def open_hand_over(*, actor: User, hand_over: HandOver, part: Part) -> "TakenHandOver":
    """Record that somebody downloads a part of a sealed file, and return what sends it.

    Raises:
        Conflict: the hand-over has ended.
        DamagedContent: rows, entries and the stored body do not belong together.
        Refused: the right is gone, of whoever asks or of the owner of the key.

    """
    require(actor, Right.HAND_OVER, hand_over.version)
    require_openable(actor, hand_over.version, Right.HAND_OVER)
    require_standing(hand_over)
    require_recorded(hand_over)
    require_same(hand_over.version)
    taken = TakenHandOver(actor, hand_over, part)
    taken.verify()
    version = hand_over.version
    event = HandOverTaken(
        name=version.file.name,
        number=version.number,
        hand_over=str(hand_over.pk),
        fingerprint=hand_over.key.fingerprint,
        first=part.start,
        last=part.stop - 1,
    )
    record_durably(event, actor=actor, subject=hand_over)
    return taken


def take_hand_over_receipt(*, actor: User, hand_over: HandOver) -> bytes:
    """Record that somebody takes the receipt of a hand-over, and return it.

    Raises:
        Conflict: while the log does not hold the entry yet.
        DamagedContent: the hand-over is not the one that was recorded.

    """
    require(actor, Right.HAND_OVER, hand_over.version)
    require_recorded(hand_over)
    entry = Entry.objects.get(pk=hand_over.entry)
    return make_receipt(entry, take_receipt(actor=actor, entry=entry))


def end_hand_overs() -> int:
    """Forget the headers of hand-overs that have ended, and return how many those were."""
    over = Q(expires_at__lte=timezone.now()) | Q(key__removed_at__isnull=False)
    return HandOver.objects.filter(over).exclude(header=b"").update(header=b"")


def require_standing(hand_over: HandOver) -> None:
    """Refuse a hand-over that has ended, by time or because something about it was taken back."""
    if hand_over.expires_at <= timezone.now() or not bytes(hand_over.header):
        raise Conflict(_ENDED)
    try:
        _require_usable(hand_over.key, hand_over.version)
    except InvalidInput as error:
        raise Conflict(error.sentence) from error


class TakenHandOver:
    """A part of a sealed file that is on its way, as long as everybody concerned keeps their right."""

    def __init__(self, actor: User, hand_over: HandOver, part: Part) -> None:
        self._actor = actor
        self._hand_over = hand_over
        self._part = part
        # Bytes flow after the request has left the middleware; what is recorded then still belongs to it.
        self._context = copy_context()

    def verify(self) -> None:
        """Refuse a body that is not as long as was recorded, before the first byte."""
        version = self._hand_over.version
        try:
            found = blob_store().size(version.blob)
        except DamagedContent as error:
            raise self._damaged(error.sentence) from error
        if found != version.body_size:
            raise self._damaged(f"The store holds {found} bytes where {version.body_size} were recorded.")

    def iter_bytes(self, socket: object = None) -> Iterator[bytes]:
        """Send header and body; with a socket that can, most of it by the kernel, without passing through here.

        Raises:
            DamagedContent: the store gives fewer bytes than there were; recorded as an alert.
            Refused: as soon as a right, the session or the token is gone, or the scanner holds it; recorded.

        """
        version = self._hand_over.version
        header = bytes(self._hand_over.header)
        try:
            yield from send_sealed(header, version.blob, self._part, socket, still=self._require_still)
        except DamagedContent as error:
            raise self._damaged(error.sentence) from error

    def _require_still(self) -> None:
        """Ask again, with nothing remembered: session or token, people, key, file, rights and scanner as they are."""
        # From where the person asks is known in the context of the request alone.
        if sentence := self._context.run(self._why_over):
            version = self._hand_over.version
            self._alert(VersionCutOff(name=version.file.name, number=version.number))
            raise Refused(sentence, right=Right.HAND_OVER.value, subject=version)

    def _why_over(self) -> str | None:
        if not credential_stands():
            return ENDED
        found = HandOver.objects.filter(pk=self._hand_over.pk, version__file__removed_at=None)
        hand_over = found.select_related("version__file", "key__owner").first()
        actor = User.objects.filter(pk=self._actor.pk).first()
        if actor is None or hand_over is None:
            return "It was removed meanwhile."
        if not _is_right(actor, hand_over):
            return explain_refusal(actor, Right.HAND_OVER, hand_over.version)
        return held_because(hand_over.version)

    def _damaged(self, finding: str) -> DamagedContent:
        version = self._hand_over.version
        self._alert(VersionDamaged(name=version.file.name, number=version.number, finding=finding))
        return DamagedContent(_NO_BYTES)

    def _alert(self, event: VersionCutOff | VersionDamaged) -> None:
        subject = self._hand_over.version
        self._context.run(
            partial(record_durably, event, actor=self._actor, subject=subject, outcome=Entry.Outcome.DENY)
        )


def _is_right(actor: User, hand_over: HandOver) -> bool:
    file, key = hand_over.version.file, hand_over.key
    return key.removed_at is None and actor.has_perm(Right.HAND_OVER, file) and key.owner.has_perm(Right.DOWNLOAD, file)


def _require_usable(key: RecipientKey, version: Version) -> None:
    if key.removed_at is not None:
        raise InvalidInput("This key was removed by its owner. Choose another.", field="key")
    if not key.owner.has_perm(Right.DOWNLOAD, version):
        raise InvalidInput(_MAY_NOT.format(key.owner.name), field="key")
    # What is sealed for somebody they open without asking here again.
    if keeps_shut(key.owner, version):
        raise InvalidInput(_NOT_YET.format(key.owner.name), field="key")


def _made_header(actor: User, version: Version, key: RecipientKey) -> bytes:
    opened = OpenedVersion(actor, version, Right.HAND_OVER, "")
    opened.verify()
    return opened.seal_for(bytes(key.public_key))


def _event(hand_over: HandOver) -> VersionHandedOver:
    version, header = hand_over.version, bytes(hand_over.header)
    return VersionHandedOver(
        name=version.file.name,
        number=version.number,
        hand_over=str(hand_over.pk),
        key=str(hand_over.key_id),
        fingerprint=hand_over.key.fingerprint,
        header_sha256=sha256(header).hexdigest(),
        header_size=len(header),
        body_blake3=bytes(version.body_blake3).hex(),
        body_size=version.body_size,
        plaintext_sha256=bytes(version.plaintext_sha256).hex(),
        plaintext_size=version.plaintext_size,
    )

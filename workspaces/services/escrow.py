"""Deeds on the escrow of the keys: three sheets, of which any two give them back."""

import json
import logging
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from accounts.permissions import Right as PlatformRight
from core.access import Actor, Service, require
from core.errors import Conflict, DamagedContent
from ledger_bridge.models import Entry
from ledger_bridge.recording import record_durably
from workspaces.crypt4gh import keys as key_form
from workspaces.escrow import bundle, shares
from workspaces.escrow.binding import NOT_RECORDED, difference
from workspaces.escrow.shares import Share
from workspaces.events import EscrowDrilled, EscrowKeyExchanged, EscrowMade, EscrowRenewed, EscrowRestored

logger = logging.getLogger(__name__)

ESCROW_WORKER = Service("escrow", frozenset({PlatformRight.KEEP_ESCROW}))


@dataclass(frozen=True)
class MadeEscrow:
    """What is handed out once."""

    escrow: str
    sheets: list[str]

    def __repr__(self) -> str:
        return f"MadeEscrow({self.escrow})"


def make_escrow(*, actor: Actor, again: bool = False) -> MadeEscrow:
    """Seal the present keys, and return the sheets of words that open them. Nothing else keeps the words.

    Raises:
        Conflict: when there is an escrow already and another was not asked for.

    """
    require(actor, PlatformRight.KEEP_ESCROW)
    if bundle.exists() and not again:
        raise Conflict("There is an escrow already. “--again” makes another; the old shares do not open the new one.")
    secret = key_form.generate_secret_key()
    public = key_form.public_key(secret)
    escrow, made = bundle.fingerprint(public), f"{timezone.now():%-d %B %Y}"
    sheets = [
        shares.sheet(one, installation=settings.LEDGER_ORIGIN, escrow=escrow, made=made) for one in shares.split(secret)
    ]
    event = EscrowMade(escrow=escrow, shares=shares.SHARES, needed=shares.NEEDED, public_key=public.hex())
    with bundle.locked():
        record_durably(event, actor=actor)
        bundle.seal(public)
    return MadeEscrow(escrow, sheets)


def renew_escrow(*, actor: Actor) -> bool:
    """Seal the keys anew if one has changed since, for the same shares. Return whether one had.

    Raises:
        DamagedContent: the public key on the disk is not the one that was recorded; that is an alarm, recorded once.

    """
    require(actor, PlatformRight.KEEP_ESCROW)
    with bundle.locked():
        public = bundle.recipient()
        _require_recorded(actor, public)
        if bundle.is_current():
            return False
        bundle.seal(public)
        record_durably(EscrowRenewed(escrow=bundle.fingerprint(public)), actor=actor)
    return True


def drill_escrow(*, actor: Actor, given: Collection[Share], sealed: Path | None = None) -> bool:
    """Open an escrow with two shares, and return whether it holds exactly the present keys. Nothing is written.

    Raises:
        InvalidInput: when the shares do not open it; that is recorded too.

    """
    require(actor, PlatformRight.KEEP_ESCROW)
    escrow, numbers, outcome = bundle.fingerprint(bundle.recipient()), _numbers(given), "failed"
    try:
        content = bundle.open_sealed(sealed or bundle.sealed_file(), shares.combine(given))
        outcome = "same" if content == bundle.present_content() else "other"
    finally:
        record_durably(EscrowDrilled(escrow=escrow, shares=numbers, outcome=outcome), actor=actor)
    return outcome == "same"


def restore_escrow(*, actor: Actor, given: Collection[Share], sealed: Path) -> None:
    """Write the keys of an escrow where there are none, for the same shares.

    The ledger cannot be written without these keys, and its database may not be there yet: a note beside the keys
    is recorded as soon as it can be (`record_restored_escrow`).

    Raises:
        InvalidInput: when the shares do not open it, or there are keys already.
        KeyServiceRefused: when there is a keyring already.

    """
    require(actor, PlatformRight.KEEP_ESCROW)
    secret = shares.combine(given)
    bundle.write_keys(bundle.open_sealed(sealed, secret))
    public = key_form.public_key(secret)
    bundle.seal(public)
    note = {"escrow": bundle.fingerprint(public), "shares": _numbers(given)}
    bundle.write(_note(), json.dumps(note).encode())


def record_restored_escrow(*, actor: Actor) -> bool:
    """Record a restore that was done while nothing could be recorded. Return whether there was one."""
    require(actor, PlatformRight.KEEP_ESCROW)
    if not _note().exists():
        return False
    noted = json.loads(_note().read_text(encoding="ascii"))
    record_durably(EscrowRestored(escrow=noted["escrow"], shares=noted["shares"]), actor=actor)
    _note().unlink()
    return True


def _require_recorded(actor: Actor, public: bytes) -> None:
    if (found := difference(public)) is None:
        return
    sentence = NOT_RECORDED.format(found)
    logger.critical("%s", sentence)
    last = Entry.objects.filter(kind__in=[EscrowMade.kind, EscrowKeyExchanged.kind]).order_by("-recorded_at", "-id")
    alarm = EscrowKeyExchanged(found=bundle.fingerprint(public))
    if not any(one.kind == alarm.kind and one.detail == alarm.detail() for one in last[:1]):
        record_durably(alarm, actor=actor, outcome=Entry.Outcome.DENY)
    raise DamagedContent(sentence)


def _note() -> Path:
    return bundle.directory() / "restored.json"


def _numbers(given: Collection[Share]) -> str:
    return " and ".join(str(number) for number in sorted(share.number for share in given))

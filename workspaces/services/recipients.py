"""Public keys that people register, so that files can be sealed for them.

Nothing asks the person to prove that they hold the secret half (docs/adr/0017). A key counts for its owner only: a file
is sealed for it only while the owner may download that file.
"""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.mail import send_mail
from accounts.models import User
from accounts.permissions import Right
from core.access import require
from core.errors import Conflict, InvalidInput
from core.ids import uuid7
from core.text import plain_line
from ledger_bridge.recording import record
from workspaces.crypt4gh import KeyFileError
from workspaces.crypt4gh.keys import fingerprint, parse_public_key
from workspaces.handover.events import RecipientKeyRegistered, RecipientKeyRemoved
from workspaces.handover.models import RecipientKey

MOST_KEYS = 20
_NAME = 100


@transaction.atomic
def register_recipient_key(*, actor: User, name: str, content: bytes) -> RecipientKey:
    """Register the public key in the content of a `.pub` file for its owner, who is told by mail.

    Raises:
        InvalidInput: it is not a Crypt4GH public key, or a dangerous one.
        Conflict: the person has registered this key already.

    """
    require(actor, Right.KEEP_ACCOUNT, actor)
    name = plain_line(name, field="name", empty="Give the key a name, such as the machine where its secret half lies.")
    if len(name) > _NAME:
        raise InvalidInput(f"This name is too long: at most {_NAME} characters.", field="name")
    public_key = _parsed(content)
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    if RecipientKey.objects.in_use().filter(owner=actor).count() >= MOST_KEYS:
        raise Conflict(f"You have {MOST_KEYS} keys, the most that one person can have. Remove one first.")
    key_id, mark = uuid7(), fingerprint(public_key)
    event = RecipientKeyRegistered(key=str(key_id), public_key=public_key.hex(), fingerprint=mark)
    entry = UUID(record(event, actor=actor))
    try:
        with transaction.atomic():
            key = RecipientKey.objects.create(id=key_id, owner=actor, name=name, public_key=public_key, entry=entry)
    except IntegrityError as error:
        raise Conflict("You have registered this key already.") from error
    send_mail("recipient_key_registered", to=actor.email, name=actor.name, key_name=name, fingerprint=mark)
    return key


@transaction.atomic
def remove_recipient_key(*, actor: User, key: RecipientKey) -> None:
    """Take a key out of use: nothing more is sealed for it, and downloads for it end. What has left stays readable."""
    require(actor, Right.KEEP_ACCOUNT, key.owner)
    key = RecipientKey.objects.select_for_update(no_key=True, of=("self",)).select_related("owner").get(pk=key.pk)
    if key.removed_at is not None:
        return
    key.removed_at = timezone.now()
    key.save(update_fields=["removed_at"])
    record(RecipientKeyRemoved(key=str(key.pk), fingerprint=key.fingerprint), actor=actor, subject=key)
    send_mail(
        "recipient_key_removed", to=key.owner.email, name=key.owner.name, key_name=key.name, fingerprint=key.fingerprint
    )


def _parsed(content: bytes) -> bytes:
    try:
        return parse_public_key(content)
    except KeyFileError as error:
        raise InvalidInput(f"{error} Paste the whole file, with its first and last line.", field="key") from error

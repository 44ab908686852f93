"""Everything that is wrapped under a root of the key service, wherever it stands.

Who wraps something new under a root adds a holder here; `tests/architecture/test_wraps.py` holds the list against the
code. Rooms above this one will have to register theirs, as vaults do (docs/adr/0007).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from allauth.mfa.models import Authenticator
from django.db.models import BinaryField, F, Func, Model, QuerySet

from accounts import totp
from core.kms import KeyService, KeyServiceRefused
from ledger_bridge import stream_keys, subject_keys
from ledger_bridge.models import LedgerKey
from workspaces import documents, keys
from workspaces.models import InstallationKey, SealedDocument, WorkspaceKey

_BATCH = 100

Moved = bool
"""False where a wrap is stuck: it does not open, so it cannot be wrapped anew."""


class Holder(Protocol):
    """Something that keeps wrapped keys; `words` says what they are."""

    @property
    def words(self) -> str: ...

    def count(self) -> int:
        """Count all of them."""
        ...

    def left(self, head: bytes) -> int:
        """Count what does not begin with this head: what is not under the newest generation yet."""
        ...

    def move(self, service: KeyService, head: bytes) -> Iterator[Moved]:
        """Wrap everything anew that is left, one after the other. It may be stopped between any two."""
        ...


@dataclass(frozen=True)
class Table:
    """A table with a column `wrapped_key`."""

    words: str
    model: type[Model]
    root: str
    context_of: Callable[[Any], dict[str, str]]

    def count(self) -> int:
        return self._present().count()

    def left(self, head: bytes) -> int:
        return self._left(head).count()

    def move(self, service: KeyService, head: bytes) -> Iterator[Moved]:
        last: Any = None
        while rows := list((self._left(head).filter(pk__gt=last) if last else self._left(head))[:_BATCH]):
            for row in rows:
                before = bytes(row.wrapped_key)
                after = rewrapped(service, self.root, before, self.context_of(row))
                if after:
                    # No lock is held over the network: if somebody else changed the row meanwhile, theirs stays.
                    self._all().filter(pk=row.pk, wrapped_key=before).update(wrapped_key=after)
                yield after is not None
            last = rows[-1].pk

    def _all(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.model._default_manager.all()  # noqa: SLF001  Django's documented name
        return rows

    def _left(self, head: bytes) -> QuerySet[Any]:
        beginning = Func(
            F("wrapped_key"),
            template=f"substring(%(expressions)s from 1 for {len(head)})",
            output_field=BinaryField(),
        )
        found: QuerySet[Any] = self._present().annotate(head=beginning).exclude(head=head).order_by("pk")
        return found

    def _present(self) -> QuerySet[Any]:
        # A key that was destroyed left nothing behind, and there is nothing to move.
        return self._all().exclude(wrapped_key=b"")


class TotpSecrets:
    """Secrets of authenticator apps: few, and inside JSON."""

    words = "secrets of authenticator apps"

    def count(self) -> int:
        return int(Authenticator.objects.filter(type=Authenticator.Type.TOTP).count())

    def left(self, head: bytes) -> int:
        return sum(1 for _ in self._left(head))

    def move(self, service: KeyService, head: bytes) -> Iterator[Moved]:
        for row in list(self._left(head)):
            before = row.data["secret"]
            after = rewrapped(service, "sign-in", totp.wrapped_key(before), totp.context_of(row.user_id))
            if after:
                changed = row.data | {"secret": totp.with_wrapped_key(before, after)}
                Authenticator.objects.filter(pk=row.pk, data=row.data).update(data=changed)
            yield after is not None

    def _left(self, head: bytes) -> Iterator[Any]:
        rows = Authenticator.objects.filter(type=Authenticator.Type.TOTP).order_by("pk")
        return (row for row in rows.iterator() if not totp.wrapped_key(row.data["secret"]).startswith(head))


class SubjectMaster:
    """The key of subject keys, in the second database."""

    words = "key of the keys that entries are sealed with"

    def count(self) -> int:
        return int(subject_keys.wrapped_master() is not None)

    def left(self, head: bytes) -> int:
        wrapped = subject_keys.wrapped_master()
        return int(wrapped is not None and not wrapped.startswith(head))

    def move(self, service: KeyService, head: bytes) -> Iterator[Moved]:
        wrapped = subject_keys.wrapped_master()
        if wrapped is None or wrapped.startswith(head):
            return
        after = rewrapped(service, "ledger", wrapped, subject_keys.MASTER_CONTEXT)
        if after:
            subject_keys.replace_wrapped_master(wrapped, after)
        yield after is not None


def left_under_older(root: str, service: KeyService) -> int:
    """Count the keys that are not wrapped under the newest generation of a root."""
    head = service.newest(root).head
    return sum(holder.left(head) for holder in HOLDERS[root])


HOLDERS: dict[str, tuple[Holder, ...]] = {
    # The wraps under it lie in the backups themselves. Destroying an old generation is how they are made to end.
    "backups": (),
    "workspaces": (
        Table("keys of workspaces", WorkspaceKey, "workspaces", keys.context_of),
        Table("documents of applications", SealedDocument, "workspaces", documents.context_of),
        Table(
            "Crypt4GH key of the installation",
            InstallationKey,
            "workspaces",
            lambda row: keys.installation_context(bytes(row.public_key)),
        ),
    ),
    "ledger": (
        Table("keys of the ledger", LedgerKey, "ledger", stream_keys.context_of),
        SubjectMaster(),
    ),
    "sign-in": (TotpSecrets(),),
}


def rewrapped(service: KeyService, root: str, wrapped: bytes, context: dict[str, str]) -> bytes | None:
    """Return the key wrapped anew, after a look whether it opens; none where the old wrap does not open.

    Raises:
        Unavailable: when the key service does not answer, or what it made does not open.

    """
    try:
        after = service.rewrap(root, wrapped, context)
    except KeyServiceRefused:
        return None
    # The old wrap is about to be lost, so the new one has to show that it opens.
    service.unwrap(root, after, context)
    return after

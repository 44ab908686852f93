"""Reading is a deed: the entry is committed before the key is unwrapped, so there are no bytes without a record."""

import time
from collections.abc import Generator, Iterator
from contextlib import closing
from contextvars import copy_context
from functools import partial

from core.access import explain_refusal, require
from core.credentials import ENDED, credential_stands
from core.errors import DamagedContent, Refused
from core.kms import KeyServiceRefused
from ledger_bridge.events import Event
from ledger_bridge.models import Entry
from ledger_bridge.recording import record_durably
from workspaces.binding import require_same
from workspaces.connections import Direct
from workspaces.crypt4gh import Crypt4ghError, SealedBody, make_header, verify_commitment
from workspaces.events import VersionCutOff, VersionDamaged, VersionDownloaded, VersionOpened
from workspaces.keys import unwrap_data_key
from workspaces.models import Item, Version
from workspaces.opening import require_openable
from workspaces.outsiders import Reader, as_now
from workspaces.permissions import Right
from workspaces.scanning.rules import held_because
from workspaces.storage import blob_store

# A right that is taken away ends a running download after about this many seconds.
_RECHECK = 0.2
_DAMAGED = "The stored bytes of this version are not the ones that were recorded. Nothing damaged was handed out."


def open_version(
    *, actor: Reader, version: Version, right: Right = Right.VIEW, purpose: str | None = None
) -> "OpenedVersion":
    """Record that `actor` reads a version, then open it.

    `right` is VIEW to look at it, DOWNLOAD to take it away.

    Raises:
        Refused: without the right, while the version is held because of the virus scanner, or before the actor has
            acknowledged it where that is required.
        Gone: it was removed for good.
        DamagedContent: key, blob and record do not belong together; recorded as an alert.
        Unavailable: the key service or the store does not answer.

    """
    require(actor, right, version)
    require_openable(actor, version, right)
    happened = VersionDownloaded if right == Right.DOWNLOAD else VersionOpened
    event = happened(name=version.file.name, number=version.number)
    entry = record_durably(event, actor=actor, subject=version, purpose=purpose)
    opened = OpenedVersion(actor, version, right, entry)
    opened.verify()
    return opened


class OpenedVersion:
    """A version that may be read by one person, as long as that person keeps the right."""

    def __init__(self, actor: Reader, version: Version, right: Right, entry: str) -> None:
        self.entry = entry
        self.name = version.file.name
        self.media_type = version.media_type
        self.size = version.plaintext_size
        self._actor = actor
        self._version = version
        self._right = right
        # Bytes flow after the request has left the middleware; what is recorded then still belongs to it.
        self._context = copy_context()
        self._body: SealedBody | None = None

    def verify(self) -> None:
        """Compare the row with its entry, unwrap the key, check its commitment and open the last segment."""
        try:
            require_same(self._version)
            self._opened_body().verify_end()
        except (Crypt4ghError, DamagedContent) as error:
            raise self._damaged(error) from error
        except KeyServiceRefused as error:
            self._damaged(error)
            raise

    def seal_for(self, public_key: bytes) -> bytes:
        """Return a Crypt4GH header that gives the data key to the holder of a public key.

        Raises:
            HeaderError: the key is of low order.

        """
        return make_header(self._data_key(), public_key)

    def read_at(self, offset: int, length: int) -> bytes:
        """Return so many bytes from `offset` on, verified; raises what `iter_range` does."""
        return b"".join(self.iter_range(offset, offset + length))

    def iter_range(self, start: int, stop: int, connection: object = None) -> Iterator[bytes]:
        """Yield the bytes from `start` up to, not including, `stop`, each block verified before it leaves.

        With a connection that takes them directly, the pieces yielded are empty: nothing passes through the server.

        Raises:
            DamagedContent: at the first block that is not what was recorded; recorded as an alert.
            Refused: as soon as the right, the session or the token is gone, or the scanner holds it; recorded.

        """
        checked = time.monotonic()
        with closing(self._views(start, stop)) as views:
            for view in views:
                if time.monotonic() - checked > _RECHECK:
                    self.require_still()
                    checked = time.monotonic()
                if isinstance(connection, Direct):
                    yield b""
                    connection.send_view(view)
                else:
                    yield bytes(view)

    def _views(self, start: int, stop: int) -> Generator[memoryview]:
        try:
            yield from self._opened_body().iter_views(start, stop)
        except (Crypt4ghError, DamagedContent) as error:
            raise self._damaged(error) from error

    def _opened_body(self) -> SealedBody:
        if self._body is None:
            version, key = self._version, self._data_key()
            read_at = blob_store().reader(version.blob)
            body = SealedBody(read_at, key=key, body_size=version.body_size)
            if body.plaintext_size != version.plaintext_size:
                raise DamagedContent("The recorded sizes contradict each other.")
            self._body = body
        return self._body

    def _data_key(self) -> bytes:
        version = self._version
        key = unwrap_data_key(version)
        verify_commitment(bytes(version.key_commitment), key, str(version.file_id), str(version.id))
        return key

    def require_still(self) -> None:
        """Ask again, with nothing remembered: session or token, person, item, right and scanner as they are now.

        Raises:
            Refused: one of them is against it; recorded.

        """
        # From where the person asks is known in the context of the request alone.
        if sentence := self._context.run(self._why_over):
            self._alert(VersionCutOff(name=self.name, number=self._version.number))
            raise Refused(sentence, right=self._right.value, subject=self._version)

    def _why_over(self) -> str | None:
        if not credential_stands():
            return ENDED
        actor = as_now(self._actor)
        item = Item.objects.filter(pk=self._version.file_id, removed_at=None).first()
        if actor is None or item is None:
            return "It was removed meanwhile."
        if not actor.has_perm(self._right, self._version):
            return explain_refusal(actor, self._right, self._version)
        return held_because(self._version)

    def _damaged(self, error: Exception) -> DamagedContent:
        finding = str(error)
        self._alert(VersionDamaged(name=self.name, number=self._version.number, finding=finding))
        return DamagedContent(_DAMAGED)

    def _alert(self, event: Event) -> None:
        record = partial(record_durably, event, actor=self._actor, subject=self._version, outcome=Entry.Outcome.DENY)
        self._context.run(record)

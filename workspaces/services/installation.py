"""The installation's own Crypt4GH key, for which others seal what they send here; and opening what they sent."""

from collections.abc import Iterator
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import User
from core.access import Service, require
from core.errors import InvalidInput
from core.kms import key_service
from ledger_bridge.recording import record
from workspaces.crypt4gh import Crypt4ghError, HeaderError
from workspaces.crypt4gh.foreign import open_foreign, read_foreign_header
from workspaces.crypt4gh.keys import fingerprint, generate_secret_key, public_key
from workspaces.handover.binding import require_installation_key
from workspaces.handover.events import ForeignFileOpened, InstallationKeyMade
from workspaces.handover.models import InstallationKey
from workspaces.keys import ROOT, installation_context
from workspaces.models import Version
from workspaces.permissions import Right
from workspaces.sealing import discard
from workspaces.services.files import add_file, seal_upload
from workspaces.services.reading import OpenedVersion, open_version

_INSTALLATION = Service("installation")
_ENDING = ".c4gh"
_NOT_FOR_US = "This file was not sealed for this installation, or its header was changed. It stays as it is."
_BROKEN = "This file cannot be opened: {} Nothing was kept of it; the file that was sent stays as it is."


def make_installation_key() -> InstallationKey:
    """Return the installation's key pair; whoever asks first has it made and recorded.

    Raises:
        DamagedContent: the key is not the one that was recorded.
        Unavailable: the key service does not answer.

    """
    key = InstallationKey.objects.first() or _make_key()
    require_installation_key(key)
    return key


def open_foreign_file(*, actor: User, version: Version) -> Version:
    """Open a Crypt4GH file that was sealed for this installation, and put its content beside it, sealed anew.

    The file that was sent stays as it is. Both hashes are recorded. Plaintext is only ever in memory.

    Raises:
        InvalidInput: it is for somebody else, or not sound; nothing is kept.

    """
    file = version.file
    # Before it is opened, so that a refusal leaves no entry of an opening.
    require(actor, Right.UPLOAD, file.parent or file.workspace)
    opened = open_version(actor=actor, version=version, right=Right.DOWNLOAD)
    secret = _secret(make_installation_key())
    source = _Source(opened)
    keys = _header_keys(source, secret)
    chunks = _translated(open_foreign(source, keys))
    sealed = seal_upload(actor=actor, workspace=file.workspace, chunks=chunks, into=file.parent)
    name = (
        file.name[: -len(_ENDING)]
        if file.name.lower().endswith(_ENDING) and len(file.name) > len(_ENDING)
        else file.name
    )
    try:
        with transaction.atomic():
            made = add_file(
                actor=actor,
                workspace=file.workspace,
                parent=file.parent,
                name=name,
                sealed=sealed,
                on_conflict="keep_both",
            )
            event = ForeignFileOpened(
                name=file.name,
                number=version.number,
                sealed_sha256=bytes(version.plaintext_sha256).hex(),
                data_keys=len(keys),
                made=str(made.pk),
                made_sha256=bytes(made.plaintext_sha256).hex(),
            )
            record(event, actor=actor, subject=version)
    except BaseException:
        discard(sealed.stored)
        raise
    return made


def _make_key() -> InstallationKey:
    secret = generate_secret_key()
    public = public_key(secret)
    wrapped = key_service().wrap(ROOT, secret, installation_context(public))
    try:
        with transaction.atomic():
            event = InstallationKeyMade(public_key=public.hex(), fingerprint=fingerprint(public))
            entry = UUID(record(event, actor=_INSTALLATION))
            return InstallationKey.objects.create(public_key=public, wrapped_key=wrapped, entry=entry)
    except IntegrityError:
        # Somebody else asked first in the same moment.
        return InstallationKey.objects.get()


def _secret(key: InstallationKey) -> bytes:
    return key_service().unwrap(ROOT, bytes(key.wrapped_key), installation_context(bytes(key.public_key)))


def _header_keys(source: "_Source", secret: bytes) -> list[bytes]:
    try:
        return read_foreign_header(source, secret)
    except HeaderError as error:
        if "made for somebody else" in str(error):
            raise InvalidInput(_NOT_FOR_US) from error
        raise InvalidInput(_BROKEN.format(error)) from error


def _translated(blocks: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from blocks
    except Crypt4ghError as error:
        raise InvalidInput(_BROKEN.format(error)) from error


class _Source:
    """The content of a version, to be read piece by piece; ends when the right to it ends."""

    def __init__(self, opened: OpenedVersion) -> None:
        self._blocks = opened.iter_range(0, opened.size)
        self._rest = b""

    def read(self, size: int) -> bytes:
        if not self._rest:
            self._rest = next(self._blocks, b"")
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece

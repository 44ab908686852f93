"""A folder, a workspace or a selection as one ZIP archive, made while it is sent.

The archive holds what the person may download, and says of what they may only view that it was left out. Every file
is opened when its turn comes, with an entry of its own before its first byte, so a right that was taken away meanwhile
ends the archive there. Its length is known beforehand: one that broke off never looks complete.
"""

from collections.abc import Collection, Iterator, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from zipstream import ZipStream

from accounts.models import User
from core.access import require
from core.credentials import ENDED, credential_stands
from core.errors import Conflict, Gone, InvalidInput, Refused, TooLarge
from core.templatetags.ui import filesize
from ledger_bridge.recording import record_durably
from workspaces.acknowledging.rules import open_files
from workspaces.archive_names import Names, safe_component
from workspaces.asking import with_right
from workspaces.events import ArchiveDownloaded
from workspaces.models import Item, ItemQuerySet, Version, Workspace
from workspaces.opening import require_openable
from workspaces.permissions import Right
from workspaces.scanning.rules import let_go
from workspaces.services.reading import open_version

SUMS = "SHA256SUMS.txt"
LEFT_OUT = "LEFT OUT.txt"
_LEFT_OUT_WORDS = (
    "You may see these files, but not download them, or the virus scanner holds them, or you have to acknowledge them"
    " first, so they are not in this archive:\n\n"
)
MOST_CHOSEN = 200


@dataclass(frozen=True)
class Archive:
    """What leaves: a safe name, the exact length, and the bytes."""

    name: str
    size: int
    pieces: Iterator[bytes]


def open_archive(
    *, actor: User, workspace: Workspace, folder: Item | None = None, chosen: Collection[UUID] = ()
) -> Archive:
    """Record that somebody takes files away as an archive, and return it.

    Everything in the folder (or at the top of the workspace) and below, or, if some items are chosen, those and what is
    below them.

    Raises:
        Refused: the person may see what is there, but download none of it.
        Conflict: there is nothing there.
        InvalidInput: what was chosen is not there.
        TooLarge: there are more files, or more bytes, than one archive may hold.

    """
    found = _items(actor, workspace, folder, chosen)
    files = found.files().select_related("current_version__workspace_key", "current_version__file__workspace")
    open_to_actor = open_files(let_go(with_right(files, actor, Right.DOWNLOAD)), actor)
    taken = list(open_to_actor.order_by("path")[: settings.MAX_ARCHIVE_FILES + 1])
    _require_some(actor, taken, files, folder or workspace)
    size = sum(_version(file).plaintext_size for file in taken)
    _refuse_too_much(len(taken), size)
    left_out = files.exclude(pk__in=open_to_actor.values("pk")).order_by("path")
    layout = _Layout(folder, list(found.folders().order_by("path")))
    stream = _assemble(actor, layout, taken, list(left_out[: settings.MAX_ARCHIVE_FILES]))
    event = ArchiveDownloaded(name=(folder or workspace).name, files=len(taken), plaintext_size=size)
    record_durably(event, actor=actor, subject=folder or workspace)
    return Archive(safe_component((folder or workspace).name) + ".zip", len(stream), iter(stream))


class _Layout:
    """Where each item stands in the archive. Folders that the person may not see are passed over, as on pages."""

    def __init__(self, top: Item | None, folders: Sequence[Item]) -> None:
        self.names = Names(reserved=[SUMS, LEFT_OUT])
        self.folders: dict[UUID, str] = {}
        self._top = top
        # A folder stands behind those it lies in, because its path is longer than theirs and begins with it.
        for folder in folders:
            if top is None or folder.pk != top.pk:
                self.folders[folder.pk] = self.place(folder) + "/"

    def place(self, item: Item) -> str:
        above = next((self.folders[one] for one in reversed(item.path[:-1]) if one in self.folders), "")
        return self.names.take(above, item.name)


def _items(actor: User, workspace: Workspace, folder: Item | None, chosen: Collection[UUID]) -> ItemQuerySet:
    visible = Item.objects.visible_to(actor).filter(workspace=workspace)
    if not chosen:
        return visible.filter(path__contains=[folder.pk]) if folder else visible
    if len(chosen) > MOST_CHOSEN:
        raise InvalidInput(f"Choose at most {MOST_CHOSEN} files and folders, or take the whole folder.")
    known = set(visible.filter(pk__in=chosen).values_list("pk", flat=True))
    if len(known) < len(set(chosen)):
        raise InvalidInput("Something that was chosen is not there any more. Choose again.")
    below = Q(pk__in=known)
    for one in known:
        below |= Q(path__contains=[one])
    return visible.filter(below)


def _require_some(actor: User, taken: Sequence[Item], files: ItemQuerySet, place: Item | Workspace) -> None:
    if taken:
        return
    seen = files.first()
    if seen is None:
        raise Conflict("There is no file here, so there is nothing to put into an archive.")
    # Nothing of it may be downloaded, and the sentence about any of it says which rule refused.
    require(actor, Right.DOWNLOAD, seen)
    require_openable(actor, _version(seen), Right.DOWNLOAD)


def _refuse_too_much(count: int, size: int) -> None:
    most = settings.MAX_ARCHIVE_FILES
    if count > most:
        raise TooLarge(
            f"There are more than {most} files here, the most one archive may hold. Take a folder at a time."
        )
    if size > settings.MAX_ARCHIVE_BYTES:
        limit = filesize(settings.MAX_ARCHIVE_BYTES)
        raise TooLarge(f"These files have {filesize(size)}; one archive may hold {limit}. Take a folder at a time.")


def _assemble(actor: User, layout: _Layout, taken: Sequence[Item], left_out: Sequence[Item]) -> ZipStream:
    stream, sums = ZipStream(sized=True), []
    # Bytes flow after the request has left the middleware; what is recorded then still belongs to it.
    context = copy_context()
    for path in layout.folders.values():
        stream.mkdir(path)
    for file in taken:
        version, path = _version(file), layout.place(file)
        stream.add(_bytes_of(actor, version, context), path, size=version.plaintext_size)
        sums.append(f"{bytes(version.plaintext_sha256).hex()}  {path}\n")
    stream.add("".join(sums), SUMS)
    if left_out:
        stream.add(_LEFT_OUT_WORDS + "".join(f"{layout.place(file)}\n" for file in left_out), LEFT_OUT)
    return stream


def _bytes_of(actor: User, version: Version, context: Context) -> Iterator[bytes]:
    """Open a file when its turn comes, which may be long after the archive began: with nothing remembered from then."""
    if not context.run(credential_stands):
        raise Refused(ENDED, right=Right.DOWNLOAD.value, subject=version)
    actor = User.objects.get(pk=actor.pk)
    if not Item.objects.filter(pk=version.file_id, removed_at=None).exists():
        raise Gone(f"“{version.file.name}” was removed while the archive was made. Start it again.")
    opened = context.run(partial(open_version, actor=actor, version=version, right=Right.DOWNLOAD))
    yield from opened.iter_range(0, opened.size)


def _version(file: Item) -> Version:
    version = file.current_version
    assert version is not None  # noqa: S101  the deeds never leave a file without one
    return version

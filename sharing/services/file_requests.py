"""Requests for files: a link by which somebody outside delivers into one folder, and what they deliver."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Sum

from accounts.models import User
from core.access import require
from core.errors import InvalidInput, Refused
from ledger_bridge.recording import record
from sharing import events as sharing_events
from sharing.links import events, inbox, notices
from sharing.links.kinds import promises, takes
from sharing.links.limits import (
    check_fits,
    check_limits,
    check_room_for_link,
    checked_address,
    checked_end,
    checked_line,
    wrong_kind,
)
from sharing.links.models import DeliveredFile, FileRequest, Link
from sharing.links.tokens import new_secret
from sharing.services import checks
from workspaces.models import Item, Outsider, Upload
from workspaces.names import clean_name
from workspaces.permissions import Right
from workspaces.sealing import SealedUpload
from workspaces.services import add_file, begin_upload

_OTHER = "This came through another link. Nothing was stored."


@transaction.atomic
def make_file_request(
    *,
    actor: User,
    folder: Item,
    expires_at: datetime,
    most_files: int,
    most_bytes: int,
    title: str = "",
    instructions: str = "",
    kinds: Collection[str] = (),
    email: str = "",
) -> tuple[FileRequest, str]:
    """Make a link by which whoever has it delivers files into a folder. Return it and its token, which is not kept.

    Raises:
        Refused: without the right to upload to the folder, or to share it.
        InvalidInput: for a file, an end that does not lie ahead, or limits that are none.
        Conflict: when very many links of the workspace are open.

    """
    require(actor, Right.UPLOAD, folder)
    require(actor, Right.SHARE, folder)
    if not folder.is_folder:
        raise InvalidInput("Choose a folder: files are delivered into one.")
    workspace = checks.lock_workspace(folder.workspace)
    check_room_for_link(workspace.pk)
    check_limits(most_files, most_bytes, kinds)
    token, digest = new_secret()
    request = FileRequest.objects.create(
        kind=Link.Kind.REQUEST,
        workspace=workspace,
        item=folder,
        digest=digest,
        email=checked_address(email) if email else "",
        made_by=actor,
        expires_at=checked_end(expires_at),
        title=checked_line(title, "title"),
        instructions=checks.said(instructions, field="instructions", longest=4000),
        kinds=sorted(kinds),
        most_files=most_files,
        most_bytes=most_bytes,
    )
    record(_made(request), actor=actor, subject=request)
    return request, token


def check_delivery(*, actor: Outsider, request: FileRequest, size: int, name: str = "") -> None:
    """Say early that a file will not be taken, where `deliver_file` would say so after all its bytes have come.

    Raises:
        Refused: the link does not open any more.
        Conflict: it has taken as many files or bytes as it takes.
        InvalidInput: the name promises a kind that it does not take.

    """
    _require_open(actor, request)
    check_fits(request, size)
    if name and not promises(request.kinds, name):
        raise wrong_kind(request)


def begin_delivery(
    *, actor: Outsider, request: FileRequest, name: str, size: int, modified: int | None = None
) -> Upload:
    """Reserve room for a file that will arrive piece by piece; what is on its way already counts as well.

    Raises:
        Refused: the link does not open any more.
        Conflict: it takes no more files or bytes.
        InvalidInput: the name promises a kind that it does not take.

    """
    check_delivery(actor=actor, request=request, size=size, name=name)
    came = Outsider.objects.filter(link=request.pk)
    coming = Upload.objects.filter(brought_by__in=came).unfinished().aggregate(files=Count("pk"), size=Sum("size"))
    check_fits(request, size, files=coming["files"], coming=coming["size"] or 0)
    return begin_upload(
        actor=actor, workspace=request.workspace, into=request.item, name=name, size=size, modified=modified
    )


@transaction.atomic
def deliver_file(*, actor: Outsider, request: FileRequest, name: str, sealed: SealedUpload) -> DeliveredFile:
    """Put a sealed file into the folder of a request, as brought by whoever came through its link.

    Whoever is told of the name learns nothing of the folder: a file there of the same name stays, and this one is
    numbered.

    Raises:
        Refused: the link does not open any more.
        Conflict: it has taken as many files or bytes as it takes.
        InvalidInput: it is of a kind that the request does not take.

    """
    found = FileRequest.objects.select_for_update(no_key=True, of=("self", "link_ptr")).get(pk=request.pk)
    # Closing waits for this row, or this finds that it was closed.
    _require_open(actor, found)
    given, content = clean_name(name), sealed.stored.content
    check_fits(found, content.plaintext_size)
    if not takes(found.kinds, sealed.media_type(given)):
        raise wrong_kind(found)
    version = add_file(actor=actor, workspace=found.workspace, parent=found.item, name=given, sealed=sealed)
    found.files, found.size = found.files + 1, found.size + content.plaintext_size
    found.save(update_fields=["files", "size"])
    event = events.FileDelivered(
        request=str(found.pk),
        size=content.plaintext_size,
        sha256=content.plaintext_sha256.hex(),
        proved=actor.proved,
    )
    entry = record(event, actor=actor, subject=version)
    if not DeliveredFile.objects.filter(outsider=actor).exists():
        notices.tell_of_delivery(found)
        inbox.tell_of_delivery(found, actor)
    return DeliveredFile.objects.create(version=version, request=found, outsider=actor, name=given, entry=UUID(entry))


def _require_open(actor: Outsider, request: FileRequest) -> None:
    """Refuse whoever came through another link, also one to the same folder, and everybody once it is shut."""
    if actor.link != request.pk:
        raise Refused(_OTHER, right=Right.UPLOAD.value)
    require(actor, Right.UPLOAD, request.item)


def _made(request: FileRequest) -> events.FileRequestMade:
    return events.FileRequestMade(
        request=str(request.pk),
        whom="one" if request.email else "anybody",
        kinds=", ".join(request.kinds),
        most_files=request.most_files,
        most_bytes=request.most_bytes,
        until=sharing_events.until(request.expires_at),
    )

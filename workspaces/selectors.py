"""Answers that pages and other rooms ask for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet

from accounts.models import User
from core.access import rights_on_each, visible_to
from ledger_bridge.receipts import ProofState, proof_states
from workspaces.acknowledging.selectors import AskShown, asks_on
from workspaces.archive_rules import is_no_office
from workspaces.asking import has_role
from workspaces.binding import erased_uploads
from workspaces.inspection import State
from workspaces.media_types import claimed_type, decide, encoding_in_words, icon_of, type_in_words
from workspaces.models import Item, Lock, Tag, Version, Workspace
from workspaces.names import name_key
from workspaces.organising.selectors import locks_on, tags_of
from workspaces.permissions import Right
from workspaces.scanning.rules import ScanShown, shown

PAGE = 50
SORTS = {"name": "Name", "date": "Last changed", "size": "Size"}
WORKSPACE_SORTS = {"name": "Name", "date": "Newest"}

_ORDER = {
    "name": ["-kind", "name_key", "id"],
    "date": ["-kind", "-changed_at", "id"],
    "size": ["-kind", "-current_version__plaintext_size", "id"],
}
_WORKSPACE_ORDER = {"name": ["name", "id"], "date": ["-created_at", "id"]}

May = dict[str, bool]
"""What a person may do with one thing, by the right's short name, for templates."""


@dataclass(frozen=True)
class Row:
    """One line of a listing; `places` are the folders it lies in, as far as the reader may see them."""

    thing: Any
    may: May
    places: Sequence[Item] = ()
    tags: Sequence[Tag] = ()
    lock: Lock | None = None

    @property
    def icon(self) -> str:
        if self.thing.is_folder:
            return "folder"
        return icon_of(self.thing.current_version.media_type) if self.thing.current_version else "file"

    @property
    def is_unsafe_archive(self) -> bool:
        return self.thing.current_version is not None and self.thing.current_version.archive == State.UNSAFE

    @property
    def contradicts(self) -> bool:
        return self.thing.current_version is not None and contradicts(self.thing.current_version, self.thing.name)


@dataclass(frozen=True)
class Listing:
    """A page of rows; `may` is what the person may do with the place that is listed."""

    page: Page[Any]
    rows: list[Row]
    may: May

    @property
    def some_may(self) -> May:
        """What the person may do with at least one of the rows."""
        return {right.codename: any(row.may[right.codename] for row in self.rows) for right in Right}


@dataclass(frozen=True)
class VersionRow:
    version: Version
    proof: ProofState
    scan: ScanShown
    is_erased: bool = False
    """What the ledger said about its upload was erased."""
    asked: AskShown | None = None
    """What whoever looks is asked to acknowledge about it."""

    @property
    def is_shut(self) -> bool:
        """True while it does not open for whoever looks, whatever their rights."""
        return self.scan.held or (self.asked is not None and self.asked.keeps_shut)

    @property
    def type_in_words(self) -> str:
        return type_in_words(self.version.media_type)

    @property
    def encoding(self) -> str:
        return encoding_in_words(self.version.detected_type)

    @property
    def contradiction(self) -> str:
        """A sentence about a name that promises something else than the bytes are, or nothing."""
        if not contradicts(self.version, self.version.file.name):
            return ""
        return (
            f"By its name this is “{self.promised_in_words}”, by its first bytes “{self.type_in_words}”. It is kept,"
            " and never shown. Do not open it as what its name says unless you know why."
        )

    @property
    def promised_in_words(self) -> str:
        """What the name of the file, as it is now, promises."""
        return type_in_words(claimed_type(self.version.file.name) or "")

    @property
    def is_remarkable_archive(self) -> bool:
        return self.version.archive in {State.UNSEEN, State.UNSAFE}

    @property
    def is_unsafe_archive(self) -> bool:
        return self.version.archive == State.UNSAFE

    @property
    def archive_in_words(self) -> str:
        """How far an archive was looked into; what stands out is said in a notice of its own."""
        return "See the note about this archive" if self.is_remarkable_archive else self.version.archive_finding

    @property
    def sha256(self) -> str:
        return bytes(self.version.plaintext_sha256).hex()


def list_workspaces(user: User, *, query: str = "", sort: str = "name", page: str | int = 1) -> Listing:
    found = Workspace.objects.visible_to(user).select_related("owner__institution")
    if query:
        found = found.filter(name__icontains=query)
    return _listing(user, found.order_by(*_WORKSPACE_ORDER.get(sort, _WORKSPACE_ORDER["name"])), page, {})


def list_items(
    user: User,
    workspace: Workspace,
    folder: Item | None,
    *,
    query: str = "",
    tag: Tag | None = None,
    sort: str = "name",
    page: str | int = 1,
) -> Listing:
    """Return a page of a folder; with a query or a tag, a page of what has it anywhere in the workspace."""
    may = may_on(user, folder or workspace)
    # Somebody without a role was let into single items, and needs to find them at the top.
    only_view = [right for right, given in may.items() if given] == [Right.VIEW.codename]
    let_in = folder is None and only_view and not has_role(user, workspace)
    found = _found_items(user, workspace, folder, query, tag, let_in=let_in)
    listing = _listing(user, found.order_by(*_ORDER.get(sort, _ORDER["name"])), page, may)
    rows = with_marks(listing.rows)
    return Listing(listing.page, with_places(user, rows) if query or tag else rows, may)


def list_bin(user: User, workspace: Workspace, *, page: str | int = 1) -> Listing:
    removed = Item.objects.filter(workspace=workspace).in_bin(user).select_related("current_version")
    return _listing(user, removed.order_by("-removed_at", "id"), page, may_on(user, workspace))


def list_versions(user: User, file: Item) -> list[VersionRow]:
    versions = list(file.versions.select_related("created_by__institution", "brought_by", "scan"))
    states = proof_states([version.entry for version in versions])
    erased, asked = erased_uploads(versions), asks_on(user, versions)
    return [
        VersionRow(
            version,
            states[str(version.entry)],
            shown(version, getattr(version, "scan", None)),
            version.pk in erased,
            asked.get(version.pk),
        )
        for version in versions
    ]


def with_places(user: User, rows: Sequence[Row]) -> list[Row]:
    """Add to rows from anywhere the folders they lie in, as far as the person may see those."""
    places = _visible_folders(user, {above for row in rows for above in row.thing.path[:-1]})
    return [replace(row, places=_known(row.thing, places)) for row in rows]


def with_marks(rows: Sequence[Row]) -> list[Row]:
    """Add to rows about items their tags, and the lock that stands on them."""
    items = [row.thing for row in rows]
    tags, locks = tags_of(items), locks_on(items)
    return [replace(row, tags=tags.get(row.thing.pk, ()), lock=locks.get(row.thing.pk)) for row in rows]


def folders_above(user: User, item: Item) -> list[Item]:
    """Return the folders an item lies in, from the top, without those that the person may not see."""
    return _known(item, _visible_folders(user, set(item.path[:-1])))


def subfolders(user: User, workspace: Workspace, folder: Item | None) -> list[Item]:
    return list(Item.objects.visible_to(user).in_folder(workspace, folder).folders().order_by("name_key")[:500])


def contradicts(version: Version, name: str) -> bool:
    """Say whether a name promises another kind than the bytes of a version are, as far as they were looked at."""
    if not version.detected_type:
        return version.type_mismatch
    return decide(version.detected_type, name, is_no_office=is_no_office(version.archive)).mismatch


def may_on(user: User, thing: Model) -> May:
    return _may(rights_on_each(user, [thing])[thing.pk])


def workspace_names(ids: Collection[str]) -> dict[str, str]:
    return {str(pk): name for pk, name in Workspace.objects.filter(pk__in=ids).values_list("pk", "name")}


def item_names(ids: Collection[str]) -> dict[str, str]:
    named = Item.objects.filter(pk__in=ids, shredded_at=None)
    return {str(pk): name for pk, name in named.values_list("pk", "name")}


def workspace_names_shown_to(user: Any, ids: Collection[str]) -> dict[str, str]:
    shown = Workspace.objects.filter(pk__in=ids).visible_to(user)
    return {str(pk): name for pk, name in shown.order_by().values_list("pk", "name")}


def item_names_shown_to(user: Any, ids: Collection[str]) -> dict[str, str]:
    """Return the names of items that the person may view, those in the bin among them."""
    shown = visible_to(Item.objects.filter(pk__in=ids, shredded_at=None), user)
    return {str(pk): name for pk, name in shown.order_by().values_list("pk", "name")}


def workspaces_called(text: str) -> QuerySet[Workspace]:
    return Workspace.objects.filter(name__icontains=text)


def items_called(text: str) -> QuerySet[Item]:
    """Find items, those in the bin among them, by the beginning of their name: that is what an index answers."""
    return Item.objects.filter(name_key__startswith=name_key(text))


def _listing(user: User, found: QuerySet[Any], page: str | int, may: May) -> Listing:
    on_page = Paginator(found, PAGE).get_page(page)
    things = list(on_page.object_list)
    rights = rights_on_each(user, things) if things else {}
    return Listing(on_page, [Row(thing, _may(rights[thing.pk])) for thing in things], may)


def _found_items(
    user: User, workspace: Workspace, folder: Item | None, query: str, tag: Tag | None, *, let_in: bool
) -> QuerySet[Item]:
    related = ("current_version", "created_by", "brought_by")
    visible = Item.objects.visible_to(user).filter(workspace=workspace).select_related(*related)
    if query or tag:
        tagged = visible.filter(taggings__tag=tag) if tag else visible
        return tagged.filter(name__icontains=query) if query else tagged
    if let_in:
        return visible.exclude(parent__in=Item.objects.visible_to(user).filter(workspace=workspace))
    return visible.in_folder(workspace, folder)


def _visible_folders(user: User, ids: set[UUID]) -> dict[UUID, Item]:
    if not ids:
        return {}
    return {folder.id: folder for folder in Item.objects.visible_to(user).filter(pk__in=ids)}


def _known(item: Item, folders: dict[UUID, Item]) -> list[Item]:
    return [folders[above] for above in item.path[:-1] if above in folders]


def _may(rights: frozenset[str]) -> May:
    return {right.codename: right.value in rights for right in Right}

"""Finds what a path such as `Study/Images/scan.dcm` means. Every part is a name, or the id of the thing."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ithaca_client.api import Api
from ithaca_client.errors import NotFoundError, UsageError

Row = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """A workspace, and a folder or file in it unless the workspace itself is meant."""

    workspace: Row
    item: Row | None = None

    @property
    def is_file(self) -> bool:
        return self.item is not None and self.item["kind"] == "file"

    @property
    def folder(self) -> str | None:
        """The id of the folder; none at the top of the workspace."""
        return self.item["id"] if self.item else None


def find_place(api: Api, path: str) -> Place:
    """Return what a path leads to.

    Raises:
        NotFoundError: nothing, for this person.
        UsageError: several things.

    """
    first, *rest = [part for part in path.split("/") if part]
    place = Place(_one(api.all("/api/v1/workspaces/"), first, "workspace"))
    for part in rest:
        if place.is_file:
            raise NotFoundError(f"“{place.item and place.item['name']}” is a file; nothing lies in it.")
        place = Place(place.workspace, _one(listed(api, place), part, "folder or file"))
    return place


def find_file(api: Api, path: str) -> Row:
    place = find_place(api, path)
    if place.item is None or not place.is_file:
        raise UsageError(f"“{path}” is not a file. Name one: “Workspace/Folder/file”.")
    return place.item


def listed(api: Api, place: Place) -> Any:
    """Yield what lies in a folder, or at the top of a workspace."""
    return api.all(f"/api/v1/workspaces/{place.workspace['id']}/items/", folder=place.folder)


def _one(rows: Any, wanted: str, what: str) -> Row:
    key = "id" if _is_id(wanted) else "name"
    found = [row for row in rows if str(row[key]) == wanted]
    if not found:
        raise NotFoundError(f"There is no {what} “{wanted}” for you.")
    if len(found) > 1:
        ids = ", ".join(row["id"] for row in found)
        raise UsageError(f"Several are called “{wanted}”. Give the id of one: {ids}")
    return dict(found[0])


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False

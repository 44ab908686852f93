"""The deeds of this room, one module per noun."""

from workspaces.services.files import OnConflict, add_file, seal_upload, upload_version
from workspaces.services.folders import create_folder
from workspaces.services.items import describe_item, move_item, remove_item, rename_item, restore_item
from workspaces.services.reading import OpenedVersion, open_version
from workspaces.services.workspaces import (
    archive_workspace,
    create_workspace,
    describe_workspace,
    rename_workspace,
    reopen_workspace,
)

__all__ = [
    "OnConflict",
    "OpenedVersion",
    "add_file",
    "archive_workspace",
    "create_folder",
    "create_workspace",
    "describe_item",
    "describe_workspace",
    "move_item",
    "open_version",
    "remove_item",
    "rename_item",
    "rename_workspace",
    "reopen_workspace",
    "restore_item",
    "seal_upload",
    "upload_version",
]

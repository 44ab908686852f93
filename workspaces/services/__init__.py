"""The deeds of this room, one module per noun."""

from workspaces.services.files import OnConflict, add_file, seal_upload, upload_version
from workspaces.services.folders import create_folder
from workspaces.services.items import describe_item, move_item, remove_item, rename_item, restore_item
from workspaces.services.reading import OpenedVersion, open_version
from workspaces.services.uploads import (
    begin_upload,
    decide_upload,
    discard_upload,
    expire_uploads,
    finish_upload,
    finish_uploads,
    receive_bytes,
)
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
    "begin_upload",
    "create_folder",
    "create_workspace",
    "decide_upload",
    "describe_item",
    "describe_workspace",
    "discard_upload",
    "expire_uploads",
    "finish_upload",
    "finish_uploads",
    "move_item",
    "open_version",
    "receive_bytes",
    "remove_item",
    "rename_item",
    "rename_workspace",
    "reopen_workspace",
    "restore_item",
    "seal_upload",
    "upload_version",
]

"""The deeds of this room, one module per noun."""

from workspaces.services.acknowledgements import (
    ASKED_ANEW,
    acknowledge,
    ask_acknowledgement,
    withdraw_acknowledgement,
)
from workspaces.services.activity import export_activity, view_activity
from workspaces.services.archives import Archive, open_archive
from workspaces.services.bulk import move_items, remove_items, restore_items
from workspaces.services.conversation import change_comment, take_back_comment, write_comment
from workspaces.services.escrow import (
    ESCROW_WORKER,
    MadeEscrow,
    drill_escrow,
    make_escrow,
    record_restored_escrow,
    renew_escrow,
    restore_escrow,
)
from workspaces.services.favourites import keep_at_hand
from workspaces.services.files import OnConflict, add_file, seal_upload, upload_version
from workspaces.services.folders import create_folder, make_folders
from workspaces.services.following import follow
from workspaces.services.handing_over import (
    TakenHandOver,
    end_hand_overs,
    hand_over_version,
    open_hand_over,
    take_hand_over_receipt,
)
from workspaces.services.installation import make_installation_key, open_foreign_file
from workspaces.services.items import describe_item, move_item, remove_item, rename_item, restore_item
from workspaces.services.keys import destroy_root, finish_rotation, rotate_root, rotate_workspace_key
from workspaces.services.locks import lift_lock, lock_file
from workspaces.services.participants import export_participant, mark_about, unmark_about, view_participant
from workspaces.services.quotas import set_institution_limit, set_workspace_limit
from workspaces.services.reading import OpenedVersion, open_version
from workspaces.services.recipients import register_recipient_key, remove_recipient_key
from workspaces.services.removals import (
    ask_for_removal,
    confirm_removal,
    decline_removal,
    finish_removals,
    set_retention,
)
from workspaces.services.spotlight import set_spotlight
from workspaces.services.tags import remove_tag, rename_tag, tag_item, untag_item
from workspaces.services.terms import TERMS_CHANGED, acknowledge_terms, set_terms, withdraw_terms
from workspaces.services.undoing import forget_undoables, undo_deed
from workspaces.services.uploads import (
    begin_upload,
    decide_upload,
    discard_upload,
    expire_uploads,
    finish_upload,
    finish_uploads,
    receive_bytes,
)
from workspaces.services.viewing import (
    end_viewings,
    note_shown,
    record_page,
    record_printing,
    record_text,
    view_version,
)
from workspaces.services.workspaces import (
    allow_names_in_mails,
    archive_workspace,
    create_workspace,
    describe_workspace,
    rename_workspace,
    reopen_workspace,
)

__all__ = [
    "ASKED_ANEW",
    "ESCROW_WORKER",
    "TERMS_CHANGED",
    "Archive",
    "MadeEscrow",
    "OnConflict",
    "OpenedVersion",
    "TakenHandOver",
    "acknowledge",
    "acknowledge_terms",
    "add_file",
    "allow_names_in_mails",
    "archive_workspace",
    "ask_acknowledgement",
    "ask_for_removal",
    "begin_upload",
    "change_comment",
    "confirm_removal",
    "create_folder",
    "create_workspace",
    "decide_upload",
    "decline_removal",
    "describe_item",
    "describe_workspace",
    "destroy_root",
    "discard_upload",
    "drill_escrow",
    "end_hand_overs",
    "end_viewings",
    "expire_uploads",
    "export_activity",
    "export_participant",
    "finish_removals",
    "finish_rotation",
    "finish_upload",
    "finish_uploads",
    "follow",
    "forget_undoables",
    "hand_over_version",
    "keep_at_hand",
    "lift_lock",
    "lock_file",
    "make_escrow",
    "make_folders",
    "make_installation_key",
    "mark_about",
    "move_item",
    "move_items",
    "note_shown",
    "open_archive",
    "open_foreign_file",
    "open_hand_over",
    "open_version",
    "receive_bytes",
    "record_page",
    "record_printing",
    "record_restored_escrow",
    "record_text",
    "register_recipient_key",
    "remove_item",
    "remove_items",
    "remove_recipient_key",
    "remove_tag",
    "rename_item",
    "rename_tag",
    "rename_workspace",
    "renew_escrow",
    "reopen_workspace",
    "restore_escrow",
    "restore_item",
    "restore_items",
    "rotate_root",
    "rotate_workspace_key",
    "seal_upload",
    "set_institution_limit",
    "set_retention",
    "set_spotlight",
    "set_terms",
    "set_workspace_limit",
    "tag_item",
    "take_back_comment",
    "take_hand_over_receipt",
    "undo_deed",
    "unmark_about",
    "untag_item",
    "upload_version",
    "view_activity",
    "view_participant",
    "view_version",
    "withdraw_acknowledgement",
    "withdraw_terms",
    "write_comment",
]

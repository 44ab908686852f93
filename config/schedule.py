"""What the timer wakes, and how often, in seconds.

A wake-up that nobody took in time expires: the next one does its work.
"""

from typing import Any

SCHEDULE: dict[str, Any] = {
    "sequence the ledger": {"task": "ledger_bridge.sequence", "schedule": 1.0, "options": {"expires": 1.0}},
    "anchor on a chain": {"task": "ledger_bridge.anchor_on_chain", "schedule": 10.0, "options": {"expires": 10.0}},
    "timestamp a checkpoint": {"task": "ledger_bridge.timestamp", "schedule": 10.0, "options": {"expires": 10.0}},
    "finish erasures": {"task": "ledger_bridge.finish_erasures", "schedule": 60.0, "options": {"expires": 60.0}},
    "store tiles of the ledger": {"task": "ledger_bridge.store_tiles", "schedule": 5.0, "options": {"expires": 5.0}},
    "sort tags": {"task": "ledger_bridge.sort_tags", "schedule": 5.0, "options": {"expires": 5.0}},
    "make partitions of the ledger": {"task": "ledger_bridge.make_partitions", "schedule": 3600.0},
    "check a part of the ledger": {"task": "ledger_bridge.check", "schedule": 60.0, "options": {"expires": 60.0}},
    "continue rotations of keys": {
        "task": "workspaces.continue_rotations",
        "schedule": 60.0,
        "options": {"expires": 60.0},
    },
    "keep the escrow of the keys": {"task": "workspaces.keep_escrow", "schedule": 300.0, "options": {"expires": 300.0}},
    "check stored files": {"task": "workspaces.check_stored_files", "schedule": 600.0, "options": {"expires": 600.0}},
    "scan uploads": {"task": "workspaces.scan_uploads", "schedule": 60.0, "options": {"expires": 60.0}},
    "sweep orphaned blobs": {"task": "workspaces.sweep_orphans", "schedule": 3600.0},
    "finish uploads": {"task": "workspaces.finish_uploads", "schedule": 30.0, "options": {"expires": 30.0}},
    "expire uploads": {"task": "workspaces.expire_uploads", "schedule": 300.0, "options": {"expires": 300.0}},
    "finish removals": {"task": "workspaces.finish_removals", "schedule": 60.0, "options": {"expires": 60.0}},
    "end viewings": {"task": "workspaces.end_viewings", "schedule": 60.0, "options": {"expires": 60.0}},
    "forget what can be undone no more": {"task": "workspaces.forget_undoables", "schedule": 600.0},
    "end hand-overs": {"task": "workspaces.end_hand_overs", "schedule": 3600.0},
    "expire approvals": {"task": "accounts.expire_approvals", "schedule": 3600.0},
    "remind of expiry": {"task": "accounts.remind_of_expiry", "schedule": 86400.0},
    "mail notices": {"task": "accounts.mail_notices", "schedule": 60.0, "options": {"expires": 60.0}},
    "forget old notices": {"task": "accounts.forget_old_notices", "schedule": 86400.0},
    "record expired grants": {"task": "sharing.record_expired_grants", "schedule": 300.0},
    "end links": {"task": "sharing.end_links", "schedule": 300.0, "options": {"expires": 300.0}},
    "announce ends of access": {"task": "sharing.announce_ends", "schedule": 3600.0, "options": {"expires": 3600.0}},
    "watch reviews of access": {"task": "sharing.watch_reviews", "schedule": 600.0, "options": {"expires": 600.0}},
    "watch requests for access": {"task": "sharing.watch_requests", "schedule": 600.0, "options": {"expires": 600.0}},
    "send invitations": {"task": "sharing.send_invitations", "schedule": 300.0},
    "feed the audit repository": {"task": "ledger_bridge.feed", "schedule": 5.0, "options": {"expires": 5.0}},
}

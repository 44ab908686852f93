"""What of a role or an exception undoing its end needs."""

from typing import Any


def kept_of(grant: Any) -> dict[str, Any]:
    """Return what was given, where, to whom, until when, why and under which condition, as JSON can keep it."""
    person, group = getattr(grant, "user_id", None), getattr(grant, "group_id", None)
    return {
        "on": str(grant.content_object_id),
        "what": grant.permission.codename,
        "effect": getattr(grant, "effect", ""),
        "person": str(person) if person else "",
        "group": group,
        "expires_at": grant.expires_at.isoformat() if grant.expires_at else "",
        "purpose": grant.purpose,
        "condition": str(grant.condition_id or ""),
    }

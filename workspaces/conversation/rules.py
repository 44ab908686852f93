"""What stands against changing or destroying what somebody said."""

from core.access import Actor
from core.errors import Conflict, Refused
from ledger_bridge.erasure.rules import hold_on
from workspaces.models import Comment
from workspaces.permissions import Right


def require_author(actor: Actor, comment: Comment) -> None:
    if actor.ledger_id != str(comment.author_id):
        raise Refused("Only whoever wrote a comment can change it.", right=Right.COMMENT.value, subject=comment.file)


def require_no_hold(comment: Comment) -> None:
    """Refuse to destroy what a legal hold keeps.

    Raises:
        Conflict: saying on what ground.

    """
    file = comment.file
    subjects = {
        "workspace": {str(file.workspace_id)},
        "item": {str(one) for one in file.path},
        "person": {str(comment.author_id)},
    }
    if hold := hold_on(subjects):
        raise Conflict(f"A legal hold keeps what was said here: {hold.reason}")

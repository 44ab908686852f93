"""The deeds of this room, split by noun."""

from accounts.services.applications import (
    Particulars,
    answer_application,
    apply,
    apply_again,
    approve_application,
    ask_for_more,
    open_evidence,
    refuse_application,
    withdraw_application,
)
from accounts.services.appointments import (
    INSTALLER,
    Founder,
    confirm_admin,
    decline_admin,
    found_commission,
    propose_admin,
)
from accounts.services.inbox import choose_mail, mark_all_read, mark_read
from accounts.services.institutions import create_institution
from accounts.services.own_account import (
    add_factor,
    change_profile,
    end_other_sessions,
    end_session,
    make_recovery_codes,
    note_password_change,
    remove_factor,
    rename_passkey,
    use_recovery_code,
)
from accounts.services.standing import (
    expire_approvals,
    lift_suspension,
    remind_of_expiry,
    renew_approval,
    suspend_contributor,
)
from accounts.services.suspensions import confirm_suspension, decline_suspension, propose_suspension
from accounts.services.tokens import make_api_token, revoke_api_token

__all__ = [
    "INSTALLER",
    "Founder",
    "Particulars",
    "add_factor",
    "answer_application",
    "apply",
    "apply_again",
    "approve_application",
    "ask_for_more",
    "change_profile",
    "choose_mail",
    "confirm_admin",
    "confirm_suspension",
    "create_institution",
    "decline_admin",
    "decline_suspension",
    "end_other_sessions",
    "end_session",
    "expire_approvals",
    "found_commission",
    "lift_suspension",
    "make_api_token",
    "make_recovery_codes",
    "mark_all_read",
    "mark_read",
    "note_password_change",
    "open_evidence",
    "propose_admin",
    "propose_suspension",
    "refuse_application",
    "remind_of_expiry",
    "remove_factor",
    "rename_passkey",
    "renew_approval",
    "revoke_api_token",
    "suspend_contributor",
    "use_recovery_code",
    "withdraw_application",
]

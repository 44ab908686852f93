"""The tables of this room, split by noun."""

from accounts.models.applications import (
    AdminAppointment,
    Application,
    ApplicationMessage,
    ApprovalNotice,
    TermsVersion,
)
from accounts.models.factors import RecoveryCode, TotpUse, WalkthroughLogin
from accounts.models.people import Institution, User, UserManager

__all__ = [
    "AdminAppointment",
    "Application",
    "ApplicationMessage",
    "ApprovalNotice",
    "Institution",
    "RecoveryCode",
    "TermsVersion",
    "TotpUse",
    "User",
    "UserManager",
    "WalkthroughLogin",
]

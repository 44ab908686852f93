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
from accounts.models.suspensions import AdminSuspension

__all__ = [
    "AdminAppointment",
    "AdminSuspension",
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

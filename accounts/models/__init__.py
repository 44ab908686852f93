"""The tables of this room, split by noun."""

from accounts.inbox.models import MailChoice, Notice
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
from accounts.models.tokens import ApiToken

__all__ = [
    "AdminAppointment",
    "AdminSuspension",
    "ApiToken",
    "Application",
    "ApplicationMessage",
    "ApprovalNotice",
    "Institution",
    "MailChoice",
    "Notice",
    "RecoveryCode",
    "TermsVersion",
    "TotpUse",
    "User",
    "UserManager",
    "WalkthroughLogin",
]

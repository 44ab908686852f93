"""What is recorded about people: their applications, standing, roles, and how they sign in.

An event names the person it is about by id (the entry's `person`), never by name or address.
"""

from dataclasses import dataclass

from accounts.models import User
from ledger_bridge.events import Event

_ROLES = {"role": {role.value: role.label.lower() for role in User.Role}}
_FACTORS = {
    "totp": "authenticator app",
    "webauthn": "passkey",
    "recovery_codes": "recovery code",
    "mfa": "second factor",
}


@dataclass(frozen=True, kw_only=True)
class InstitutionCreated(Event):
    kind = "institution.created"
    label = "Institution entered"
    sentence = "entered the institution “{name}” ({country})"
    action = "C"
    dicom_code = "110136"
    institution: str
    name: str
    country: str


@dataclass(frozen=True, kw_only=True)
class ApplicationSubmitted(Event):
    kind = "application.submitted"
    label = "Application sent"
    sentence = "applied to become a contributor and accepted the terms, version {terms}"
    action = "C"
    application: str
    terms: str
    with_document: bool


@dataclass(frozen=True, kw_only=True)
class ApplicationAnswered(Event):
    kind = "application.answered"
    label = "Reviewer answered"
    sentence = "answered the reviewer's question"
    action = "U"
    application: str
    with_document: bool


@dataclass(frozen=True, kw_only=True)
class ApplicationWithdrawn(Event):
    kind = "application.withdrawn"
    label = "Application withdrawn"
    sentence = "withdrew the application"
    action = "U"
    application: str


@dataclass(frozen=True, kw_only=True)
class MoreAsked(Event):
    kind = "application.more_asked"
    label = "More asked of applicant"
    sentence = "asked {person} for more"
    action = "U"
    application: str


@dataclass(frozen=True, kw_only=True)
class ApplicationApproved(Event):
    kind = "application.approved"
    label = "Application approved"
    sentence = "approved the application of {person} until {until}"
    action = "U"
    dicom_code = "110136"
    application: str
    institution: str
    until: str


@dataclass(frozen=True, kw_only=True)
class ApplicationRefused(Event):
    kind = "application.refused"
    label = "Application refused"
    sentence = "refused the application of {person}"
    action = "U"
    application: str


@dataclass(frozen=True, kw_only=True)
class EvidenceOpened(Event):
    kind = "application.evidence_opened"
    label = "Evidence opened"
    sentence = "opened the document of an application"
    action = "R"
    dicom_code = "110103"
    application: str
    document: str


@dataclass(frozen=True, kw_only=True)
class ApprovalRenewed(Event):
    kind = "approval.renewed"
    label = "Approval renewed"
    sentence = "renewed the approval of {person} until {until}"
    action = "U"
    dicom_code = "110136"
    until: str


@dataclass(frozen=True, kw_only=True)
class ApprovalReminded(Event):
    kind = "approval.reminded"
    label = "End of approval announced"
    sentence = "reminded {person} that the approval ends in {days} days"
    action = "E"
    days: int


@dataclass(frozen=True, kw_only=True)
class ApprovalExpired(Event):
    kind = "approval.expired"
    label = "Approval ended"
    sentence = "noted that the approval of {person} ended on {until}"
    action = "U"
    dicom_code = "110136"
    until: str


@dataclass(frozen=True, kw_only=True)
class ContributorSuspended(Event):
    kind = "contributor.suspended"
    label = "Approval suspended"
    sentence = "suspended the approval of {person}: {reason}"
    action = "U"
    dicom_code = "110136"
    reason: str
    sessions_ended: int


@dataclass(frozen=True, kw_only=True)
class SuspensionProposed(Event):
    kind = "suspension.proposed"
    label = "Suspension proposed"
    sentence = "proposed to suspend somebody who watches over others: {reason}"
    action = "C"
    dicom_code = "110136"
    suspension: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class SuspensionConfirmed(Event):
    kind = "suspension.confirmed"
    label = "Suspension confirmed"
    sentence = "confirmed the suspension as the second admin: {reason}"
    action = "U"
    dicom_code = "110136"
    suspension: str
    reason: str
    sessions_ended: int


@dataclass(frozen=True, kw_only=True)
class SuspensionDeclined(Event):
    kind = "suspension.declined"
    label = "Suspension declined"
    sentence = "declined the proposed suspension"
    action = "U"
    dicom_code = "110136"
    suspension: str


@dataclass(frozen=True, kw_only=True)
class SuspensionLifted(Event):
    kind = "contributor.suspension_lifted"
    label = "Suspension lifted"
    sentence = "lifted the suspension of {person}: {reason}"
    action = "U"
    dicom_code = "110136"
    reason: str


@dataclass(frozen=True, kw_only=True)
class AdminProposed(Event):
    kind = "appointment.proposed"
    label = "Appointment proposed"
    sentence = "proposed to appoint {person} as {role}"
    words = _ROLES
    action = "C"
    dicom_code = "110136"
    appointment: str
    role: str


@dataclass(frozen=True, kw_only=True)
class AdminConfirmed(Event):
    kind = "appointment.confirmed"
    label = "Appointment confirmed"
    sentence = "confirmed the appointment of {person} as {role}"
    words = _ROLES
    action = "U"
    dicom_code = "110136"
    appointment: str
    role: str


@dataclass(frozen=True, kw_only=True)
class AdminDeclined(Event):
    kind = "appointment.declined"
    label = "Appointment declined"
    sentence = "declined to appoint {person} as {role}"
    words = _ROLES
    action = "U"
    dicom_code = "110136"
    appointment: str
    role: str


@dataclass(frozen=True, kw_only=True)
class CommissionFounded(Event):
    kind = "appointment.founded"
    label = "First commission admin"
    sentence = "set up {person} as a first commission admin"
    action = "C"
    dicom_code = "110136"


@dataclass(frozen=True, kw_only=True)
class ProfileChanged(Event):
    kind = "profile.changed"
    label = "Profile changed"
    sentence = "changed the profile ({fields})"
    words = {"fields": {"time_zone": "time zone"}}
    action = "U"
    fields: str


@dataclass(frozen=True, kw_only=True)
class EmailConfirmed(Event):
    kind = "signin.email_confirmed"
    label = "E-mail address confirmed"
    sentence = "confirmed the e-mail address"
    action = "U"


@dataclass(frozen=True, kw_only=True)
class SignedIn(Event):
    kind = "signin.succeeded"
    label = "Signed in"
    sentence = "signed in ({methods})"
    words = {"methods": _FACTORS}
    dicom_code = "110122"
    methods: str


@dataclass(frozen=True, kw_only=True)
class SignInFailed(Event):
    kind = "signin.failed"
    label = "Sign-in failed"
    sentence = "tried to sign in with a wrong {factor}"
    dicom_code = "110122"
    factor: str


@dataclass(frozen=True, kw_only=True)
class SignedOut(Event):
    kind = "signin.ended"
    label = "Signed out"
    sentence = "signed out"
    dicom_code = "110123"


@dataclass(frozen=True, kw_only=True)
class SessionEnded(Event):
    kind = "signin.session_ended"
    label = "Session ended"
    sentence = "ended {count} of the person's sessions ({reason})"
    dicom_code = "110123"
    count: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class FactorAdded(Event):
    kind = "factor.added"
    label = "Second factor added"
    sentence = "added a second factor ({type})"
    words = {"type": _FACTORS}
    action = "C"
    dicom_code = "110137"
    type: str


@dataclass(frozen=True, kw_only=True)
class FactorRemoved(Event):
    kind = "factor.removed"
    label = "Second factor removed"
    sentence = "removed a second factor ({type})"
    words = {"type": _FACTORS}
    action = "D"
    dicom_code = "110137"
    type: str


@dataclass(frozen=True, kw_only=True)
class FactorRenamed(Event):
    kind = "factor.renamed"
    label = "Passkey renamed"
    sentence = "renamed a passkey"
    action = "U"
    dicom_code = "110137"


@dataclass(frozen=True, kw_only=True)
class RecoveryCodesMade(Event):
    kind = "factor.recovery_codes_made"
    label = "Recovery codes made"
    sentence = "made {count} recovery codes; earlier ones no longer work"
    action = "C"
    dicom_code = "110137"
    count: int


@dataclass(frozen=True, kw_only=True)
class RecoveryCodeUsed(Event):
    kind = "factor.recovery_code_used"
    label = "Recovery code used"
    sentence = "used a recovery code; {left} are left"
    dicom_code = "110137"
    left: int


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Event):
    kind = "password.changed"
    label = "Password changed"
    sentence = "changed the password ({how})"
    action = "U"
    dicom_code = "110137"
    how: str


@dataclass(frozen=True, kw_only=True)
class ApiTokenMade(Event):
    kind = "token.made"
    label = "Token for a program made"
    sentence = "made a token for a program ({scopes}), for {days} days"
    action = "C"
    dicom_code = "110137"
    token: str
    scopes: str
    days: int


@dataclass(frozen=True, kw_only=True)
class ApiTokenRevoked(Event):
    kind = "token.revoked"
    label = "Token for a program revoked"
    sentence = "revoked a token for a program ({reason})"
    action = "D"
    dicom_code = "110137"
    token: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ApiTokenRefused(Event):
    """Somebody came with a token that is expired or revoked: its owner may want to know."""

    kind = "token.refused"
    label = "Token for a program refused"
    sentence = "came with a token of {person} that is {state}, and was refused"
    action = "E"
    dicom_code = "110114"
    token: str
    state: str


@dataclass(frozen=True, kw_only=True)
class MailChosen(Event):
    """Which workspace it is about is nobody else's business, so the entry does not say."""

    kind = "notices.mail_chosen"
    label = "Mails about news chosen"
    sentence = "chose to be mailed about news {how}, for {where}"
    words = {
        "how": {"immediate": "at once", "daily": "once a day", "off": "never", "usual": "as everywhere else"},
        "where": {"one": "one workspace", "all": "everything else"},
    }
    action = "U"
    how: str
    where: str

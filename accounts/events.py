"""What is recorded about people: their applications, standing, roles, and how they sign in.

An event names the person it is about by id (the entry's `person`), never by name or address.
"""

from dataclasses import dataclass

from ledger_bridge.events import Event


@dataclass(frozen=True, kw_only=True)
class InstitutionCreated(Event):
    kind = "institution.created"
    sentence = "entered the institution “{name}” ({country})"
    action = "C"
    dicom_code = "110136"
    institution: str
    name: str
    country: str


@dataclass(frozen=True, kw_only=True)
class ApplicationSubmitted(Event):
    kind = "application.submitted"
    sentence = "applied to become a contributor and accepted the terms, version {terms}"
    action = "C"
    application: str
    terms: str
    with_document: bool


@dataclass(frozen=True, kw_only=True)
class ApplicationAnswered(Event):
    kind = "application.answered"
    sentence = "answered the reviewer's question"
    action = "U"
    application: str
    with_document: bool


@dataclass(frozen=True, kw_only=True)
class ApplicationWithdrawn(Event):
    kind = "application.withdrawn"
    sentence = "withdrew the application"
    action = "U"
    application: str


@dataclass(frozen=True, kw_only=True)
class MoreAsked(Event):
    kind = "application.more_asked"
    sentence = "asked the applicant for more"
    action = "U"
    application: str


@dataclass(frozen=True, kw_only=True)
class ApplicationApproved(Event):
    kind = "application.approved"
    sentence = "approved the application until {until}"
    action = "U"
    dicom_code = "110136"
    application: str
    institution: str
    until: str


@dataclass(frozen=True, kw_only=True)
class ApplicationRefused(Event):
    kind = "application.refused"
    sentence = "refused the application"
    action = "U"
    application: str


@dataclass(frozen=True, kw_only=True)
class EvidenceOpened(Event):
    kind = "application.evidence_opened"
    sentence = "opened the document of an application"
    action = "R"
    dicom_code = "110103"
    application: str
    document: str


@dataclass(frozen=True, kw_only=True)
class ApprovalRenewed(Event):
    kind = "approval.renewed"
    sentence = "renewed the approval until {until}"
    action = "U"
    dicom_code = "110136"
    until: str


@dataclass(frozen=True, kw_only=True)
class ApprovalReminded(Event):
    kind = "approval.reminded"
    sentence = "sent a reminder that the approval ends in {days} days"
    action = "E"
    days: int


@dataclass(frozen=True, kw_only=True)
class ApprovalExpired(Event):
    kind = "approval.expired"
    sentence = "noted that the approval ended on {until}"
    action = "U"
    dicom_code = "110136"
    until: str


@dataclass(frozen=True, kw_only=True)
class ContributorSuspended(Event):
    kind = "contributor.suspended"
    sentence = "suspended the approval: {reason}"
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
    sentence = "lifted the suspension: {reason}"
    action = "U"
    dicom_code = "110136"
    reason: str


@dataclass(frozen=True, kw_only=True)
class AdminProposed(Event):
    kind = "appointment.proposed"
    sentence = "proposed an appointment as {role}"
    action = "C"
    dicom_code = "110136"
    appointment: str
    role: str


@dataclass(frozen=True, kw_only=True)
class AdminConfirmed(Event):
    kind = "appointment.confirmed"
    sentence = "confirmed the appointment as {role}"
    action = "U"
    dicom_code = "110136"
    appointment: str
    role: str


@dataclass(frozen=True, kw_only=True)
class AdminDeclined(Event):
    kind = "appointment.declined"
    sentence = "declined the appointment as {role}"
    action = "U"
    dicom_code = "110136"
    appointment: str
    role: str


@dataclass(frozen=True, kw_only=True)
class CommissionFounded(Event):
    kind = "appointment.founded"
    sentence = "set up a first commission admin"
    action = "C"
    dicom_code = "110136"


@dataclass(frozen=True, kw_only=True)
class ProfileChanged(Event):
    kind = "profile.changed"
    sentence = "changed the profile ({fields})"
    action = "U"
    fields: str


@dataclass(frozen=True, kw_only=True)
class EmailConfirmed(Event):
    kind = "signin.email_confirmed"
    sentence = "confirmed the e-mail address"
    action = "U"


@dataclass(frozen=True, kw_only=True)
class SignedIn(Event):
    kind = "signin.succeeded"
    sentence = "signed in ({methods})"
    dicom_code = "110122"
    methods: str


@dataclass(frozen=True, kw_only=True)
class SignInFailed(Event):
    kind = "signin.failed"
    sentence = "tried to sign in with a wrong {factor}"
    dicom_code = "110122"
    factor: str


@dataclass(frozen=True, kw_only=True)
class SignedOut(Event):
    kind = "signin.ended"
    sentence = "signed out"
    dicom_code = "110123"


@dataclass(frozen=True, kw_only=True)
class SessionEnded(Event):
    kind = "signin.session_ended"
    sentence = "ended {count} of the person's sessions ({reason})"
    dicom_code = "110123"
    count: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class FactorAdded(Event):
    kind = "factor.added"
    sentence = "added a second factor ({type})"
    action = "C"
    dicom_code = "110137"
    type: str


@dataclass(frozen=True, kw_only=True)
class FactorRemoved(Event):
    kind = "factor.removed"
    sentence = "removed a second factor ({type})"
    action = "D"
    dicom_code = "110137"
    type: str


@dataclass(frozen=True, kw_only=True)
class FactorRenamed(Event):
    kind = "factor.renamed"
    sentence = "renamed a passkey"
    action = "U"
    dicom_code = "110137"


@dataclass(frozen=True, kw_only=True)
class RecoveryCodesMade(Event):
    kind = "factor.recovery_codes_made"
    sentence = "made {count} recovery codes; earlier ones no longer work"
    action = "C"
    dicom_code = "110137"
    count: int


@dataclass(frozen=True, kw_only=True)
class RecoveryCodeUsed(Event):
    kind = "factor.recovery_code_used"
    sentence = "used a recovery code; {left} are left"
    dicom_code = "110137"
    left: int


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Event):
    kind = "password.changed"
    sentence = "changed the password ({how})"
    action = "U"
    dicom_code = "110137"
    how: str

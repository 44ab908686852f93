"""Deeds about applications: from somebody unknown to an approved contributor."""

from dataclasses import dataclass
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import documents
from accounts.documents import OpenedDocument, StoredDocument
from accounts.events import (
    ApplicationAnswered,
    ApplicationApproved,
    ApplicationRefused,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    EvidenceOpened,
    MoreAsked,
)
from accounts.mail import address_of, day, send_mail
from accounts.models import Application, ApplicationMessage, Institution, TermsVersion, User
from accounts.orcid import normal_orcid
from accounts.permissions import Right
from core.access import require
from core.errors import Conflict, InvalidInput
from core.text import plain_line
from ledger_bridge.recording import record, record_durably


@dataclass(frozen=True, kw_only=True)
class Particulars:
    """What an applicant says about themselves. Either a known institution or the name of one to be entered."""

    institution: Institution | None = None
    proposed_institution: str = ""
    profession: str
    registration_number: str = ""
    orcid: str = ""
    reason: str
    document: StoredDocument | None = None
    terms: TermsVersion


@transaction.atomic
def apply(*, email: str, password: str, name: str, particulars: Particulars) -> Application | None:
    """Make an account with an application, and send the mail that confirms the address.

    The person is not signed in, so there is no right to ask for. When the address has an account already its owner gets
    a mail instead and None is returned; whoever asks must not be able to tell the two cases apart.
    """
    email = email.strip().lower()
    _check(particulars)
    person = _new_applicant(email, password, name)
    if person is None:
        send_mail("account_already_exists", to=email, password_reset_url=address_of("account_reset_password"))
        return None
    address = EmailAddress.objects.create(user=person, email=email, primary=True, verified=False)
    address.send_confirmation(None, signup=True)
    return _submit(person, particulars)


@transaction.atomic
def apply_again(*, actor: User, particulars: Particulars) -> Application:
    """Apply with an account that exists, after an application was refused or withdrawn."""
    require(actor, Right.APPLY)
    _check(particulars)
    if actor.applications.open().exists():
        raise Conflict("Your application is still open. Withdraw it before you send another.")
    application = _submit(actor, particulars)
    _tell(application, "application_received")
    return application


@transaction.atomic
def answer_application(
    *, actor: User, application: Application, text: str, document: StoredDocument | None = None
) -> Application:
    """Answer a reviewer's question, with a further document where one was asked for."""
    require(actor, Right.APPLY, application)
    application = _locked(application)
    if application.state != Application.State.MORE_ASKED:
        raise Conflict("Nothing is being asked about this application now.")
    _write(application, actor, _some(text, "text", "Write your answer."), document)
    application.state = Application.State.SUBMITTED
    application.save(update_fields=["state", "changed_at"])
    event = ApplicationAnswered(application=str(application.id), with_document=document is not None)
    record(event, actor=actor, subject=application)
    return application


@transaction.atomic
def withdraw_application(*, actor: User, application: Application) -> Application:
    require(actor, Right.APPLY, application)
    application = _locked(application)
    _must_be_open(application)
    application.state = Application.State.WITHDRAWN
    application.save(update_fields=["state", "changed_at"])
    record(ApplicationWithdrawn(application=str(application.id)), actor=actor, subject=application)
    _tell(application, "application_withdrawn")
    return application


@transaction.atomic
def ask_for_more(*, actor: User, application: Application, reason: str) -> Application:
    require(actor, Right.REVIEW_APPLICATIONS, application)
    application = _under_review(application)
    _write(application, actor, _some(reason, "reason", "Write what is missing; the applicant reads it."))
    application.state = Application.State.MORE_ASKED
    application.save(update_fields=["state", "changed_at"])
    record(MoreAsked(application=str(application.id)), actor=actor, subject=application)
    _tell(application, "application_more_asked", reason=reason)
    return application


@transaction.atomic
def approve_application(
    *, actor: User, application: Application, institution: Institution | None = None, reason: str = ""
) -> Application:
    """Make the applicant a contributor of the institution for one year.

    `institution` is needed where the applicant proposed one that was not known: the reviewer enters it first.
    """
    require(actor, Right.REVIEW_APPLICATIONS, application)
    application = _under_review(application)
    chosen = institution or application.institution
    if chosen is None:
        raise InvalidInput("Choose the institution; enter it first if it is new.", field="institution")
    application.institution = chosen
    _decide(application, actor, Application.State.APPROVED, reason.strip())
    person = _make_contributor(application, chosen)
    until = f"{person.approved_until:%Y-%m-%d}"
    event = ApplicationApproved(application=str(application.id), institution=str(chosen.id), until=until)
    record(event, actor=actor, subject=application)
    _tell(application, "application_approved", until=_end_of(person), reason=reason)
    return application


@transaction.atomic
def refuse_application(*, actor: User, application: Application, reason: str) -> Application:
    require(actor, Right.REVIEW_APPLICATIONS, application)
    application = _under_review(application)
    reason = _some(reason, "reason", "Write why; the applicant reads it.")
    _decide(application, actor, Application.State.REFUSED, reason)
    record(ApplicationRefused(application=str(application.id)), actor=actor, subject=application)
    _tell(application, "application_refused", reason=reason)
    return application


def open_evidence(*, actor: User, application: Application, document_id: UUID) -> OpenedDocument:
    """Open a document of the application. Its entry is committed before the key is unwrapped."""
    right = Right.APPLY if application.applicant_id == actor.pk else Right.REVIEW_APPLICATIONS
    require(actor, right, application)
    if document_id not in evidence_ids(application):
        raise InvalidInput("This document does not belong to the application.")
    event = EvidenceOpened(application=str(application.id), document=str(document_id))
    record_durably(event, actor=actor, subject=application)
    return documents.vault().open(document_id)


def evidence_ids(application: Application) -> set[UUID]:
    later = application.messages.exclude(document=None).values_list("document", flat=True)
    return {one for one in (application.document, *later) if one is not None}


def _check(particulars: Particulars) -> None:
    if particulars.institution is None:
        _proposed(particulars)
    plain_line(particulars.profession, field="profession", empty="Write your profession.")
    _some(particulars.reason, "reason", "Write why you need access.")
    if particulars.orcid and normal_orcid(particulars.orcid) is None:
        raise InvalidInput("This is not a valid ORCID iD; its check digit does not fit.", field="orcid")


def _proposed(particulars: Particulars) -> str:
    if not particulars.proposed_institution.strip():
        raise InvalidInput("Choose your institution, or write its name.", field="institution")
    return plain_line(particulars.proposed_institution, field="proposed_institution", empty="")


def _new_applicant(email: str, password: str, name: str) -> User | None:
    """Return the new account, or None when the address has one; either way a password is hashed, as that takes time."""
    name = plain_line(name, field="name", empty="Write your name.")
    try:
        with transaction.atomic():
            return User.objects.create_user(email, password, name=name)
    except IntegrityError:
        return None


def _submit(person: User, particulars: Particulars) -> Application:
    document = particulars.document
    application = Application.objects.create(
        applicant=person,
        institution=particulars.institution,
        proposed_institution="" if particulars.institution else _proposed(particulars),
        profession=plain_line(particulars.profession, field="profession", empty="Write your profession."),
        registration_number=particulars.registration_number.strip(),
        orcid=(normal_orcid(particulars.orcid) or "") if particulars.orcid else "",
        reason=particulars.reason.strip(),
        document=document.id if document else None,
        document_name=document.name if document else "",
        terms_version=particulars.terms,
    )
    terms, application_id = particulars.terms.version, str(application.id)
    event = ApplicationSubmitted(application=application_id, terms=terms, with_document=document is not None)
    record(event, actor=person, subject=application)
    return application


def _locked(application: Application) -> Application:
    return (
        Application.objects.select_for_update(no_key=True, of=("self",))
        .select_related("applicant", "institution")
        .get(pk=application.pk)
    )


def _under_review(application: Application) -> Application:
    application = _locked(application)
    _must_be_open(application)
    if not EmailAddress.objects.filter(user=application.applicant, verified=True).exists():
        raise Conflict("The applicant has not confirmed the e-mail address yet.")
    return application


def _must_be_open(application: Application) -> None:
    if not application.is_open:
        raise Conflict(f"This application is no longer open: {application.get_state_display().lower()}.")


def _decide(application: Application, decider: User, state: Application.State, reason: str) -> None:
    application.state, application.decided_by = state, decider
    application.decided_at, application.decision_reason = timezone.now(), reason
    application.save()


def _make_contributor(application: Application, institution: Institution) -> User:
    person = application.applicant
    person.role, person.institution = User.Role.CONTRIBUTOR, institution
    person.profession, person.orcid = application.profession, application.orcid
    person.approved_until = timezone.now() + settings.APPROVAL_LASTS
    person.save(update_fields=["role", "institution", "profession", "orcid", "approved_until"])
    person.groups.add(institution.members)
    return person


def _end_of(person: User) -> str:
    return day(person.approved_until) if person.approved_until else ""


def _write(application: Application, author: User, text: str, document: StoredDocument | None = None) -> None:
    ApplicationMessage.objects.create(
        application=application,
        author=author,
        text=text,
        document=document.id if document else None,
        document_name=document.name if document else "",
    )


def _tell(application: Application, mail: str, **words: str) -> None:
    person = application.applicant
    send_mail(mail, to=person.email, name=person.name, url=address_of("accounts:application"), **words)


def _some(text: str, field: str, sentence: str) -> str:
    if not text.strip():
        raise InvalidInput(sentence, field=field)
    return text.strip()

"""How somebody becomes an approved contributor, a commission admin or an auditor."""

from __future__ import annotations

from typing import Any, Self

from allauth.account.models import EmailAddress
from django.db import models
from django.utils import timezone

from accounts.models.people import Institution, User
from core import access
from core.ids import uuid7
from ledger_bridge.subjects import Subject


class TermsVersionQuerySet(models.QuerySet["TermsVersion"]):
    def current(self) -> TermsVersion:
        """Return the terms that apply now. A migration brings the first, so there always are some."""
        return self.filter(effective_at__lte=timezone.now()).latest("effective_at")


class TermsVersion(models.Model):
    """What a contributor agrees to. A new text is a new version; the old one stays readable."""

    version = models.CharField(max_length=20, unique=True)
    text = models.TextField()
    effective_at = models.DateTimeField()

    objects = TermsVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-effective_at"]

    def __str__(self) -> str:
        return self.version


class ApplicationQuerySet(models.QuerySet["Application"]):
    def visible_to(self, user: Any) -> Self:
        """One's own, and for commission admins all that can be reviewed."""
        return access.visible_to(self, user)  # type: ignore[return-value]

    def reviewable(self) -> Self:
        """Applications of people whose e-mail address has been confirmed."""
        confirmed = EmailAddress.objects.filter(user=models.OuterRef("applicant"), verified=True)
        return self.filter(models.Exists(confirmed))

    def open(self) -> Self:
        return self.filter(state__in=Application.OPEN_STATES)


class Application(models.Model):
    """Somebody asks to become a contributor."""

    class State(models.TextChoices):
        SUBMITTED = "submitted", "Waiting for review"
        MORE_ASKED = "more_asked", "Waiting for the applicant"
        APPROVED = "approved", "Approved"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Withdrawn"

    OPEN_STATES = (State.SUBMITTED, State.MORE_ASKED)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    applicant = models.ForeignKey(User, models.PROTECT, related_name="applications")
    institution = models.ForeignKey(Institution, models.PROTECT, null=True, blank=True, related_name="applications")
    proposed_institution = models.CharField(max_length=200, blank=True)
    profession = models.CharField(max_length=100)
    registration_number = models.CharField(max_length=100, blank=True)
    orcid = models.CharField(max_length=19, blank=True)
    reason = models.TextField(max_length=4000)
    document = models.UUIDField(null=True, blank=True)
    document_name = models.CharField(max_length=255, blank=True)
    terms_version = models.ForeignKey(TermsVersion, models.PROTECT, related_name="+")
    state = models.CharField(max_length=16, choices=State, default=State.SUBMITTED)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.TextField(max_length=4000, blank=True)
    submitted_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        ordering = ["submitted_at"]
        default_permissions = ()
        indexes = [models.Index(fields=["state", "submitted_at"], name="application_queue")]
        constraints = [
            models.UniqueConstraint(
                fields=["applicant"],
                condition=models.Q(state__in=["submitted", "more_asked"]),
                name="one_open_application_per_person",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by=None) | ~models.Q(decided_by=models.F("applicant")),
                name="nobody_decides_on_themselves",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["approved", "refused"], decided_by__isnull=False, decided_at__isnull=False
                )
                | models.Q(state__in=["submitted", "more_asked", "withdrawn"], decided_by=None, decided_at=None),
                name="a_decision_has_a_decider_and_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(institution__isnull=False) | ~models.Q(proposed_institution=""),
                name="an_application_names_an_institution",
            ),
        ]

    def __str__(self) -> str:
        return f"application of {self.applicant}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN_STATES

    @property
    def institution_name(self) -> str:
        return self.institution.name if self.institution else self.proposed_institution

    @property
    def ledger_subject(self) -> Subject:
        return Subject(person=str(self.applicant_id))


class ApplicationMessage(models.Model):
    """What reviewer and applicant wrote to each other."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="messages")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    text = models.TextField(max_length=4000)
    document = models.UUIDField(null=True, blank=True)
    document_name = models.CharField(max_length=255, blank=True)
    written_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["written_at", "id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.author}: {self.text[:40]}"


class AdminAppointmentQuerySet(models.QuerySet["AdminAppointment"]):
    def visible_to(self, user: Any) -> Self:
        return access.visible_to(self, user)  # type: ignore[return-value]


class AdminAppointment(models.Model):
    """Two commission admins make a third, or an auditor: one proposes, another confirms, neither is the candidate."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "Waiting for a second admin"
        CONFIRMED = "confirmed", "Confirmed"
        DECLINED = "declined", "Declined"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    candidate = models.ForeignKey(User, models.PROTECT, related_name="appointments")
    role = models.CharField(max_length=32, choices=[("commission_admin", "Commission admin"), ("auditor", "Auditor")])
    reason = models.TextField(max_length=4000)
    state = models.CharField(max_length=16, choices=State, default=State.PROPOSED)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(auto_now_add=True)
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    declined_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = AdminAppointmentQuerySet.as_manager()

    class Meta:
        ordering = ["-proposed_at"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["candidate"], condition=models.Q(state="proposed"), name="one_open_appointment_per_person"
            ),
            models.CheckConstraint(
                condition=~models.Q(candidate=models.F("proposed_by")), name="nobody_proposes_themselves"
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_by=None)
                | (~models.Q(confirmed_by=models.F("proposed_by")) & ~models.Q(confirmed_by=models.F("candidate"))),
                name="two_people_appoint_a_third",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="confirmed") | models.Q(confirmed_by__isnull=False, decided_at__isnull=False),
                name="a_confirmation_has_a_second_admin",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.candidate} as {self.get_role_display()}"

    @property
    def ledger_subject(self) -> Subject:
        return Subject(person=str(self.candidate_id))


class ApprovalNotice(models.Model):
    """Written once for each deadline: the reminders (30, 7 days before) and the expiry itself (0)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="approval_notices")
    approved_until = models.DateTimeField()
    days_before = models.PositiveSmallIntegerField()
    written_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["user", "approved_until", "days_before"], name="one_notice_per_deadline")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.days_before} days before {self.approved_until:%Y-%m-%d}"

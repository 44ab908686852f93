"""People and institutions."""

from __future__ import annotations

from typing import Any, Self

from django.contrib import auth
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, Group, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.countries import country_name
from core import access
from core.ids import uuid7
from ledger_bridge.subjects import Subject


class InstitutionQuerySet(models.QuerySet["Institution"]):
    def visible_to(self, user: Any) -> Self:
        return access.visible_to(self, user)  # type: ignore[return-value]


class Institution(models.Model):
    class Kind(models.TextChoices):
        HOSPITAL = "hospital", "Hospital"
        LABORATORY = "laboratory", "Laboratory"
        UNIVERSITY = "university", "University"
        PATIENT_ORGANISATION = "patient_organisation", "Patient organisation"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=32, choices=Kind)
    city = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=2, help_text="Two letters, as in ISO 3166-1.")
    members = models.OneToOneField(Group, models.PROTECT, related_name="institution", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = InstitutionQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), "country", name="one_institution_per_name_and_country")]

    def __str__(self) -> str:
        return self.name

    @property
    def country_name(self) -> str:
        return country_name(self.country)


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, user: Any) -> Self:
        """Everybody for commission admins and auditors; approved people for contributors; oneself for applicants."""
        return access.visible_to(self, user)  # type: ignore[return-value]

    def in_good_standing(self) -> Self:
        return self.filter(is_active=True, suspended_at=None, approved_until__gt=timezone.now()).exclude(
            role=User.Role.APPLICANT
        )

    def expired(self) -> Self:
        return self.filter(approved_until__lte=timezone.now()).exclude(role=User.Role.APPLICANT)


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def visible_to(self, user: Any) -> UserQuerySet:
        return self.get_queryset().visible_to(user)

    def in_good_standing(self) -> UserQuerySet:
        return self.get_queryset().in_good_standing()

    def expired(self) -> UserQuerySet:
        return self.get_queryset().expired()

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who can sign in. Rights come from the role and from grants; `is_superuser` gives none."""

    class Role(models.TextChoices):
        APPLICANT = "applicant", "Applicant"
        CONTRIBUTOR = "contributor", "Contributor"
        COMMISSION_ADMIN = "commission_admin", "Commission admin"
        AUDITOR = "auditor", "Auditor"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150)
    role = models.CharField(max_length=32, choices=Role, default=Role.APPLICANT)
    institution = models.ForeignKey(Institution, models.PROTECT, null=True, blank=True, related_name="people")
    profession = models.CharField(max_length=100, blank=True)
    orcid = models.CharField(max_length=19, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    approved_until = models.DateTimeField(null=True, blank=True)
    suspended_at = models.DateTimeField(null=True, blank=True)
    suspension_reason = models.CharField(max_length=500, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        ordering = ["name", "email"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(Lower("email"), name="one_account_per_email"),
            models.CheckConstraint(
                condition=models.Q(role="applicant") | models.Q(approved_until__isnull=False),
                name="a_role_has_an_end",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def in_good_standing(self) -> bool:
        """True while the person is approved, not suspended and not expired: asked on every request."""
        return (
            self.is_active
            and self.suspended_at is None
            and self.role != self.Role.APPLICANT
            and self.approved_until is not None
            and self.approved_until > timezone.now()
        )

    @property
    def watches_over_others(self) -> bool:
        """True for those whom one admin alone may not suspend."""
        return self.role in {self.Role.COMMISSION_ADMIN, self.Role.AUDITOR}

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Ask our own backends only: Django's would answer yes to everything for a superuser."""
        return any(
            backend.has_perm(self, perm, obj)
            for backend in auth.get_backends()
            if getattr(backend, "answers_rights", False)
        )

    def has_module_perms(self, app_label: str) -> bool:
        return self.in_good_standing and self.is_staff

    @property
    def ledger_id(self) -> str:
        return str(self.id)

    @property
    def ledger_kind(self) -> str:
        return "person"

    @property
    def ledger_institution(self) -> str | None:
        return str(self.institution_id) if self.institution_id else None

    @property
    def ledger_subject(self) -> Subject:
        return Subject(person=str(self.id))

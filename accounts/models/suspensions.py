"""How somebody who watches over others is suspended: never by one person alone."""

from __future__ import annotations

from typing import Any, Self

from django.db import models

from accounts.models.people import User
from core import access
from core.ids import uuid7
from ledger_bridge.subjects import Subject


class AdminSuspensionQuerySet(models.QuerySet["AdminSuspension"]):
    def visible_to(self, user: Any) -> Self:
        return access.visible_to(self, user)  # type: ignore[return-value]


class AdminSuspension(models.Model):
    """Two commission admins suspend a third, or an auditor: one proposes, another confirms, neither is the person."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "Waiting for a second admin"
        CONFIRMED = "confirmed", "Confirmed"
        DECLINED = "declined", "Declined"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(User, models.PROTECT, related_name="proposed_suspensions")
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=16, choices=State, default=State.PROPOSED)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = AdminSuspensionQuerySet.as_manager()

    class Meta:
        ordering = ["-proposed_at"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(state="proposed"), name="one_open_suspension_per_person"
            ),
            models.CheckConstraint(
                condition=~models.Q(person=models.F("proposed_by")), name="nobody_proposes_their_own_suspension"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="confirmed")
                | (
                    models.Q(decided_by__isnull=False, decided_at__isnull=False)
                    & ~models.Q(decided_by=models.F("proposed_by"))
                    & ~models.Q(decided_by=models.F("person"))
                ),
                name="two_people_suspend_a_third",
            ),
        ]

    def __str__(self) -> str:
        return f"suspension of {self.person}"

    @property
    def ledger_subject(self) -> Subject:
        return Subject(person=str(self.person_id))

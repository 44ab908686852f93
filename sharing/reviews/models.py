"""When access to a workspace is reviewed, the reviews, and the answer about each grant."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from core.ids import uuid7
from ledger_bridge.subjects import Subject
from workspaces.models import Workspace

SHORTEST_DAYS, LONGEST_DAYS = 7, 731


class ReviewPlan(models.Model):
    """How often the access to a workspace is reviewed; a workspace without one is reviewed when somebody starts it."""

    workspace = models.OneToOneField(Workspace, models.CASCADE, primary_key=True, related_name="review_plan")
    every_days = models.PositiveSmallIntegerField()
    next_at = models.DateTimeField()

    class Meta:
        app_label = "sharing"
        default_permissions = ()
        indexes = [models.Index(fields=["next_at"], name="review_plan_by_next")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(every_days__gte=SHORTEST_DAYS, every_days__lte=LONGEST_DAYS),
                name="a_review_plan_has_a_length",
            )
        ]

    def __str__(self) -> str:
        return f"every {self.every_days} days"


class AccessReview(models.Model):
    """One review: everything that was given in a workspace when it began."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="access_reviews")
    # Nobody where the plan began it.
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    started_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True, blank=True, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "sharing"
        ordering = ["-started_at"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["workspace"], condition=models.Q(finished_at=None), name="one_open_review_per_workspace"
            ),
        ]

    def __str__(self) -> str:
        return f"review {self.pk}"

    @property
    def is_late(self) -> bool:
        return self.finished_at is None and self.due_at <= timezone.now()

    @property
    def ledger_subject(self) -> Subject:
        return Subject(workspace=str(self.workspace_id))


class ReviewLineQuerySet(models.QuerySet["ReviewLine"]):
    def open(self) -> Self:
        return self.filter(answer="")

    def visible_to(self, user: Any) -> Self:
        return self.filter(review__workspace__in=Workspace.objects.visible_to(user))


class ReviewLine(models.Model):
    """One grant or exception that a review asks about. It may be gone by now: `grant` is its id, not a key."""

    class Answer(models.TextChoices):
        KEPT = "kept", "Kept"
        TAKEN = "taken", "Taken away"
        GONE = "gone", "Ended by itself"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    review = models.ForeignKey(AccessReview, models.CASCADE, related_name="lines")
    grant = models.UUIDField()
    answer = models.CharField(max_length=8, choices=Answer, blank=True, default="")
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = ReviewLineQuerySet.as_manager()

    class Meta:
        app_label = "sharing"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["review", "grant"], name="one_line_per_review_and_grant"),
            models.CheckConstraint(
                condition=models.Q(answer="", answered_at=None)
                | (~models.Q(answer="") & models.Q(answered_at__isnull=False)),
                name="an_answered_line_says_when",
            ),
            models.CheckConstraint(
                condition=models.Q(answer__in=["kept", "taken"], answered_by__isnull=False)
                | (~models.Q(answer__in=["kept", "taken"]) & models.Q(answered_by=None)),
                name="a_reviewed_line_says_who",
            ),
        ]

    def __str__(self) -> str:
        return f"line {self.pk}"

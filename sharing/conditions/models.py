"""A condition of a workspace: networks, days and hours. `sharing.rules` asks for it at every check, in SQL."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from core.ids import uuid7
from ledger_bridge.subjects import Subject

EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]
MOST_NETWORKS = 50


class Condition(models.Model):
    """It never changes: whoever was given access under it knows what it says. Another one is made instead.

    Without networks it holds anywhere; `days` count from Monday, 1; without hours it holds all day. Days and hours are
    those of `zone`; hours that end before they start go on into the next day.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey("workspaces.Workspace", models.CASCADE, related_name="conditions")
    name = models.CharField(max_length=100)
    networks = ArrayField(models.CharField(max_length=49), default=list, blank=True)
    days = ArrayField(models.PositiveSmallIntegerField())
    starts = models.TimeField(null=True, blank=True)
    ends = models.TimeField(null=True, blank=True)
    zone = models.CharField(max_length=64, default="UTC")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "sharing"
        ordering = ["name"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint("workspace", Lower("name"), name="one_condition_per_name"),
            models.CheckConstraint(
                condition=models.Q(starts=None, ends=None)
                | (models.Q(starts__isnull=False, ends__isnull=False) & ~models.Q(starts=models.F("ends"))),
                name="hours_have_two_ends",
            ),
            models.CheckConstraint(
                condition=models.Q(days__len__gte=1, days__contained_by=EVERY_DAY), name="days_are_days_of_the_week"
            ),
            models.CheckConstraint(
                condition=models.Q(networks__len__gte=1) | models.Q(starts__isnull=False) | models.Q(days__len__lte=6),
                name="a_condition_asks_for_something",
            ),
            models.CheckConstraint(condition=~models.Q(zone="") & ~models.Q(name=""), name="a_condition_has_a_zone"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def ledger_subject(self) -> Subject:
        return Subject(workspace=str(self.workspace_id))

    @property
    def in_words(self) -> str:
        """Say when it holds: "only from 10.0.0.0/8, between 07:00 and 19:00, Monday to Friday (Europe/Berlin)"."""
        return "only " + ", ".join(part for part in (self.networks_in_words, self.hours_in_words) if part)

    @property
    def networks_in_words(self) -> str:
        return f"from {' or '.join(self.networks)}" if self.networks else ""

    @property
    def hours_in_words(self) -> str:
        hours = f"between {self.starts:%H:%M} and {self.ends:%H:%M}" if self.starts and self.ends else ""
        days = "" if len(set(self.days)) == len(EVERY_DAY) else days_in_words(self.days)
        said = ", ".join(part for part in (hours, days) if part)
        return f"{said} ({self.zone})" if said else ""


DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def days_in_words(days: list[int]) -> str:
    """Return "Monday to Friday", or the days one by one where they do not follow each other."""
    listed = sorted(set(days))
    names = [DAYS[day - 1] for day in listed]
    if len(listed) <= 2:  # noqa: PLR2004  one or two are named
        return " and ".join(names)
    in_a_row = listed[-1] - listed[0] + 1 == len(listed)
    return f"{names[0]} to {names[-1]}" if in_a_row else ", ".join(names)

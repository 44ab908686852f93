"""People without an account, who bring files or open one through a link that somebody made for it.

The room of links says what such a person may do; here they are only somebody who can be named. Nobody lets them into
anything else: they have no role, no group and no session of a member.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from django.contrib.auth import get_backends
from django.db import models

from accounts.models import User
from core.ids import uuid7
from ledger_bridge.subjects import Subject

FROM_OUTSIDE = ", from outside"


class Outsider(models.Model):
    """Somebody who came through a link. The name is what they said; the address too, unless it was `proved`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    link = models.UUIDField(editable=False, help_text="The link they came through, and the only thing they have.")
    name = models.CharField(max_length=200)
    email = models.EmailField()
    proved = models.BooleanField(default=False, help_text="They sent back a code that was mailed to the address.")
    came_at = models.DateTimeField(auto_now_add=True)

    institution = None
    ledger_kind = "person"
    ledger_institution = None

    class Meta:
        app_label = "workspaces"
        default_permissions = ()
        indexes = [models.Index(fields=["link"], name="outsider_by_link")]
        constraints = [
            models.CheckConstraint(condition=~models.Q(name="") & ~models.Q(email=""), name="an_outsider_has_a_name")
        ]

    def __str__(self) -> str:
        return self.name + FROM_OUTSIDE

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Ask those who know what a link is for; nobody answering means no."""
        return any(
            answer(self, perm, obj)
            for backend in get_backends()
            if (answer := getattr(backend, "outsider_may", None)) is not None
        )

    @property
    def ledger_id(self) -> str:
        return str(self.id)

    @property
    def ledger_subject(self) -> Subject:
        return Subject(person=str(self.id))

    @property
    def words(self) -> str:
        """Where they come from, as it stands under their name on pages."""
        return f"From outside, {self.email}" + ("" if self.proved else " (as they said)")


Reader: TypeAlias = User | Outsider
"""Whoever opens or brings something: a person with an account, or one who came through a link."""


def as_now(reader: Reader) -> Reader | None:
    """Return the same person, asked for anew; None when they are not there any more."""
    if isinstance(reader, Outsider):
        return Outsider.objects.filter(pk=reader.pk).first()
    return User.objects.filter(pk=reader.pk).first()


def made_by(reader: Reader) -> dict[str, Reader | None]:
    """Return the two columns that say who made a row: exactly one of them is filled."""
    outside = isinstance(reader, Outsider)
    return {"created_by": None if outside else reader, "brought_by": reader if outside else None}


def names_of_outsiders(ids: Any) -> dict[str, str]:
    found = Outsider.objects.filter(pk__in=ids)
    return {str(one.pk): str(one) for one in found}


def outsiders_called(text: str) -> models.QuerySet[Outsider]:
    """Find them by what they are called in a trail, or by a part of it."""
    return Outsider.objects.filter(name__icontains=text.removesuffix(FROM_OUTSIDE))

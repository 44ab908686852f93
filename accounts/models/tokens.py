"""Personal tokens, by which programs act for a person."""

from __future__ import annotations

from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from accounts.models.people import User
from accounts.tokens import Scope
from core.ids import uuid7


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def visible_to(self, user: Any) -> Self:
        """One's own, and nobody else's."""
        return self.filter(owner=user)

    def usable(self) -> Self:
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())


class ApiToken(models.Model):
    """`digest` is SHA-256 of the token, `hint` its beginning, by which its owner tells it from others."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(User, models.PROTECT, related_name="api_tokens")
    name = models.CharField(max_length=100)
    digest = models.BinaryField(unique=True)
    hint = models.CharField(max_length=16)
    scopes = ArrayField(models.CharField(max_length=16, choices=Scope))
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="token_ends_after_it_begins"
            ),
            models.CheckConstraint(condition=models.Q(scopes__len__gte=1), name="token_is_for_something"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @property
    def state(self) -> str:
        """What its owner is shown: active, revoked or expired."""
        if self.revoked_at:
            return "revoked"
        return "active" if self.expires_at > timezone.now() else "expired"

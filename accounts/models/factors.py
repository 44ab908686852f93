"""What proves, besides the password, that a person is who they say. Authenticator apps and passkeys are allauth's."""

from __future__ import annotations

from django.db import models

from accounts.models.people import User


class RecoveryCode(models.Model):
    """One of ten random codes of 128 bits, kept as SHA-256. It replaces a lost second factor once."""

    user = models.ForeignKey(User, models.CASCADE, related_name="recovery_codes")
    digest = models.BinaryField(unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"recovery code of {self.user}"


class TotpUse(models.Model):
    """The time step of the last six-digit code a person was let in with. Only a later one is accepted.

    Keyed by person: the time step is the same for every secret, so a new secret cannot make an old code fresh.
    """

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="totp_use")
    last_step = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.user} at step {self.last_step}"


class WalkthroughLogin(models.Model):
    """An invented person of a walk-through installation, whose password may be shown to whoever tries it."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="walkthrough_login")
    password = models.CharField(max_length=128)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"walk-through login of {self.user}"

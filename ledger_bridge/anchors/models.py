"""Where each anchor stands, and whose turn it is to move it on."""

from django.db import models

_UNDER_WAY = ("pending", "confirmed")
_STANDING = (*_UNDER_WAY, "final")


class Anchor(models.Model):
    """One checkpoint on its way to an outside chain or timestamp authority. At most one of each kind is under way."""

    class Kind(models.TextChoices):
        CHAIN = "chain", "block of a chain"
        TIMESTAMP = "timestamp", "timestamp"

    class State(models.TextChoices):
        PENDING = "pending", "pending"
        CONFIRMED = "confirmed", "confirmed"
        FINAL = "final", "final"
        SUPERSEDED = "superseded", "superseded by a later anchor"
        FAILED = "failed", "failed"

    kind = models.CharField(max_length=16, choices=Kind)
    size = models.BigIntegerField()
    root = models.BinaryField()
    state = models.CharField(max_length=16, choices=State, default=State.PENDING)
    note = models.TextField(default="", blank=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    final_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    nonce = models.BigIntegerField(null=True)
    # Everything that was signed for this anchor, oldest first: hash, raw, fee, sent_at. Kept before it is sent.
    transactions = models.JSONField(default=list)
    block_number = models.BigIntegerField(null=True)
    block_hash = models.BinaryField(default=bytes)
    # What the node said about the transaction, or who signed the timestamp.
    receipt = models.JSONField(null=True)
    evidence = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[*_STANDING, "superseded", "failed"]), name="anchor_state_known"
            ),
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(state__in=_UNDER_WAY), name="one_anchor_under_way"
            ),
            models.UniqueConstraint(
                fields=["kind", "size"], condition=models.Q(state__in=_STANDING), name="one_anchor_per_checkpoint"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} for {self.size} entries: {self.get_state_display()}"


class AnchorTurn(models.Model):
    """Who moves the anchors of one kind on right now. A turn ends by itself: a killed worker blocks nobody for long."""

    kind = models.CharField(max_length=16, primary_key=True)
    token = models.CharField(max_length=32)
    ends_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} until {self.ends_at}"

"""What witnesses said of which checkpoint, which checkpoints were published, and how each witness stands."""

from django.db import models


class Cosignature(models.Model):
    """One witness's signature line under one checkpoint, verified before it is kept. Append-only."""

    size = models.BigIntegerField()
    witness = models.CharField(max_length=255)
    line = models.TextField()
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["size", "witness"], name="one_cosignature_per_witness")]

    def __str__(self) -> str:
        return f"{self.witness} under {self.size}"


class Publication(models.Model):
    """A checkpoint with the cosignatures that met the quorum: what is shown to everybody. Append-only."""

    size = models.BigIntegerField(primary_key=True)
    note = models.TextField()
    witnesses = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"published: {self.size}"


class WitnessStanding(models.Model):
    """Where a witness stood when we last spoke to it. Only a hint for the next try: nothing rests on it."""

    url = models.CharField(max_length=500, primary_key=True)
    size = models.BigIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField(null=True)
    trouble = models.TextField(default="", blank=True)
    answered_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.url

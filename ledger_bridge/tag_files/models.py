"""Which spans have a tag file, and what the log says of it."""

from django.db import models

from ledger_bridge.tlog.tags import Span


class TagFile(models.Model):
    """A span whose tags were sorted. Its root stands in the log, in the entry of this id.

    `kept` says whether the file is still there: one that is part of a larger one is removed after a while.
    """

    id = models.BigAutoField(primary_key=True)
    first = models.BigIntegerField()
    leaves = models.BigIntegerField()
    root = models.BinaryField()
    entry = models.UUIDField()
    kept = models.BooleanField(default=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "ledger_bridge"
        constraints = [
            models.UniqueConstraint(fields=["leaves", "first"], name="one_tag_file_per_span"),
            models.CheckConstraint(condition=models.Q(first__gte=0, leaves__gt=0), name="tag_file_of_some_leaves"),
        ]

    def __str__(self) -> str:
        return f"{self.first}-{self.leaves}"

    @property
    def span(self) -> Span:
        return Span(self.first, self.leaves)

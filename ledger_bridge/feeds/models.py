"""How far each receiver of the feed has got."""

from django.db import models


class FeedPosition(models.Model):
    """The next entry for one receiver, by its index in the log; and which worker is sending to it just now.

    Whoever takes the position has it until `taken_until`, so that a worker that dies holds up nobody for long. One that
    was only slow finds that `taken_by` is no longer its own and moves nothing: the receiver then got a batch twice.
    """

    receiver = models.CharField(max_length=300, primary_key=True)
    next_index = models.BigIntegerField(default=0)
    taken_by = models.UUIDField(null=True)
    taken_until = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True, default="")
    sent_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "ledger_bridge"
        constraints = [
            models.CheckConstraint(condition=models.Q(next_index__gte=0), name="feed_position_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.receiver}: {self.next_index}"

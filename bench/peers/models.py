"""One small model, five times: nobody watches the first and the second, each peer watches one of the others.

They have no migrations, so their tables are made before the table of people; that is why none has a constraint to it.
"""

from typing import ClassVar

import pghistory  # type: ignore[import-not-found,import-untyped,unused-ignore]
from auditlog.registry import auditlog  # type: ignore[import-not-found,import-untyped,unused-ignore]
from django.db import models
from simple_history.models import (  # type: ignore[import-not-found,import-untyped,unused-ignore]
    HistoricalRecords,
)


class Note(models.Model):
    title = models.CharField(max_length=200)
    text = models.TextField(default="Seen at the follow-up, no new findings.")
    number = models.IntegerField(default=1)

    class Meta:
        abstract = True
        app_label = "peers"

    def __str__(self) -> str:
        return self.title


class PlainNote(Note):
    objects: ClassVar[models.Manager["PlainNote"]] = models.Manager()


class RecordedNote(Note):
    """What `record()` is called for: it needs nothing from the model."""

    objects: ClassVar[models.Manager["RecordedNote"]] = models.Manager()


@pghistory.track(pghistory.UpdateEvent())
class PghistoryNote(Note):
    objects: ClassVar[models.Manager["PghistoryNote"]] = models.Manager()


class AuditlogNote(Note):
    objects: ClassVar[models.Manager["AuditlogNote"]] = models.Manager()


class SimpleHistoryNote(Note):
    objects: ClassVar[models.Manager["SimpleHistoryNote"]] = models.Manager()
    history = HistoricalRecords(user_db_constraint=False)


auditlog.register(AuditlogNote)

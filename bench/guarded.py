"""The items as a model without permission tables of its own, so that guardian uses its generic ones for it."""

from typing import ClassVar

from django.db import models


class GuardedItem(models.Model):
    id = models.UUIDField(primary_key=True)
    workspace_id = models.UUIDField()
    parent_id = models.UUIDField()
    kind = models.CharField(max_length=8)
    name_key = models.CharField(max_length=1024)

    objects: ClassVar[models.Manager["GuardedItem"]] = models.Manager()

    class Meta:
        app_label = "bench"
        managed = False
        db_table = "workspaces_item"
        ordering = ["-kind", "name_key"]

    def __str__(self) -> str:
        return self.name_key

"""Rights over the ledger as a whole. They come with a platform role; a trail of one object is asked for at that object."""

from django.db import models


class Right(models.TextChoices):
    VIEW_TRAILS = "ledger_bridge.view_trails", "view every trail"
    EXPORT_TRAILS = "ledger_bridge.export_trails", "export every trail"

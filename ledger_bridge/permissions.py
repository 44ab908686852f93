"""Rights over the whole ledger. They come with a platform role; the trail of one object is asked for at that object."""

from django.db import models


class Right(models.TextChoices):
    VIEW_TRAILS = "ledger_bridge.view_trails", "view every trail"
    EXPORT_TRAILS = "ledger_bridge.export_trails", "export every trail"
    CHANGE_KEYS = "ledger_bridge.change_keys", "replace the log's signing keys"
    ERASE = "ledger_bridge.erase", "erase what is recorded, and hold what may not be erased"
    KEEP_BACKUPS = "ledger_bridge.keep_backups", "make backups and put them back"

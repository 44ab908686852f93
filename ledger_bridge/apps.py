from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class LedgerBridgeConfig(AppConfig):
    name = "ledger_bridge"
    verbose_name = "Ledger"

    def ready(self) -> None:
        # Commands load no pages, but a trail has to be told in the words of every room.
        autodiscover_modules("events")

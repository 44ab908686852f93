from django.apps import AppConfig


class LedgerBridgeConfig(AppConfig):
    name = "ledger_bridge"
    verbose_name = "Ledger"

from importlib import import_module

from django.apps import AppConfig, apps
from django.conf import settings
from django.utils.module_loading import autodiscover_modules, module_has_submodule


class LedgerBridgeConfig(AppConfig):
    name = "ledger_bridge"
    verbose_name = "Ledger"

    def ready(self) -> None:
        # Commands load no pages, but a trail has to be told in the words of every room.
        autodiscover_modules(
            "events", "anchors.events", "erasure.events", "fsck.events", "handover.events", "removal.events"
        )
        autodiscover_modules("tag_files.events")
        # A feed or a timestamp authority that cannot work stops the start, not the sending.
        from ledger_bridge.anchors.timestamp_settings import require_working_timestamps
        from ledger_bridge.failpoints import arm
        from ledger_bridge.feeds.receiver import configured_receiver

        configured_receiver()
        require_working_timestamps()
        _learn_rights()
        arm(settings.FAILPOINT)


def _learn_rights() -> None:
    """Let sentences call the rights of every room by their names."""
    from ledger_bridge.sentences import register_rights

    for room in apps.get_app_configs():
        if room.module and module_has_submodule(room.module, "permissions"):
            register_rights(getattr(import_module(f"{room.name}.permissions"), "Right", ()))

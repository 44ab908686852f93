from django.apps import AppConfig


class SharingConfig(AppConfig):
    name = "sharing"
    verbose_name = "Sharing"

    def ready(self) -> None:
        from ledger_bridge.access import register_entry_policy
        from sharing.policies import may_see_trail_of, with_visible_trail

        register_entry_policy(may_see_trail_of, with_visible_trail)

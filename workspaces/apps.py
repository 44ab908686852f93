from django.apps import AppConfig
from django.core.checks import register as register_check


class WorkspacesConfig(AppConfig):
    name = "workspaces"
    verbose_name = "Workspaces"

    def ready(self) -> None:
        from ledger_bridge import names
        from workspaces import checks, selectors

        for check in (checks.check_upload_handlers, checks.check_directories, checks.check_modes):
            register_check(check)
        names.register("workspace", selectors.workspace_names)
        names.register("item", selectors.item_names)

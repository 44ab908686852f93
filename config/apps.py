from importlib import import_module

from django.apps import AppConfig


class InstallationConfig(AppConfig):
    """The wiring as an app: its commands may use every room, and its start makes Celery's app the current one."""

    name = "config"
    label = "installation"

    def ready(self) -> None:
        import_module("config.celery")
        import_module("config.checks")

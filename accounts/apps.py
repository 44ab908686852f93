from collections.abc import Collection

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured

_FEW = 50


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        from accounts import checks, recordings
        from accounts.stepup import requires_recent_authentication
        from ledger_bridge import names
        from ledger_bridge.access import register_step_up

        recordings.connect()
        register_step_up(requires_recent_authentication)
        names.register("person", _names_of_people, search=_people_called)
        names.register("institution", _names_of_institutions, search=_institutions_called)
        # A web server runs no system checks by itself, and these must not be missed.
        if wrong := checks.refuse_unsafe_settings(None):
            raise ImproperlyConfigured(" ".join(str(error.msg) for error in wrong))


def _names_of_people(ids: Collection[str]) -> dict[str, str]:
    from accounts.models import User

    return {str(key): name for key, name in User.objects.filter(pk__in=ids).values_list("pk", "name")}


def _names_of_institutions(ids: Collection[str]) -> dict[str, str]:
    from accounts.models import Institution

    return {str(key): name for key, name in Institution.objects.filter(pk__in=ids).values_list("pk", "name")}


def _people_called(text: str) -> dict[str, str]:
    from accounts.models import User

    found = User.objects.filter(name__icontains=text).values_list("pk", "name")
    return {str(key): name for key, name in found[:_FEW]}


def _institutions_called(text: str) -> dict[str, str]:
    from accounts.models import Institution

    found = Institution.objects.filter(name__icontains=text).values_list("pk", "name")
    return {str(key): name for key, name in found[:_FEW]}

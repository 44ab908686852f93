from collections.abc import Collection

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        from accounts import checks, recordings
        from ledger_bridge import names

        recordings.connect()
        names.register("person", _names_of_people)
        names.register("institution", _names_of_institutions)
        # A web server runs no system checks by itself, and these must not be missed.
        if wrong := checks.refuse_unsafe_settings(None):
            raise ImproperlyConfigured(" ".join(str(error.msg) for error in wrong))


def _names_of_people(ids: Collection[str]) -> dict[str, str]:
    from accounts.models import User

    return {str(key): name for key, name in User.objects.filter(pk__in=ids).values_list("pk", "name")}


def _names_of_institutions(ids: Collection[str]) -> dict[str, str]:
    from accounts.models import Institution

    return {str(key): name for key, name in Institution.objects.filter(pk__in=ids).values_list("pk", "name")}

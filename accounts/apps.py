from collections.abc import Collection
from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import Institution, User


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


def _people_called(text: str) -> "QuerySet[User]":
    from accounts.models import User

    return User.objects.filter(name__icontains=text)


def _institutions_called(text: str) -> "QuerySet[Institution]":
    from accounts.models import Institution

    return Institution.objects.filter(name__icontains=text)

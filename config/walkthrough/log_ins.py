"""The table of log-ins that the launcher prints."""

from django.conf import settings
from django.urls import reverse

from accounts.models import User
from config.walkthrough import cast


def log_ins() -> str:
    users = {user.email: user for user in User.objects.select_related("institution")}
    people = (*cast.FOUNDERS, *cast.CONTRIBUTORS, cast.FRIEDERIKE, cast.TOMAS)
    rows = [(users[person.email], person) for person in people if person.email in users]
    width = max((len(user.email) for user, _ in rows), default=0)
    lines = [f"  {user.email:<{width}}  {user.get_role_display():<16}  {user.name}" for user, _ in rows]
    return "\n".join(
        [
            f"Log in with one of these addresses and the password {cast.PASSWORD}",
            *lines,
            f"Their six-digit codes: {settings.SITE_ORIGIN}{reverse('accounts:walkthrough')}",
        ]
    )

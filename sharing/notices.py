"""Mail to those whose own access was given, changed or taken. It names who did it, and no workspace, folder or file."""

from accounts.mail import address_of, send_mail
from accounts.models import User


def tell(person: User | None, giver: User, *, what: str) -> None:
    """Tell a person after commit. Groups are not told: the line on the first page of each member would be no news."""
    if person is None or person.pk == giver.pk:
        return
    send_mail("access_changed", to=person.email, name=person.name, giver=giver, what=what, url=address_of("home"))

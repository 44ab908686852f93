"""Makes the first commission admins, once; from then on two admins appoint a third."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services import INSTALLER, Founder, found_commission
from core.errors import IthacaError


class Command(BaseCommand):
    help = (
        "Make the first commission admins: at least two, because every later appointment takes two. Works only while "
        "there is none, and is recorded as done by the installation. They set their passwords by mail, with “forgot my "
        "password” on the sign-in page."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--founder",
            nargs=2,
            metavar=("EMAIL", "NAME"),
            action="append",
            required=True,
            help="One of the first admins; give it at least twice.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        founders = [Founder(email, name) for email, name in options["founder"]]
        try:
            people = found_commission(actor=INSTALLER, founders=founders)
        except IthacaError as error:
            raise CommandError(error.sentence) from error
        for person in people:
            self.stdout.write(f"{person.name} <{person.email}> is a commission admin.")

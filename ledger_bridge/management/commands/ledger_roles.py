"""`manage.py ledger_roles`: print, or apply, what the web's and the sequencer's database roles may do to the ledger."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError, connection, transaction

from ledger_bridge.database_roles import Roles, statements


class Command(BaseCommand):
    help = "Print the SQL for a web role that can only add entries and a sequencer role that can only extend the log."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--web", default="ithaca_web", metavar="ROLE")
        parser.add_argument("--sequencer", default="ithaca_sequencer", metavar="ROLE")
        parser.add_argument("--apply", action="store_true", help="run it; the roles must exist")

    def handle(self, *args: Any, **options: Any) -> None:
        sql = "\n".join(statements(Roles(options["web"], options["sequencer"])))
        if not options["apply"]:
            self.stdout.write(sql)
            return
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)
        except ProgrammingError as error:
            raise CommandError(f"Nothing was changed: {error}") from error
        self.stdout.write(f"{options['web']} may add entries, {options['sequencer']} may extend the log.")

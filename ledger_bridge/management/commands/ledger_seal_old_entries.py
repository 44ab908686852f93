"""Seals what was recorded before there were seals. Run after `migrate`; may be stopped and run again at any time."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from ledger_bridge.sealing_old import count_unsealed, seal_some


class Command(BaseCommand):
    help = "Seal entries from before there were seals, so that their subjects can be erased. Safe to run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--status", action="store_true", help="only say how many are left")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["status"] or self._seal():
            left = count_unsealed()
            self.stdout.write(f"{left} entries are not sealed yet." if left else "All entries are sealed.")

    def _seal(self) -> int:
        sealed = 0
        while count := seal_some():
            sealed += count
        if sealed:
            # Old versions of the rows, and samples of them, hold everything in clear until they are cleaned away.
            with connection.cursor() as cursor:
                cursor.execute("VACUUM (ANALYZE) ledger_bridge_entry")
            self.stdout.write(f"{sealed} entries were sealed.")
        return sealed

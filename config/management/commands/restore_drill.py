"""`manage.py restore_drill FOLDER SHARE SHARE`: rehearse a restore on an empty directory (docs/backup.md)."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.backup.services import OPERATOR, rehearse_restore
from core.access import machine_account
from core.errors import IthacaError


class Command(BaseCommand):
    help = (
        "Rebuild this installation from a backup and two shares of the escrow in an empty directory, open every file, "
        "derive the whole ledger again, and throw it away. The live installation is not touched. With Vault or AWS no "
        "shares are needed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("share", nargs="*", type=Path, help="two files with shares of the escrow")
        parser.add_argument(
            "--scratch", type=Path, help="where there is room for all of it; otherwise a temporary place"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = rehearse_restore(
                actor=OPERATOR,
                folder=options["folder"],
                shares=options["share"],
                say=self.stderr.write,
                operator=machine_account(),
                scratch=options["scratch"],
            )
        except IthacaError as error:
            raise CommandError(error.sentence) from error
        self.stdout.write(
            f"Rebuilt in {done.seconds:.1f} s: {done.files} sealed files open to their end, and the ledger holds the "
            "checkpoint of the backup."
        )

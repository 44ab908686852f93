"""`manage.py restore FOLDER`: put a backup back into an empty installation (docs/backup.md)."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.backup.services import OPERATOR, restore_backup
from core.access import machine_account
from core.errors import IthacaError


class Command(BaseCommand):
    help = (
        "Put a backup back into empty databases. The key service must be there first: rebuild a local keyring from its "
        "escrow. Stop everything else; run it again if it breaks off."
    )
    # Half of the checks ask a database that is still empty.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--subject-keys",
            type=Path,
            metavar="FOLDER",
            help="take the keys of subjects from this newer backup; they are removed from backups after 30 days",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        try:
            done = restore_backup(
                actor=OPERATOR, folder=options["folder"], say=self.stderr.write, operator=machine_account()
            )
        except IthacaError as error:
            raise CommandError(error.sentence) from error
        for finding in done.findings:
            self.stdout.write(f"  {finding}")
        seconds = time.monotonic() - started
        self.stdout.write(f"The backup of {done.manifest.made_at} was put back in {seconds:.1f} s.")
        self.stdout.write("Next: manage.py migrate, manage.py ledger_fsck and manage.py ledger_recover, then start.")
        if done.findings:
            raise CommandError(f"{len(done.findings)} sealed files are damaged in the backup and were not put back.")

"""`manage.py backup DIRECTORY`: a sealed copy of everything but the key service's roots (docs/backup.md)."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.backup.services import OPERATOR, make_backup, prune_backups
from core.access import machine_account
from core.errors import IthacaError
from core.templatetags.ui import filesize


class Command(BaseCommand):
    help = "Make a backup in a new folder below DIRECTORY. Sealed files are copied once for all backups there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path)
        parser.add_argument("--keep", type=int, metavar="N", help="afterwards remove all but the newest N backups")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["keep"] is not None and options["keep"] < 1:
            raise CommandError("--keep must be at least 1.", returncode=2)
        try:
            folder, made = make_backup(
                actor=OPERATOR, directory=options["directory"], say=self.stderr.write, operator=machine_account()
            )
            if options["keep"]:
                removed = prune_backups(
                    actor=OPERATOR, directory=options["directory"], keep=options["keep"], operator=machine_account()
                )
                self.stderr.write(f"Older backups removed: {removed}")
        except IthacaError as error:
            raise CommandError(error.sentence) from error
        for finding in made.findings:
            self.stderr.write(f"  {finding}")
        size = filesize(made.manifest.blob_bytes)
        self.stdout.write(f"{folder}: databases, keys of the log and {made.manifest.blobs} sealed files ({size})")
        if made.findings:
            raise CommandError(f"{len(made.findings)} files are damaged and not in this backup. Run “manage.py fsck”.")

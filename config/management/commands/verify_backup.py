"""`manage.py verify_backup FOLDER`: read every byte of a backup. Exit 1 when anything is not as it was written."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.backup.services import verify_backup
from core.errors import IthacaError


class Command(BaseCommand):
    help = "Read a whole backup and compare it with its manifest. Needs the key service, changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            seen = verify_backup(folder=options["folder"], say=self.stderr.write)
        except IthacaError as error:
            raise CommandError(error.sentence) from error
        for finding in seen.findings:
            self.stdout.write(f"  {finding}")
        if seen.findings:
            raise CommandError(f"{len(seen.findings)} parts or files of this backup are damaged. Make another one.")
        self.stdout.write(f"The backup of {seen.manifest.made_at} is whole: {seen.manifest.blobs} sealed files.")

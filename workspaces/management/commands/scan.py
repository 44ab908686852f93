"""`manage.py scan`: scan for viruses now, scan older files too, or let one go that the scanner is wrong about."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.errors import IthacaError
from workspaces.models import Version
from workspaces.scanning.services import release_version, scan_everything_again, scan_next


class Command(BaseCommand):
    help = "Send what waits to the virus scanner now. The worker does the same every minute."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--everything", action="store_true", help="also what was never, or not wholly, scanned")
        parser.add_argument("--release", type=UUID, metavar="VERSION", help="let this version go; needs --reason")
        parser.add_argument("--reason", default="", help="why it may go; recorded in the ledger")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["release"]:
                self._release(options["release"], options["reason"])
            else:
                self._scan(everything=options["everything"])
        except IthacaError as error:
            raise CommandError(error.sentence) from error

    def _release(self, version_id: UUID, reason: str) -> None:
        version = Version.objects.select_related("file").filter(pk=version_id).first()
        if version is None:
            raise CommandError("There is no such version.")
        release_version(version=version, reason=reason)
        self.stdout.write(f"Version {version.number} of “{version.file.name}” can be opened again.")

    def _scan(self, *, everything: bool) -> None:
        if not settings.SCANNER_URL:
            raise CommandError("No scanner is configured: set SCANNER_URL (docs/scanning.md).")
        if everything:
            self.stdout.write(f"{scan_everything_again()} to scan.")
        seen = 0
        while batch := scan_next():
            seen += batch
            self.stdout.write(f"{seen} scanned.")

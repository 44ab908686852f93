"""`manage.py ledger_tiles`: compare the stored tiles with the leaves. Exit 1 when one holds something else."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ledger_bridge.tile_filling import compare_tiles


class Command(BaseCommand):
    help = "Compare every stored tile with the leaves, and write those that are missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--replace", action="store_true", help="keep damaged files beside, as ….damaged-…, and make them again"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = compare_tiles(replace=options["replace"])
        except OSError as error:
            raise CommandError(f"The tiles cannot be written ({error.strerror}). See LEDGER_TILES.") from error
        self.stdout.write(f"{found.full} full tiles compared, {found.replaced} replaced.")
        if found.wrong:
            for tile in found.wrong:
                self.stdout.write(f"  {tile} holds other bytes than the leaves make.")
            self.stdout.write("Find out who changed them, then replace them with --replace.")
            sys.exit(1)

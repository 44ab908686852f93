"""`manage.py sweep_blobs`: put bytes that belong to nothing into the trash now, and say why that is refused."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.errors import IthacaError
from workspaces.sweeping import adopt, sweep


class Command(BaseCommand):
    help = (
        "Put bytes that belong to nothing into the trash of the file store, where they stay for 30 days. The same is "
        "done every hour; this says what stands in its way."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--adopt", action="store_true", help="the database was restored from before the file store was marked"
        )
        parser.add_argument(
            "--however-many", action="store_true", help="even where much of the store would go; look first why"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["adopt"]:
                adopt()
            swept = sweep(however_many=options["however_many"])
        except IthacaError as error:
            raise CommandError(error.sentence) from error
        self.stdout.write(f"{swept} taken away.")

"""`manage.py ledger_fsck`: check the whole ledger against itself. Exit 1 when anything does not hold."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from ledger_bridge.fsck import CHECKS


class Command(BaseCommand):
    help = (
        "Derive every commitment, tag, leaf, tile and root again and compare with what is stored, signed and published."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--first", action="store_true", help="stop at the first problem")
        parser.add_argument("--show", type=int, default=100, help="print at most so many problems of each check")

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        for title, check in CHECKS:
            found = 0
            for problem in check():
                found += 1
                if found <= options["show"]:
                    self.stdout.write(f"  {problem}")
                if options["first"]:
                    sys.exit(1)
            self.stdout.write(f"{'WRONG' if found else 'ok   '} {title}" + (f" ({found} problems)" if found else ""))
            wrong += found
        if wrong:
            sys.exit(1)
        self.stdout.write("The ledger agrees with itself and with what was published.")

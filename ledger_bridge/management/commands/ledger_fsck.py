"""`manage.py ledger_fsck`: check the whole ledger against itself. Exit 1 when anything does not hold."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand

from ledger_bridge.fsck import CHECKS, Problem


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
            found, notable = self._run(check(), options["show"], first=options["first"])
            if found and options["first"]:
                sys.exit(1)
            verdict = "WRONG" if found else "look " if notable else "ok   "
            counts = f" ({found or notable} {'problems' if found else 'to look at'})" if found or notable else ""
            self.stdout.write(f"{verdict} {title}{counts}")
            wrong += found
        if wrong:
            sys.exit(1)
        self.stdout.write("The ledger agrees with itself and with what was published.")

    def _run(self, problems: Iterator[Problem], show: int, *, first: bool) -> tuple[int, int]:
        """Print what a check finds, and count what is wrong and what is only worth a look."""
        found = notable = 0
        for number, problem in enumerate(problems):
            if number < show:
                self.stdout.write(f"  {problem}")
            if problem.only_notable:
                notable += 1
                continue
            found += 1
            if first:
                break
        return found, notable

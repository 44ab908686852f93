"""`manage.py ledger_recover`: show where the log's heads differ and what to do; end a log for good, or continue it.

Exit status: 0 when all agree, 1 when the database is behind or tells another history, 2 for a wrong use.
"""

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.access import Service
from core.errors import IthacaError
from ledger_bridge.permissions import Right
from ledger_bridge.publishing import halted, retire
from ledger_bridge.succession import archive_log, succeed_log
from ledger_bridge.witnessing.recovery import Shown, database_heads, furthest, shown_heads, silent_witnesses

OPERATOR = Service("operator", frozenset({Right.CHANGE_KEYS}))
_BEHIND = """
The database does not hold what this log signed before: it was restored from a backup, or changed. Nothing is signed
until it does. Recording goes on, and what is recorded waits.

  1. Restore the newest base backup and replay the write-ahead log until the tree has {size} entries.
  2. Run “manage.py ledger_fsck”. The next tick then goes on by itself.
  3. Only if these entries are lost for good: “manage.py ledger_recover --retire {origin}” ends this log. Tell everybody
     who keeps its checkpoints, set a new LEDGER_ORIGIN and run “manage.py ledger_recover --succeed {origin}”.

Never delete the published file or the notes beside it: without them the log would fork.
"""


class Command(BaseCommand):
    help = "Show where the heads of the log differ, and what to do. Changes nothing without --retire or --succeed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--retire", metavar="ORIGIN", help="never sign for this log again; give its origin in full")
        parser.add_argument("--succeed", metavar="ORIGIN", help="continue that retired log under today's LEDGER_ORIGIN")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["succeed"]:
            self._succeed(options["succeed"])
            return
        shown = shown_heads()
        self._print(shown)
        lost = furthest(shown)
        if options["retire"]:
            self._retire(options["retire"], lost)
        elif lost and lost.head:
            self.stdout.write(_BEHIND.format(size=lost.head.size, origin=settings.LEDGER_ORIGIN))
            sys.exit(1)
        else:
            self.stdout.write("Nobody holds a checkpoint of this log that this database does not.")

    def _print(self, shown: list[Shown]) -> None:
        tree, checkpoint = database_heads()
        self.stdout.write(f"database: {tree} entries in the tree, the last checkpoint covers {checkpoint}")
        for one in shown:
            self.stdout.write(f"{one.where}: {_described(one)}")
        for url in silent_witnesses(shown):
            self.stdout.write(f"witness {url}: does not show a checkpoint; ask it before you rely on this")
        if reason := halted():
            self.stdout.write(f"signing has stopped: {reason}")

    def _retire(self, origin: str, lost: Shown | None) -> None:
        if origin != settings.LEDGER_ORIGIN:
            raise CommandError(f"This log's origin is {settings.LEDGER_ORIGIN}. Nothing was changed.", returncode=2)
        if lost is None:
            raise CommandError("Nothing is lost, so there is no reason to retire this log. Nothing was changed.")
        retire(lost.note)
        kept = archive_log(lost.note)
        self.stdout.write(f"{origin} is retired: it is never signed for again. What is left of it lies in {kept}.")

    def _succeed(self, origin: str) -> None:
        try:
            carried = succeed_log(actor=OPERATOR, origin=origin)
        except IthacaError as error:
            raise CommandError(error.sentence) from error
        self.stdout.write(
            f"{settings.LEDGER_ORIGIN} continues {origin}: {carried} leaves follow its first entry. Back up the"
            " keyring, and give the new policy to witnesses and to everybody who checks. Old receipts stay as they are."
        )


def _described(one: Shown) -> str:
    if one.head is None:
        return "what it holds is not a checkpoint of this log"
    if one.contradicts:
        return f"{one.head.size} entries, which this database does not hold"
    return f"{one.head.size} entries, which this database holds"

"""`manage.py ledger_keys list | add --type … | retire KEY-ID`: the keys that sign for the log."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.access import Service
from core.errors import IthacaError
from ledger_bridge.log_rotation import destroy_retired_keys
from ledger_bridge.models import LogKey
from ledger_bridge.permissions import Right
from ledger_bridge.services import add_log_key, retire_log_key
from ledger_bridge.signing import log_keys, policy_text
from ledger_bridge.signing_files import TYPES
from ledger_bridge.tlog.policy import ALGORITHMS

OPERATOR = Service("operator", frozenset({Right.CHANGE_KEYS}))


class Command(BaseCommand):
    help = "Show the keys that sign for the log, add one beside them, or retire one. See “Replacing a key” in the docs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", help="show every key the log has or had, and the policy")
        actions.add_parser("add", help="make a key that signs beside the others").add_argument(
            "--type", choices=sorted(TYPES), required=True
        )
        actions.add_parser("retire", help="let a key sign no more, and destroy it").add_argument("key_id")

    def handle(self, *args: Any, **options: Any) -> None:
        # A crash may have come between the commit that retired a key and the destruction of its file.
        destroy_retired_keys()
        try:
            getattr(self, options["action"])(options)
        except IthacaError as error:
            raise CommandError(error.sentence) from error

    def list(self, options: dict[str, Any]) -> None:
        for row in log_keys():
            self.stdout.write(_described(row))
        self.stdout.write(f"\n{policy_text()}", ending="")

    def add(self, options: dict[str, Any]) -> None:
        row = add_log_key(actor=OPERATOR, type_=options["type"])
        advice = "Back up the keyring now, and give the new policy to everybody who checks:"
        self.stdout.write(f"{_described(row)}\n{advice}\n\n{policy_text()}")

    def retire(self, options: dict[str, Any]) -> None:
        row = retire_log_key(actor=OPERATOR, key_id=options["key_id"])
        self.stdout.write(f"{_described(row)}\nIts private half is destroyed here; destroy it in your backups too.")


def _described(row: LogKey) -> str:
    algorithm = ALGORITHMS[row.key.algorithm]
    end = "signs today" if row.last is None else f"retired at size {row.last}"
    return f"{row.key.key_id.hex()}  {algorithm:<9}  from size {row.first}, {end}"

"""`manage.py export_trail --workspace NAME-OR-ID --out trail.zip`: a trail with proof, for `python -m verifier`."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from core.access import Service, machine_account
from core.errors import IthacaError
from ledger_bridge import names
from ledger_bridge.finding import EveryName
from ledger_bridge.forms import ExportForm
from ledger_bridge.leaving_out import GROUPS, describe_left_out
from ledger_bridge.permissions import Right
from ledger_bridge.services import export_trail

OPERATOR = Service("operator", frozenset({Right.EXPORT_TRAILS}))
_OPTIONS = ("workspace", "item", "person", "institution", "kind", "outcome", "since", "until")


class Command(BaseCommand):
    help = "Export the trail of a workspace, a file or a person, with everything needed to check it elsewhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        scope = parser.add_mutually_exclusive_group()
        scope.add_argument("--workspace", metavar="NAME-OR-ID")
        scope.add_argument("--item", metavar="NAME-OR-ID")
        scope.add_argument("--person", metavar="NAME-OR-EMAIL-OR-ID")
        parser.add_argument("--institution", metavar="NAME-OR-ID")
        parser.add_argument("--kind", help="for example version.opened")
        parser.add_argument("--outcome", choices=["allow", "deny"])
        parser.add_argument("--since", metavar="YYYY-MM-DD")
        parser.add_argument("--until", metavar="YYYY-MM-DD")
        parser.add_argument(
            "--hide", nargs="+", metavar="NAME", default=[], help=f"leave out of the entries: {', '.join(GROUPS)}"
        )
        parser.add_argument(
            "--whole",
            action="store_true",
            help="carry every leaf of the log, so that no tag file need be trusted",
        )
        parser.add_argument("--out", type=Path, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        asked = {name: _asked(name, options[name]) for name in _OPTIONS if options[name]}
        form = ExportForm({**asked, "hide": options["hide"]}, finder=EveryName())
        if not form.is_valid():
            reasons = (f"--{name}: {' '.join(map(str, errors))}" for name, errors in form.errors.items())
            raise CommandError("\n".join(reasons), returncode=2)
        try:
            filters = form.filters()
            whole = options["whole"]
            made = export_trail(actor=OPERATOR, filters=filters, operator=machine_account(), whole=whole)
            _write(options["out"], made.chunks)
        except (IthacaError, OSError) as error:
            raise CommandError(str(error)) from error
        what = "complete for what was asked" if made.complete else "narrowed, so not shown to be complete"
        left_out = f"; left out: {describe_left_out(filters.left_out)}" if filters.left_out else ""
        sys.stderr.write(
            f"{options['out']}: {made.events} entries up to a checkpoint of {made.size}, {what}{left_out}.\n"
        )


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a file that only its owner reads, and that is there whole or not at all."""
    partial = path.with_name(f"{path.name}.part")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.writelines(chunks)
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)


def _asked(name: str, value: str) -> str:
    """Return the value as the form wants it: a person may be called by their address here, and one thing is meant."""
    if name == "person" and "@" in value:
        return str(_person(value).pk)
    if name in {"workspace", "item", "person", "institution"} and len(found := names.find(name, value)) > 1:
        listed = "\n".join(f"  {key}  {called}" for key, called in found.items())
        raise CommandError(f"--{name}: several are called so; give the id of one:\n{listed}", returncode=2)
    return value


def _person(email: str) -> Any:
    found = get_user_model().objects.filter(email__iexact=email).first()
    if found is None:
        raise CommandError(f"Nobody here has the address {email}.", returncode=2)
    return found

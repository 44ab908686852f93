"""`manage.py escrow make | check | renew | drill | restore`: the keys behind three sheets of words; two suffice."""

import getpass
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.permissions import Right
from core.access import Service
from core.errors import InvalidInput, IthacaError
from ledger_bridge.signing_files import key_files, stored_keys
from workspaces.escrow import bundle
from workspaces.escrow.binding import NOT_RECORDED, difference
from workspaces.escrow.shares import NEEDED, Share, parse
from workspaces.services import drill_escrow, make_escrow, renew_escrow, restore_escrow

OPERATOR = Service("operator", frozenset({Right.KEEP_ESCROW}))


class Command(BaseCommand):
    help = (
        "Keep the keys of this installation in escrow: three shares, any two of which give them back. See docs/keys.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        make = actions.add_parser("make", help="seal the keys and hand out three shares, once")
        make.add_argument("--to", type=Path, help="a directory for three files; otherwise they are shown here")
        make.add_argument("--again", action="store_true", help="although there is an escrow: new shares, new escrow")
        actions.add_parser("check", help="say whether the escrow holds the keys as they are now; needs no share")
        actions.add_parser("renew", help="seal the keys as they are now, for the same shares")
        drill = actions.add_parser("drill", help="show that two shares rebuild exactly the keys; writes nothing")
        restore = actions.add_parser("restore", help="write the keys where there are none")
        for each in (drill, restore):
            each.add_argument("share", nargs="*", type=Path, help="two files with shares; otherwise they are asked for")
        drill.add_argument("--file", type=Path, help="another escrow.c4gh, such as a backup's")
        restore.add_argument("--file", type=Path, required=True, help="escrow.c4gh from a backup")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['action']}")(options)
        except IthacaError as error:
            raise CommandError(error.sentence) from None

    def _make(self, options: dict[str, Any]) -> None:
        if options["to"]:
            options["to"].mkdir(mode=0o700, parents=True, exist_ok=True)
            _require_room(options["to"])
        made = make_escrow(actor=OPERATOR, again=options["again"])
        for number, sheet in enumerate(made.sheets, start=1):
            if options["to"]:
                _write_once(_sheet(options["to"], number), sheet)
            else:
                self.stdout.write(f"{sheet}\f")
        self.stdout.write(f"Escrow {made.escrow}: three shares, any two suffice. They are kept nowhere else.")
        self.stdout.write(
            f"Give each to one keeper, and rehearse: manage.py escrow drill. Sealed: {bundle.sealed_file()}"
        )

    def _check(self, options: dict[str, Any]) -> None:
        escrow = bundle.fingerprint(bundle.recipient())
        if found := difference(bundle.recipient()):
            raise InvalidInput(NOT_RECORDED.format(found))
        if not bundle.is_current():
            raise InvalidInput(f"Escrow {escrow} does not hold the keys as they are now. Run “manage.py escrow renew”.")
        self.stdout.write(f"Escrow {escrow} holds the keys as they are now. Whether two shares open it, a drill shows.")

    def _renew(self, options: dict[str, Any]) -> None:
        done = renew_escrow(actor=OPERATOR)
        self.stdout.write("Sealed anew, for the same shares." if done else "No key has changed; nothing was done.")

    def _drill(self, options: dict[str, Any]) -> None:
        given = _shares(options["share"])
        if not drill_escrow(actor=OPERATOR, given=given, sealed=options["file"]):
            raise InvalidInput("The shares open the escrow, but it does not hold the keys as they are now. Renew it.")
        self.stdout.write("The two shares rebuild exactly the keys of this installation. Nothing was written.")

    def _restore(self, options: dict[str, Any]) -> None:
        restore_escrow(actor=OPERATOR, given=_shares(options["share"]), sealed=options["file"])
        self.stdout.write(f"The keys are back in {bundle.directory().parent}. The log's public keys are")
        for key in _public_keys():
            self.stdout.write(f"  {key}")
        self.stdout.write("Compare them with what your auditors and witnesses have, before you start anything.")


def _shares(paths: list[Path]) -> list[Share]:
    if not paths:
        return [parse(getpass.getpass(f"Words of share {number} of {NEEDED}: ")) for number in range(1, NEEDED + 1)]
    try:
        return [parse(path.read_text(encoding="utf-8")) for path in paths]
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput("A file with a share cannot be read.") from error


def _public_keys() -> list[str]:
    from django.conf import settings

    from ledger_bridge.signing_files import TYPES

    found = [stored_keys(settings.LEDGER_ORIGIN, algorithm) for algorithm in TYPES.values()] if key_files() else []
    return [str(one.key) for keys in found for one in keys]


def _sheet(directory: Path, number: int) -> Path:
    return directory / f"ithaca-share-{number}-of-3.txt"


def _require_room(directory: Path) -> None:
    if any(_sheet(directory, number).exists() for number in (1, 2, 3)):
        raise InvalidInput(f"There are shares in {directory} already. Nothing was written over them.")


def _write_once(path: Path, sheet: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(sheet)

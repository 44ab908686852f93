"""`manage.py fsck`: hold every stored file, its key and its entry against each other.

Exit status: 0 all is as recorded, 1 something is not, 2 the command was not understood, 3 it could not be finished.
"""

import json
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections import Counter
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand

from core.errors import Unavailable
from ledger_bridge.fsck import Problem
from workspaces.integrity.checking import Depth, faults, walk
from workspaces.integrity.deeds import record_deep_check
from workspaces.integrity.surroundings import check_keys, check_store

_DAMAGED, _UNFINISHED = 1, 3
_SAY_EVERY = 5.0


class Command(BaseCommand):
    help = (
        "Check every stored file: its bytes against the recorded BLAKE3, its key, its commitment and its ledger entry. "
        "Exit status 1 if something is not as recorded, 3 if the check could not be finished."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--quick", action="store_true", help="compare sizes only, without reading the bytes")
        how.add_argument("--deep", action="store_true", help="open every segment as well, and hash the content")
        parser.add_argument("--after", type=_place, metavar="PLACE", help="go on after this place")
        parser.add_argument("--json", action="store_true", help="one JSON object a line, on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        run = _Run(self, as_json=options["json"], at=options["after"] or "")
        depth = Depth.SIZE if options["quick"] else Depth.OPEN if options["deep"] else Depth.HASH
        try:
            if not options["after"]:
                run.take("keys", list(check_keys()))
                run.take("store", list(check_store()))
            if depth is Depth.OPEN:
                record_deep_check()
            run.check_files(depth)
        except Unavailable as error:
            run.break_off(error.sentence)
        except KeyboardInterrupt:
            run.break_off("Interrupted.")
        run.finish()


class _Run:
    def __init__(self, command: Command, *, as_json: bool, at: str) -> None:
        self._command = command
        self._as_json = as_json
        self._at = at
        self._counted: Counter[str] = Counter()
        self._said = time.monotonic()

    def check_files(self, depth: Depth) -> None:
        for stored in walk(self._at):
            self.take(stored.place.partition(":")[0], [Problem(stored.place, what) for what in faults(stored, depth)])
            self._at = stored.place
            self._counted["files"] += 1
            self._counted["bytes"] += stored.size if depth else 0
            if time.monotonic() - self._said > _SAY_EVERY:
                self._say_progress()

    def take(self, check: str, problems: list[Problem]) -> None:
        for problem in problems:
            self._counted["notable" if problem.only_notable else "problems"] += 1
            if self._as_json:
                found = {"check": check, "where": problem.where, "what": problem.what}
                self._write({**found, "severity": "notable" if problem.only_notable else "problem"})
            else:
                self._command.stdout.write(f"{'look ' if problem.only_notable else 'WRONG'} {problem}")

    def break_off(self, why: str) -> None:
        again = f"manage.py fsck --after {self._at}" if self._at else "manage.py fsck"
        if self._as_json:
            self._write({"broken_off": why, "after": self._at})
        self._command.stderr.write(f"{why} Not finished; go on with: {again}")
        self._summarise(finished=False)
        sys.exit(_UNFINISHED)

    def finish(self) -> None:
        self._summarise(finished=True)
        if self._counted["problems"]:
            sys.exit(_DAMAGED)

    def _summarise(self, *, finished: bool) -> None:
        counted = {name: self._counted[name] for name in ("files", "bytes", "problems", "notable")}
        if self._as_json:
            self._write({**counted, "finished": finished})
            return
        verdict = "What is stored is what was recorded." if finished and not counted["problems"] else ""
        read = f", {counted['bytes']:,} bytes read" if counted["bytes"] else ""
        summary = f"{counted['files']:,} files checked{read}; {counted['problems']} problems. {verdict}"
        self._command.stdout.write(summary.strip())

    def _say_progress(self) -> None:
        self._said = time.monotonic()
        self._command.stderr.write(f"{self._counted['files']:,} files, {self._counted['bytes']:,} bytes, at {self._at}")

    def _write(self, line: dict[str, Any]) -> None:
        self._command.stdout.write(json.dumps(line))


def _place(text: str) -> str:
    kind, _, identity = text.partition(":")
    try:
        if kind in {"version", "document"}:
            return f"{kind}:{UUID(identity)}"
    except ValueError as error:
        raise ArgumentTypeError(f"{identity!r} is not an id") from error
    raise ArgumentTypeError("a place looks like version:<id> or document:<id>, as this command prints it")

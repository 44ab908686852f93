"""`manage.py rotate_keys status | root NAME | workspace ID | continue | destroy ROOT GENERATION`."""

import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.permissions import Right
from core.access import Service
from core.errors import IthacaError
from core.kms import ROOTS, key_service
from workspaces.models import Workspace
from workspaces.rotation.holders import left_under_older
from workspaces.rotation.models import KeyRotation
from workspaces.rotation.working import continue_rotation, left_of
from workspaces.services import destroy_root, rotate_root, rotate_workspace_key

OPERATOR = Service("operator", frozenset({Right.ROTATE_KEYS}))
_PORTION = 1.0


class Command(BaseCommand):
    help = "Replace root keys or keys of workspaces while everybody works, and see how far that is. See docs/keys.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("status", help="show roots, what is wrapped under old generations, and rotations")
        root = actions.add_parser("root", help="make a new generation of a root and move every key to it")
        root.add_argument("name", choices=[*ROOTS, "all"])
        root.add_argument("--adopt", action="store_true", help="it was made in the key service already")
        workspace = actions.add_parser("workspace", help="make a new key for a workspace and move its versions to it")
        workspace.add_argument("id", help="the id of a workspace, or all")
        actions.add_parser("continue", help="move what is left, now, and show how far it is")
        destroy = actions.add_parser("destroy", help="destroy a root up to a generation, for good")
        destroy.add_argument("root", choices=ROOTS)
        destroy.add_argument("generation", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['action']}")(options)
        except IthacaError as error:
            raise CommandError(error.sentence) from error

    def _status(self, options: dict[str, Any]) -> None:
        for root in ROOTS:
            newest, left = key_service().newest(root), left_under_older(root, key_service())
            self.stdout.write(f"{root:<11} generation {newest.number}; {left or 'nothing'} left under older ones")
        for rotation in KeyRotation.objects.order_by("-started_at")[:50]:
            self.stdout.write(_described(rotation))

    def _root(self, options: dict[str, Any]) -> None:
        for root in ROOTS if options["name"] == "all" else [options["name"]]:
            self._finish(rotate_root(actor=OPERATOR, root=root, adopt=options["adopt"]))

    def _workspace(self, options: dict[str, Any]) -> None:
        for workspace in _workspaces(options["id"]):
            self._finish(rotate_workspace_key(actor=OPERATOR, workspace=workspace))

    def _continue(self, options: dict[str, Any]) -> None:
        for rotation in KeyRotation.objects.exclude(state=KeyRotation.State.FINISHED).order_by("started_at"):
            self._finish(rotation)

    def _destroy(self, options: dict[str, Any]) -> None:
        root, generation = options["root"], options["generation"]
        destroy_root(actor=OPERATOR, root=root, generation=generation)
        self.stdout.write(f"The root {root} is destroyed up to generation {generation}. Destroy it in backups too.")

    def _finish(self, rotation: KeyRotation) -> None:
        """Move everything, and show how far it is about once a second. Interrupted, the worker goes on."""
        while True:
            continue_rotation(rotation, _PORTION)
            rotation.refresh_from_db()
            if rotation.state != KeyRotation.State.MOVING or rotation.stuck:
                break
            left = left_of(rotation)
            self.stderr.write(
                f"{rotation.what}: {rotation.moved} of {rotation.total} moved, {left} left", ending=_ending()
            )
            if rotation.held_until:
                time.sleep(_PORTION)  # a worker has it; wait for its turn to end
        self.stdout.write(_described(rotation))


def _ending() -> str:
    return "\r" if sys.stderr.isatty() else "\n"


def _workspaces(which: str) -> list[Workspace]:
    if which == "all":
        return list(Workspace.objects.order_by("created_at"))
    try:
        return [Workspace.objects.get(pk=which)]
    except (Workspace.DoesNotExist, ValidationError) as error:
        message = f"There is no workspace with the id {which}."
        raise CommandError(message) from error


def _described(rotation: KeyRotation) -> str:
    stuck = f"; {rotation.stuck} do not open and were left as they are" if rotation.stuck else ""
    return f"{rotation.started_at:%Y-%m-%d %H:%M} UTC  {rotation}; {rotation.moved} of {rotation.total} moved{stuck}"

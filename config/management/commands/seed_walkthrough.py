"""Fills an installation with the walk-through's people and files."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from config.walkthrough import cast, story


class Command(BaseCommand):
    help = "Tell the walk-through's story in an empty installation. A second run changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--only-if-empty", action="store_true", help="Do nothing where there are other people.")

    def handle(self, *args: Any, **options: Any) -> None:
        if story.is_told():
            return
        ours = [person.email for person in (*cast.FOUNDERS, *cast.CONTRIBUTORS, cast.FRIEDERIKE, cast.TOMAS)]
        if User.objects.exclude(email__in=ours).exists():
            if options["only_if_empty"]:
                return
            raise CommandError("There are people here already; the walk-through is for an empty installation.")
        for chapter in story.tell():
            self.stdout.write(chapter)

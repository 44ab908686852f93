"""`manage.py ledger_tags`: sort the tags of every full span now, instead of a second at a time in the background."""

from typing import Any

from django.core.management.base import BaseCommand

from ledger_bridge.services import sequence_entries
from ledger_bridge.tag_files.making import sort_tags
from ledger_bridge.tag_files.models import TagFile
from ledger_bridge.tag_files.published import published_cover
from ledger_bridge.witnessing.published import latest_published

_AT_ONCE = 60.0


class Command(BaseCommand):
    help = "Sort the tags of every full span of the log now, and record their roots in it."

    def handle(self, *args: Any, **options: Any) -> None:
        while sort_tags(_AT_ONCE):
            self.stdout.write(f"{TagFile.objects.count()} spans are sorted …")
        sequence_entries()
        latest = latest_published()
        size = latest.size if latest else 0
        cover = published_cover(size)
        end = cover[-1].span.end if cover else 0
        self.stdout.write(f"{len(cover)} tag files cover {end} of the {size} published entries.")

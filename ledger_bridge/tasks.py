"""What the worker does for the ledger."""

from celery import shared_task

from ledger_bridge import partitions, services
from ledger_bridge.anchors import anchoring, timestamping
from ledger_bridge.erasure import services as erasure
from ledger_bridge.feeds.services import feed_receiver
from ledger_bridge.fsck.rolling import check_next
from ledger_bridge.tag_files.making import sort_tags as sort_due_tags
from ledger_bridge.tile_filling import store_tiles as store_full_tiles


@shared_task(name="ledger_bridge.sequence")
def sequence() -> None:
    services.sequence_entries()


@shared_task(name="ledger_bridge.store_tiles")
def store_tiles() -> None:
    store_full_tiles()


@shared_task(name="ledger_bridge.make_partitions")
def make_partitions() -> None:
    partitions.make_partitions()


@shared_task(name="ledger_bridge.check")
def check() -> None:
    check_next()


@shared_task(name="ledger_bridge.feed")
def feed() -> None:
    feed_receiver()


@shared_task(name="ledger_bridge.anchor_on_chain")
def anchor_on_chain() -> None:
    anchoring.anchor_on_chain()


@shared_task(name="ledger_bridge.timestamp")
def timestamp() -> None:
    timestamping.timestamp_checkpoint()


@shared_task(name="ledger_bridge.finish_erasures")
def finish_erasures() -> None:
    erasure.finish_erasures()


@shared_task(name="ledger_bridge.sort_tags")
def sort_tags() -> None:
    sort_due_tags()

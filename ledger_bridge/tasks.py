"""What the worker does for the ledger."""

from celery import shared_task

from ledger_bridge import services


@shared_task(name="ledger_bridge.sequence")
def sequence() -> None:
    services.sequence_entries()

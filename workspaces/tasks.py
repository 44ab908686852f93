"""Work for later."""

from celery import shared_task

from workspaces.sweeping import sweep


@shared_task(name="workspaces.sweep_orphans")
def sweep_orphans() -> None:
    sweep()

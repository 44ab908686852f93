"""Work for later."""

from celery import shared_task

from workspaces import services
from workspaces.escrow import bundle
from workspaces.integrity.scrubbing import scrub
from workspaces.models import Upload
from workspaces.rotation.working import continue_rotations
from workspaces.scanning.services import scan_next
from workspaces.sweeping import sweep


@shared_task(name="workspaces.sweep_orphans")
def sweep_orphans() -> None:
    sweep()


@shared_task(name="workspaces.finish_upload")
def finish_upload(upload: str) -> None:
    for found in Upload.objects.filter(pk=upload, state=Upload.State.CHECKING):
        services.finish_upload(upload=found)


@shared_task(name="workspaces.finish_uploads")
def finish_uploads() -> None:
    services.finish_uploads()


@shared_task(name="workspaces.expire_uploads")
def expire_uploads() -> None:
    services.expire_uploads()


@shared_task(name="workspaces.end_hand_overs")
def end_hand_overs() -> None:
    services.end_hand_overs()


@shared_task(name="workspaces.end_viewings")
def end_viewings() -> None:
    services.end_viewings()


@shared_task(name="workspaces.continue_rotations")
def continue_rotations_of_keys() -> None:
    continue_rotations()


@shared_task(name="workspaces.keep_escrow")
def keep_escrow() -> None:
    services.record_restored_escrow(actor=services.ESCROW_WORKER)
    if bundle.exists():
        services.renew_escrow(actor=services.ESCROW_WORKER)


@shared_task(name="workspaces.check_stored_files")
def check_stored_files() -> None:
    scrub()


@shared_task(name="workspaces.scan_uploads")
def scan_uploads() -> None:
    scan_next()


@shared_task(name="workspaces.finish_removals")
def finish_removals() -> None:
    services.finish_removals()


@shared_task(name="workspaces.forget_undoables")
def forget_undoables() -> None:
    services.forget_undoables()

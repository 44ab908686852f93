"""Work for later."""

from celery import shared_task

from sharing import mail, services


@shared_task(name="sharing.send_invitations")
def send_invitations() -> None:
    mail.send_invitations()


@shared_task(name="sharing.record_expired_grants")
def record_expired_grants() -> None:
    services.record_expired_grants()


@shared_task(name="sharing.end_links")
def end_links() -> None:
    services.end_links()


@shared_task(name="sharing.watch_requests")
def watch_requests() -> None:
    services.watch_requests()


@shared_task(name="sharing.announce_ends")
def announce_ends() -> None:
    services.announce_ends()


@shared_task(name="sharing.watch_reviews")
def watch_reviews() -> None:
    services.watch_reviews()

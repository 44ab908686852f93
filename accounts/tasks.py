"""What the clock does."""

from celery import shared_task

from accounts import services


@shared_task(name="accounts.expire_approvals")
def expire_approvals() -> None:
    services.expire_approvals()


@shared_task(name="accounts.remind_of_expiry")
def remind_of_expiry() -> None:
    services.remind_of_expiry()

"""What the clock does."""

from celery import shared_task

from accounts import services
from accounts.inbox import mailing


@shared_task(name="accounts.expire_approvals")
def expire_approvals() -> None:
    services.expire_approvals()


@shared_task(name="accounts.remind_of_expiry")
def remind_of_expiry() -> None:
    services.remind_of_expiry()


@shared_task(name="accounts.mail_notices")
def mail_notices() -> None:
    mailing.mail_notices()


@shared_task(name="accounts.forget_old_notices")
def forget_old_notices() -> None:
    mailing.forget_old_notices()

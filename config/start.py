"""The last look before anything is served or done: neither a web server nor a worker runs Django's checks by itself."""

import logging

from django.conf import settings
from django.core.checks import ERROR, WARNING, run_checks
from django.core.exceptions import ImproperlyConfigured

logger = logging.getLogger(__name__)

DECIDED = frozenset({"workspaces.W001"})
"""Warnings about what an installation may decide for itself: they are said at every start, and stop none."""


def refuse_unsound() -> None:
    """Run the system checks; in production those of a deployment as well, whose warnings count as errors.

    Raises:
        ImproperlyConfigured: with every sentence that a check had to say.

    """
    worst = WARNING if settings.PRODUCTION else ERROR
    found = run_checks(include_deployment_checks=settings.PRODUCTION)
    serious = [message for message in found if message.is_serious(worst) and not message.is_silenced()]
    for message in serious:
        if message.id in DECIDED:
            logger.warning("%s: %s", message.id, message.msg)
    serious = [message for message in serious if message.id not in DECIDED]
    if wrong := [f"{message.id}: {message.msg}" for message in serious]:
        raise ImproperlyConfigured("Ithaca does not start like this:\n" + "\n".join(wrong))

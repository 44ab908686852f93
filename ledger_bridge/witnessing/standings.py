"""Remembers how witnesses answered, so that the slow and the dead cost less each time."""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db.models import Q

from ledger_bridge.tlog.policy import Policy
from ledger_bridge.witnessing.collecting import Asked
from ledger_bridge.witnessing.models import WitnessStanding

_FIRST_PAUSE = timedelta(seconds=0.5)
_LONGEST_PAUSE = timedelta(seconds=60)

logger = logging.getLogger(__name__)


def addresses(policy: Policy) -> list[Asked]:
    """Return where the policy's witnesses answer; those without an address come to us."""
    found: dict[str, Asked] = {}
    for witness in policy.witnesses.values():
        if witness.url:
            found.setdefault(witness.url, Asked(witness.url, [])).witnesses.append(witness)
    return list(found.values())


def due(policy: Policy) -> list[Asked]:
    """Return whom to ask now, with the size where each is thought to stand."""
    now = datetime.now(UTC)
    resting = set(WitnessStanding.objects.filter(not_before__gt=now).values_list("url", flat=True))
    sizes = dict(WitnessStanding.objects.values_list("url", "size"))
    asked = [one for one in addresses(policy) if one.url not in resting]
    for one in asked:
        one.size = sizes.get(one.url, 0)
    return asked


def remember(asked: Iterable[Asked]) -> None:
    """Write down how each answered, and how long to leave alone who did not."""
    now = datetime.now(UTC)
    for one in asked:
        if one.lines and not one.trouble:
            values = {"size": one.size, "failures": 0, "not_before": None, "trouble": "", "answered_at": now}
            WitnessStanding.objects.update_or_create(url=one.url, defaults=values)
        elif one.is_done or one.tries:
            _remember_trouble(one, now)


def troubled() -> list[WitnessStanding]:
    return list(WitnessStanding.objects.filter(~Q(trouble="")).order_by("url"))


def _remember_trouble(one: Asked, now: datetime) -> None:
    standing, _ = WitnessStanding.objects.get_or_create(url=one.url)
    trouble = one.trouble or "it did not answer in time"
    if standing.trouble != trouble:
        logger.warning("The witness %s: %s.", one.url, trouble)
    pause = min(_FIRST_PAUSE * 2 ** min(standing.failures, 10), _LONGEST_PAUSE)
    standing.size = one.size
    standing.failures += 1
    standing.not_before = now + pause
    standing.trouble = trouble
    standing.save(update_fields=["size", "failures", "not_before", "trouble"])

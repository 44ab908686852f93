"""Looks at what witnesses show of this log, before anything is signed: a witness that is ahead of us proves a rollback.

A claim alone stops nothing, or any one witness could halt the log. A checkpoint that this log's own keys signed does:
it is kept on disk beside the published one, and from then on nothing is signed until the database holds it again.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from time import monotonic

from django.conf import settings
from django.db import transaction

from ledger_bridge.models import Checkpoint, Outbox
from ledger_bridge.publishing import contradicts, keep_seen, require_no_rollback
from ledger_bridge.signing import log_policy
from ledger_bridge.tlog.checkpoint import Checkpoint as Head
from ledger_bridge.tlog.errors import TlogError
from ledger_bridge.witnessing.client import HttpWitness, WitnessClient, WitnessUnreachable
from ledger_bridge.witnessing.collecting import Asked, Connect
from ledger_bridge.witnessing.policy import full_policy, needs_witnesses
from ledger_bridge.witnessing.standings import due

WHEN_BUSY = 1.0
WHEN_QUIET = 30.0
_SECONDS = 1.5

logger = logging.getLogger(__name__)

_looked_at: dict[str, float] = {}


def watch(connect: Connect = HttpWitness) -> None:
    """Look at all witnesses, at most once a second while entries wait and every half minute otherwise.

    Raises:
        RolledBack: when one of them, or the published file, is ahead of this database or tells another history.

    """
    if not needs_witnesses():
        return
    pause = WHEN_BUSY if Outbox.objects.exists() else WHEN_QUIET
    last = _looked_at.get(settings.LEDGER_ORIGIN)
    if last is None or monotonic() - last >= pause:
        _looked_at[settings.LEDGER_ORIGIN] = monotonic()
        look_at(due(full_policy()), connect)


def look_at(asked: list[Asked], connect: Connect = HttpWitness) -> None:
    """Ask these witnesses what they hold, keep what this database does not know, and refuse to go on if there is any.

    Raises:
        RolledBack: when there is.

    """
    if not asked:
        return
    found = False
    for one, note in shown_by(asked, connect):
        head = _signed_by_us(one, note)
        if head and contradicts(head):
            keep_seen(note)
            found = True
    if found:
        with transaction.atomic():
            last = Checkpoint.objects.order_by("size").last()
            require_no_rollback(last.size if last else 0)


def shown_by(asked: list[Asked], connect: Connect) -> list[tuple[Asked, bytes]]:
    """Ask all at once, and return what those who answer in time hold."""
    pool = ThreadPoolExecutor(len(asked), thread_name_prefix="watch")
    asking = [(one, pool.submit(_latest, one.url, connect)) for one in asked]
    give_up, shown = monotonic() + _SECONDS, []
    for one, future in asking:
        try:
            if note := future.result(max(give_up - monotonic(), 0)):
                shown.append((one, note))
        except (WitnessUnreachable, TooLate):
            # Who does not answer is met again when a cosignature is asked for, and rests then.
            continue
    pool.shutdown(wait=False, cancel_futures=True)
    return shown


def _latest(url: str, connect: Connect) -> bytes | None:
    witness: WitnessClient = connect(url)
    return witness.latest(settings.LEDGER_ORIGIN)


def _signed_by_us(one: Asked, note: bytes) -> Head | None:
    try:
        return log_policy().open_checkpoint(note)[0]
    except TlogError as error:
        logger.warning("The witness %s shows a checkpoint that is not one of this log (%s).", one.url, error)
        return None

"""Looks at what witnesses and the chain show of this log, before anything is signed: who is ahead proves a rollback.

A claim alone stops nothing, or any one witness could halt the log. A checkpoint that this log's own keys signed does:
it is kept on disk beside the published one, and from then on nothing is signed until the database holds it again.
"""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from time import monotonic

from django.conf import settings
from django.db import connection, transaction

from core.errors import Unavailable
from ledger_bridge.anchors.configuration import chain_is_configured
from ledger_bridge.anchors.watching import anchored_head, chain_to_ask, rest
from ledger_bridge.models import Checkpoint, Outbox
from ledger_bridge.publishing import contradicts, keep_anchored, keep_seen, require_no_rollback
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

_looked_at: dict[str, tuple[object, float]] = {}
"""By origin: through which connection to the database, and when."""


def watch(connect: Connect = HttpWitness) -> None:
    """Look at all witnesses and the chain: at once after a start or a break of the connection to the database, then
    at most once a second while entries wait and every half minute otherwise.

    Raises:
        RolledBack: when one of them, or the published file, is ahead of this database or tells another history.

    """
    if not (needs_witnesses() or chain_is_configured()):
        return
    if _is_time(WHEN_BUSY if Outbox.objects.exists() else WHEN_QUIET):
        look_at(due(full_policy()) if needs_witnesses() else [], connect, with_chain=True)


def look_at(asked: list[Asked], connect: Connect = HttpWitness, *, with_chain: bool = False) -> None:
    """Ask these witnesses what they hold, keep what this database does not know, and refuse to go on if there is any.

    Raises:
        RolledBack: when there is.

    """
    anchored = chain_in_background() if with_chain else None
    found = False
    for one, note in shown_by(asked, connect):
        head = _signed_by_us(one, note)
        if head and contradicts(head):
            keep_seen(note)
            found = True
    head = chain_said(anchored) if anchored else None
    if head and contradicts(head):
        keep_anchored(head)
        found = True
    if found:
        with transaction.atomic():
            last = Checkpoint.objects.order_by("size").last()
            require_no_rollback(last.size if last else 0)


def shown_by(asked: list[Asked], connect: Connect) -> list[tuple[Asked, bytes]]:
    """Ask all at once, and return what those who answer in time hold."""
    if not asked:
        return []
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


def chain_in_background() -> "Future[Head | None] | None":
    """Begin to ask the contract, if there is one to ask."""
    where = chain_to_ask()
    if where is None:
        return None
    pool = ThreadPoolExecutor(1, thread_name_prefix="watch")
    asking = pool.submit(anchored_head, where)
    pool.shutdown(wait=False)
    return asking


def chain_said(asking: "Future[Head | None]") -> Head | None:
    """Return what the contract holds; None when it holds nothing yet, or does not say in time."""
    try:
        return asking.result(_SECONDS)
    except Unavailable as reason:
        rest(reason)
    except TooLate:
        rest(Unavailable("The node does not answer in time."))
    return None


def _is_time(pause: float) -> bool:
    # A database that was exchanged for another has cut our connection: what comes through a new one is looked at anew.
    connection.ensure_connection()
    through, at = _looked_at.get(settings.LEDGER_ORIGIN, (None, 0.0))
    if through is connection.connection and monotonic() - at < pause:
        return False
    _looked_at[settings.LEDGER_ORIGIN] = (connection.connection, monotonic())
    return True


def _latest(url: str, connect: Connect) -> bytes | None:
    witness: WitnessClient = connect(url)
    return witness.latest(settings.LEDGER_ORIGIN)


def _signed_by_us(one: Asked, note: bytes) -> Head | None:
    try:
        return log_policy().open_checkpoint(note)[0]
    except TlogError as error:
        logger.warning("The witness %s shows a checkpoint that is not one of this log (%s).", one.url, error)
        return None

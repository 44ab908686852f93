"""Looks at what witnesses and the chain show of this log, before anything is signed: who is ahead proves a rollback.

A claim alone stops nothing, or any one witness could halt the log. A checkpoint that this log's own keys signed does:
it is kept on disk beside the published one, and from then on nothing is signed until the database holds it again.

After a start, and after every break of the connection to the database, nothing is signed before the quorum has answered
once: a database that was restored while no witness could be reached must not sign. Without the quorum nothing could be
published either, so a dead witness holds up no more than it does anyway.

An answer counts only if it could tell of a rollback: the witness shows at least what this database knows it cosigned.
One that cosigned and says "nothing", or shows less, lost what it held; one whose checkpoint cannot be read shows
nothing that could be compared. Only who never cosigned here may have nothing: on a new log, or new in the policy.
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
from ledger_bridge.tlog.note import join, parse
from ledger_bridge.tlog.policy import Witness
from ledger_bridge.witnessing.client import HttpWitness, WitnessClient, WitnessUnreachable
from ledger_bridge.witnessing.collecting import Asked, Connect
from ledger_bridge.witnessing.models import Cosignature
from ledger_bridge.witnessing.policy import full_policy, needs_witnesses
from ledger_bridge.witnessing.standings import due

WHEN_BUSY = 1.0
WHEN_QUIET = 30.0
_SECONDS = 1.5

logger = logging.getLogger(__name__)

_looked_at: dict[str, tuple[object, float]] = {}
"""By origin: through which connection to the database, and when."""
_heard: dict[str, tuple[object, set[str]]] = {}
"""By origin: through which connection to the database, and which witnesses of the policy answered since."""
_forgetful: set[str] = set()
"""Those of whom it was said already that they lost what they held."""


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
    for one, note in _answers(asked, connect):
        head = _signed_by_us(one, note) if note else None
        if head or not note:
            _remember_heard(one, head.size if head else 0)
        if note and head and contradicts(head):
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


def quorum_was_heard() -> bool:
    """Say whether as many witnesses as the quorum asks for gave an answer that counts since the start.

    Heard is who answered through this connection to the database.
    Those without an address cannot be asked, and count as heard; what one of them holds shows when it hands it in.
    """
    if not needs_witnesses():
        return True
    through, names = _heard.get(settings.LEDGER_ORIGIN, (None, set()))
    policy = full_policy()
    mute = {name for name, witness in policy.witnesses.items() if not witness.url}
    return policy.is_met_by(mute | names if through is connection.connection else mute)


def shown_by(asked: list[Asked], connect: Connect) -> list[tuple[Asked, bytes]]:
    """Ask all at once, and return what those who answer in time hold."""
    return [(one, note) for one, note in _answers(asked, connect) if note]


def _remember_heard(one: Asked, shown: int) -> None:
    through, names = _heard.get(settings.LEDGER_ORIGIN, (None, set()))
    if through is not connection.connection:
        names = set()
    added = {w.name for w in one.witnesses if w.name not in names and not _has_forgotten(w, shown)}
    _heard[settings.LEDGER_ORIGIN] = (connection.connection, names | added)


def _has_forgotten(witness: Witness, shown: int) -> bool:
    """Say whether a witness shows less than it cosigned: it cannot tell whether this database was rolled back."""
    if shown >= (cosigned := _size_cosigned(witness)):
        _forgetful.discard(witness.name)
        return False
    if witness.name not in _forgetful:
        _forgetful.add(witness.name)
        logger.warning(
            "The witness %s cosigned %d entries of this log, but shows %d: it lost what it held, so its answer does not"
            " count where the quorum must be heard before the log is signed (docs/ledger.md).",
            witness.name,
            cosigned,
            shown,
        )
    return True


def _size_cosigned(witness: Witness) -> int:
    """Return the largest size that a witness cosigned with the key that the policy names, as this database knows."""
    last = Cosignature.objects.filter(witness=witness.name).order_by("-size").first()
    if last is None:
        return 0
    (signature,) = parse(join(b"-\n", [last.line.encode()])).signatures
    key = witness.verifier.key
    return last.size if (signature.name, signature.key_id) == (key.name, key.key_id) else 0


def _answers(asked: list[Asked], connect: Connect) -> list[tuple[Asked, bytes | None]]:
    if not asked:
        return []
    pool = ThreadPoolExecutor(len(asked), thread_name_prefix="watch")
    asking = [(one, pool.submit(_latest, one.url, connect)) for one in asked]
    give_up = monotonic() + _SECONDS
    shown: list[tuple[Asked, bytes | None]] = []
    for one, future in asking:
        try:
            shown.append((one, future.result(max(give_up - monotonic(), 0))))
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

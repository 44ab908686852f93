"""Witnessing without an inbound port: ask the log, build the proof from its tiles, cosign, hand the cosignature back.

Nothing that the log answers is believed: tiles give a proof, and the proof has to lead from the head that is remembered
to the checkpoint that the log signed.
"""

import logging
import threading
import time

from ledger_bridge.tlog.checkpoint import Checkpoint
from ledger_bridge.tlog.errors import TlogError
from ledger_bridge.tlog.merkle import consistency_proof
from ledger_bridge.tlog.tiles import node_reader
from witness.cosigning import ROLLBACK, Witness
from witness.errors import ConflictError, DeclinedError, UnreachableError, WitnessError
from witness.fetching import RemoteLog
from witness.request import AddCheckpoint
from witness.settings import Log

BEHIND_FOR = 30.0
_LONGEST_PAUSE = 300.0

logger = logging.getLogger(__name__)


class Poller:
    """Asks one log again and again."""

    def __init__(self, witness: Witness, log: Log, remote: RemoteLog, *, behind_for: float = BEHIND_FOR) -> None:
        self._witness = witness
        self._log = log
        self._remote = remote
        self._behind_for = behind_for
        self._behind_since: float | None = None
        self._pushed = b""

    def run(self, stopping: threading.Event) -> None:
        """Poll until told to stop, more slowly while it fails."""
        failures = 0
        while not stopping.is_set():
            try:
                self.poll()
                failures = 0
            except WitnessError as error:
                failures += 1
                logger.warning("%s: %s", self._log.origin, error)
            except Exception:
                failures += 1
                logger.exception("%s: polling failed.", self._log.origin)
            stopping.wait(
                min(self._log.poll_seconds * 2 ** min(failures, 10), max(_LONGEST_PAUSE, self._log.poll_seconds))
            )

    def poll(self) -> None:
        """Look once, cosign what is new, and hand it over.

        Raises:
            UnreachableError: the log does not answer, or not as a log does.
            DeclinedError: what it shows cannot be cosigned.

        """
        note, shown = self._witness.open_checkpoint(self._remote.checkpoint())
        if shown.origin != self._log.origin:
            raise UnreachableError(f"another log answers there, {shown.origin}")
        held = self._witness.state.head(shown.origin)
        if held.note and shown.size < held.size:
            self._notice_smaller(note, shown)
            return
        self._behind_since = None
        if not held.note or (held.size, held.root) != (shown.size, shown.root):
            self._cosign(note, shown, held.size)
        self._push()

    def _cosign(self, note: bytes, shown: Checkpoint, old_size: int) -> None:
        try:
            proof = consistency_proof(old_size, shown.size, node_reader(shown.size, self._remote.read_tile()))
        except TlogError as error:
            raise UnreachableError(f"its tiles do not give a proof ({error})") from error
        try:
            self._witness.cosign(AddCheckpoint(old_size, tuple(proof), note))
        except ConflictError:
            logger.info("%s: another process was faster.", shown.origin)

    def _push(self) -> None:
        """Hand the head over until the log has taken it once; it may forget, then it asks."""
        note = self._witness.state.head(self._log.origin).note
        if note != self._pushed:
            self._remote.push(note)
            self._pushed = note

    def _notice_smaller(self, note: bytes, shown: Checkpoint) -> None:
        # A cache may lag for a moment; only what stays is a rollback.
        now = time.monotonic()
        self._behind_since = self._behind_since or now
        if now - self._behind_since < self._behind_for:
            raise UnreachableError(f"it shows {shown.size} entries, fewer than were cosigned")
        self._witness.keep(ROLLBACK, shown.origin, note)
        raise DeclinedError(409, f"it was rolled back to {shown.size} entries")

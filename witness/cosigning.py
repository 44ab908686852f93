"""The decision: cosign a checkpoint, or say why not (C2SP tlog-witness).

Order
    1. the body is a request (400); the origin is known (404); the log signed with each type of key that is known
       of it, and no signature by such a key fails (403); the old size is not larger than the new one (400);
    2. with the head locked: the old size is the head's (409); the empty tree has the empty root, the proof holds, and
       the same size has the same root (422);
    3. the head is stored, and only then is the cosignature given away.

A time is never earlier than the one before, whatever the clock says. What a log must not have signed is kept.
"""

import logging
import time
from collections.abc import Callable, Sequence

from ledger_bridge.tlog.checkpoint import Checkpoint
from ledger_bridge.tlog.errors import FormatError, ProofError, SignatureError
from ledger_bridge.tlog.merkle import verify_consistency
from ledger_bridge.tlog.note import format_signature, join, open_note, parse
from ledger_bridge.tlog.policy import ALGORITHMS
from witness.errors import ConflictError, DeclinedError
from witness.keys import Signing
from witness.request import AddCheckpoint
from witness.settings import Log
from witness.state import Evidence, Head, State

FORK = "fork"
"""Two signed checkpoints of one size with different roots: the log's own signatures convict it."""
UNPROVEN = "unproven"
"""A signed checkpoint that came with a proof that does not connect it to the head."""
ROLLBACK = "rollback"
"""The log's own address keeps showing fewer entries than were cosigned."""

logger = logging.getLogger(__name__)


class Witness:
    """Knows logs, keeps their heads and cosigns."""

    def __init__(
        self,
        cosigners: Sequence[Signing],
        logs: dict[str, Log],
        state: State,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.cosigners = cosigners
        self.logs = logs
        self.state = state
        self._clock = clock

    def add_checkpoint(self, body: bytes) -> bytes:
        """Answer a request with cosignature lines.

        Raises:
            DeclinedError: nothing was cosigned; it says with which status to answer.

        """
        try:
            request = AddCheckpoint.parse(body)
        except FormatError as error:
            raise DeclinedError(400, str(error)) from error
        return self.cosign(request)

    def cosign(self, request: AddCheckpoint) -> bytes:
        """Cosign what continues the head, and return the lines.

        Raises:
            DeclinedError: nothing was cosigned.

        """
        note, checkpoint = self.open_checkpoint(request.note)
        if request.old_size > checkpoint.size:
            raise DeclinedError(400, f"old: {request.old_size} is larger than the checkpoint's {checkpoint.size}")
        lines = b""

        def decide(held: Head) -> Head:
            nonlocal lines
            self._require_continuation(held, checkpoint, request)
            moment = max(int(self._clock()), held.time, 1)
            text = parse(note).text
            lines = b"".join(cosigner.signature_line(text, moment) for cosigner in self.cosigners)
            return Head(checkpoint.size, checkpoint.root, note + lines, moment)

        try:
            self.state.advance(checkpoint.origin, decide)
        except DeclinedError as error:
            self._keep_what_convicts(error, checkpoint, note)
            raise
        return lines

    def open_checkpoint(self, note: bytes) -> tuple[bytes, Checkpoint]:
        """Check who signed, then what. Return the note with the log's own signatures only, and the checkpoint.

        Raises:
            DeclinedError: the log is unknown, did not sign, or signed no checkpoint.

        """
        try:
            parsed = parse(note)
        except FormatError as error:
            raise DeclinedError(400, f"checkpoint: {error}") from error
        log = self.logs.get(parsed.text.decode().split("\n")[0])
        if log is None:
            raise DeclinedError(404, "checkpoint: the origin is not that of a log known here")
        try:
            opened = open_note(note, log.verifiers)
        except SignatureError as error:
            raise DeclinedError(403, f"checkpoint: {error}") from error
        missing = {verifier.key.algorithm for verifier in log.verifiers}
        missing -= {verifier.key.algorithm for verifier in log.verifiers if opened.signed_by(verifier.key)}
        if missing:
            raise DeclinedError(403, f"checkpoint: the log's {ALGORITHMS[min(missing)]} signature is missing")
        checkpoint = _checkpoint(parsed.text)
        return join(parsed.text, [format_signature(one) for one in opened.signatures]), checkpoint

    def keep(self, kind: str, origin: str, shown: bytes) -> None:
        """Keep a note that does not go together with the head, and say so."""
        held = self.state.head(origin)
        if self.state.keep_evidence(Evidence(origin, kind, int(self._clock()), held.note, shown)):
            logger.critical("Evidence against %s was kept: %s at %d entries. See “status”.", origin, kind, held.size)

    def _require_continuation(self, held: Head, checkpoint: Checkpoint, request: AddCheckpoint) -> None:
        if request.old_size != held.size:
            raise ConflictError(held.size)
        try:
            verify_consistency(
                old_size=held.size,
                new_size=checkpoint.size,
                old_root=held.root,
                new_root=checkpoint.root,
                proof=request.proof,
                allow_empty=True,
            )
        except ProofError as error:
            raise DeclinedError(422, f"proof: {error}") from error

    def _keep_what_convicts(self, error: DeclinedError, checkpoint: Checkpoint, note: bytes) -> None:
        held = self.state.head(checkpoint.origin)
        if held.note and held.size == checkpoint.size and held.root != checkpoint.root:
            self.keep(FORK, checkpoint.origin, note)
        elif error.status == 422 and held.note:  # noqa: PLR2004  # the right old size, and yet it does not continue
            self.keep(UNPROVEN, checkpoint.origin, note)


def _checkpoint(text: bytes) -> Checkpoint:
    try:
        return Checkpoint.parse(text)
    except FormatError as error:
        # tlog-witness wants this one case told apart from everything else that is not a checkpoint.
        is_empty_tree = text.split(b"\n")[1:2] == [b"0"]
        raise DeclinedError(422 if is_empty_tree else 400, f"checkpoint: {error}") from error

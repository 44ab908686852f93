"""Takes cosignatures that witnesses without an address of their own hand in.

Nobody signs in here: what counts is whether the checkpoint is ours and the signatures are those of the policy's keys.
"""

from core.errors import Conflict, InvalidInput
from ledger_bridge.models import Checkpoint
from ledger_bridge.publishing import contradicts, keep_seen
from ledger_bridge.signing import log_policy
from ledger_bridge.tlog.checkpoint import Checkpoint as Head
from ledger_bridge.tlog.cosignature import timestamp
from ledger_bridge.tlog.errors import TlogError
from ledger_bridge.tlog.note import format_signature, open_note, parse
from ledger_bridge.witnessing.policy import full_policy, is_plausible
from ledger_bridge.witnessing.publisher import keep_cosignature

MAX_BODY = 128 * 1024


def receive_cosignatures(note: bytes) -> int:
    """Keep the policy's witnesses' lines under one of our checkpoints, and return how many were new.

    Raises:
        InvalidInput: it is no checkpoint of this log, or no witness of the policy signed it.
        Conflict: this log signed it, but this database does not hold it: the log was rolled back.

    """
    head = _ours(note)
    if contradicts(head):
        keep_seen(note)
        raise Conflict("This log signed that checkpoint, but does not hold it any more. It was kept as evidence.")
    if not Checkpoint.objects.filter(size=head.size).exists():
        raise InvalidInput("No checkpoint of this log ends there.", field="checkpoint")
    lines = _lines(note)
    if not lines:
        raise InvalidInput("No witness that the policy names signed it at a possible time.", field="cosignature")
    return sum(keep_cosignature(head.size, witness, line) for witness, line in lines.items())


def _ours(note: bytes) -> Head:
    try:
        return log_policy().open_checkpoint(note)[0]
    except TlogError as error:
        raise InvalidInput(f"This is not a checkpoint of this log: {error}.", field="checkpoint") from error


def _lines(note: bytes) -> dict[str, bytes]:
    present = {(line.name, line.key_id) for line in parse(note).signatures}
    lines = {}
    for witness in full_policy().witnesses.values():
        key = witness.verifier.key
        if (key.name, key.key_id) not in present:
            continue
        try:
            (signature,) = open_note(note, [witness.verifier]).signatures
        except TlogError as error:
            raise InvalidInput(f"The cosignature by {key.name} does not hold: {error}.", field="cosignature") from error
        if is_plausible(timestamp(signature.blob)):
            lines[witness.name] = format_signature(signature)
    return lines

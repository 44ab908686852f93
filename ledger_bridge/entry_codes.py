"""The code of an entry shows that `record()` made it, and not somebody who can write to the database.

    code = HMAC-SHA-256(code key, "ithaca.entry-code.v1" ‖ 0x00 ‖ entry id ‖ commitment ‖ pads ‖ 4 stream rows)

These are exactly the bytes that the sequencer makes the leaf of; the commitment covers every field, the times
included. The code key is derived from the ledger key, which the database holds only as the key service has wrapped it.

Entries from before there were codes have none. Their places end at a number that carries a code itself, so it cannot be
raised by SQL; without that row every entry must have a code.
"""

import hmac
from functools import lru_cache
from hashlib import sha256
from struct import Struct

from ledger_bridge.models import CodesBegin
from ledger_bridge.stored_entry import StoredEntry
from ledger_bridge.stream_keys import ledger_key
from ledger_bridge.tlog.entry import SLOTS, TAG_SIZE, pad

_KEY_LABEL = b"ithaca.entry-code-key.v1"
_LABEL = b"ithaca.entry-code.v1\x00"
_BEGIN_LABEL = b"ithaca.codes-begin.v1\x00"
_STREAMS = Struct(">4q")
_PLACE = Struct(">Q")
_NO_PAD = bytes(TAG_SIZE)
_BLOCK = 64
_INNER_MASK = bytes(n ^ 0x36 for n in range(256))
_OUTER_MASK = bytes(n ^ 0x5C for n in range(256))


class Codes:
    """HMAC-SHA-256 with the code key, prepared once: `sha256(outer + sha256(inner + message))`."""

    __slots__ = ("inner", "outer")

    def __init__(self, key: bytes) -> None:
        block = key.ljust(_BLOCK, b"\x00")
        self.inner = block.translate(_INNER_MASK) + _LABEL
        self.outer = block.translate(_OUTER_MASK)

    def code(self, message: bytes) -> bytes:
        return sha256(self.outer + sha256(self.inner + message).digest()).digest()

    def fits(self, message: bytes, code: bytes) -> bool:
        return hmac.compare_digest(self.code(message), code)


def codes() -> Codes:
    """Return what makes and checks codes.

    Raises:
        Unavailable: when the key service does not answer.

    """
    return _codes_under(ledger_key())


@lru_cache(maxsize=4)
def _codes_under(key: bytes) -> Codes:
    return Codes(hmac.digest(key, _KEY_LABEL, "sha256"))


def message_of(entry: str, commitment: bytes, pads: bytes, streams: tuple[int, ...]) -> bytes:
    """Return what the code of an entry covers; `streams` holds the row in each slot, 0 for none."""
    return bytes.fromhex(entry.replace("-", "")) + commitment + pads + _STREAMS.pack(*streams)


def coded_of(entry: StoredEntry) -> bytes:
    """Return what the code of a stored entry covers."""
    return message_of(entry.fields["id"], entry.commitment, entry.pads, entry.streams)


def pads_for(seed: bytes, streams: tuple[int, ...]) -> bytes:
    """Return what fills the slots of the leaf that have no stream; zeros stand for the others."""
    return b"".join(
        _NO_PAD if stream else pad(seed, slot) for slot, stream in zip(range(len(SLOTS)), streams, strict=True)
    )


def codes_begin() -> int:
    """Return the place in the log from which on every entry has a code.

    Raises:
        Unavailable: when the key service does not answer.

    """
    row = CodesBegin.objects.first()
    if row is None or not hmac.compare_digest(_begin_code(row.index), bytes(row.code)):
        return 0
    return row.index


def set_codes_begin(index: int) -> None:
    """Say, once and for good, that the entries below this place have no code."""
    CodesBegin.objects.create(index=index, code=_begin_code(index))


def _begin_code(index: int) -> bytes:
    return hmac.digest(_code_key(), _BEGIN_LABEL + _PLACE.pack(index), "sha256")


def _code_key() -> bytes:
    return hmac.digest(ledger_key(), _KEY_LABEL, "sha256")

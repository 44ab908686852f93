"""Timestamped ML-DSA-44 (sub)tree cosignatures (C2SP tlog-cosignature v1.1.0-rc.1, type 0x06).

A log signs its own checkpoints with it next to Ed25519, and a witness may use it instead of Ed25519: it is made to hold
against large quantum computers too. Unlike type 0x04 the signed message names the signer, and may be about a subtree.

Rules enforced
    * a public key has 1312 bytes; the blob is an 8-byte POSIX time, at most 2^63 - 1, and 2420 bytes of signature;
    * the signed message is the label "subtree/v1", the signer's name, the time, the origin, start, end and root; name
      and origin have 1 to 255 bytes of UTF-8;
    * under a note it stands only below a checkpoint, which is the subtree from 0 to its size;
    * a subtree that does not begin at 0 is signed with time 0.

Out of scope: whether the time is plausible (there is no clock here), and extension lines, which this type does not
cover and `checkpoint.py` refuses.
"""

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from ledger_bridge.tlog.checkpoint import Checkpoint
from ledger_bridge.tlog.encoding import MAX_SIZE
from ledger_bridge.tlog.errors import FormatError, SignatureError
from ledger_bridge.tlog.merkle import HASH_SIZE, is_subtree
from ledger_bridge.tlog.note import Signature, VerifierKey, format_signature, require_name

MLDSA44 = 0x06
PUBLIC_KEY_SIZE = 1312
SIGNATURE_SIZE = 2420
_TIME_SIZE = 8
_LABEL = b"subtree/v1\n\x00"
_LONGEST_NAME = 255


@dataclass(frozen=True)
class Subtree:
    """The leaves [start, end) of the log with this origin, and their root."""

    origin: str
    start: int
    end: int
    root: bytes

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> "Subtree":
        """The whole tree of a checkpoint."""
        return cls(checkpoint.origin, 0, checkpoint.size, checkpoint.root)

    def message(self, signer: str, time: int) -> bytes:
        """The bytes to sign.

        Raises:
            FormatError: the values do not make such a message.

        """
        if not 0 <= time <= MAX_SIZE or (self.start and time):
            raise FormatError(f"the time {time} cannot stand in a cosignature of [{self.start}, {self.end})")
        if not is_subtree(self.start, self.end) or self.end > MAX_SIZE or len(self.root) != HASH_SIZE:
            raise FormatError(f"[{self.start}, {self.end}) with a root of {len(self.root)} bytes is not a subtree")
        numbers = self.start.to_bytes(8, "big") + self.end.to_bytes(8, "big")
        stated = time.to_bytes(_TIME_SIZE, "big")
        return _LABEL + _framed(signer, "name") + stated + _framed(self.origin, "origin") + numbers + self.root


def _framed(text: str, what: str) -> bytes:
    raw = text.encode()
    if not 1 <= len(raw) <= _LONGEST_NAME or "\n" in text:
        raise FormatError(
            f"the {what} has {len(raw)} bytes or several lines; ML-DSA-44 signs 1 to {_LONGEST_NAME} bytes"
        )
    return bytes([len(raw)]) + raw


class MldsaVerifier:
    """Checks the type 0x06 signatures of one key."""

    def __init__(self, key: VerifierKey) -> None:
        """Prepare a key.

        Raises:
            FormatError: the key is not an ML-DSA-44 key of type 0x06, or this computer's library cannot check such.

        """
        if key.algorithm != MLDSA44:
            raise FormatError(f"the key of {key.name} has type {key.algorithm:#04x}, not ML-DSA-44")
        if len(key.public_key) != PUBLIC_KEY_SIZE:
            raise FormatError(f"the key of {key.name} is not an ML-DSA-44 key")
        try:
            self._public = MLDSA44PublicKey.from_public_bytes(key.public_key)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise FormatError(f"the ML-DSA-44 key of {key.name} cannot be used here: {error}") from error
        self._key = key

    @property
    def key(self) -> VerifierKey:
        """The key it stands for."""
        return self._key

    def verify(self, text: bytes, blob: bytes) -> None:
        """Check one signature under the text of a checkpoint.

        Raises:
            SignatureError: it does not verify, or the text is not that of a checkpoint.

        """
        try:
            subtree = Subtree.of(Checkpoint.parse(text))
        except FormatError as error:
            raise SignatureError(f"the signature by {self._key.name} is not below a checkpoint: {error}") from error
        self.verify_subtree(subtree, blob)

    def verify_subtree(self, subtree: Subtree, blob: bytes) -> None:
        """Check one signature over a subtree.

        Raises:
            SignatureError: it does not verify.

        """
        if len(blob) != _TIME_SIZE + SIGNATURE_SIZE:
            raise SignatureError(f"the ML-DSA-44 signature by {self._key.name} has {len(blob)} bytes")
        try:
            message = subtree.message(self._key.name, int.from_bytes(blob[:_TIME_SIZE], "big"))
            self._public.verify(blob[_TIME_SIZE:], message)
        except (InvalidSignature, FormatError) as error:
            raise SignatureError(f"the ML-DSA-44 signature by {self._key.name} does not verify") from error


class MldsaSigner:
    """Signs checkpoints as type 0x06. Whoever holds one can speak for its name."""

    def __init__(self, name: str, private_key: MLDSA44PrivateKey) -> None:
        """Bind a private key to its name.

        Raises:
            FormatError: the name cannot be a key name, or is longer than the signed message allows.

        """
        require_name(name)
        _framed(name, "name")
        self._private = private_key
        self.key = VerifierKey(name, MLDSA44, private_key.public_key().public_bytes_raw())

    @classmethod
    def from_seed(cls, name: str, seed: bytes) -> "MldsaSigner":
        """Restore a signer from its 32 secret bytes.

        Raises:
            FormatError: the name or the length of the seed does not fit.

        """
        try:
            return cls(name, MLDSA44PrivateKey.from_seed_bytes(seed))
        except (ValueError, UnsupportedAlgorithm) as error:
            raise FormatError(f"{name!r} with {len(seed)} secret bytes does not make an ML-DSA-44 signer") from error

    @property
    def vkey(self) -> str:
        """The verifier key that others need."""
        return str(self.key)

    def signature_line(self, text: bytes, time: int) -> bytes:
        """The signature line for the text of a checkpoint at this POSIX time.

        Raises:
            FormatError: the text is not that of a checkpoint, or the time is impossible.

        """
        return self.subtree_line(Subtree.of(Checkpoint.parse(text)), time)

    def subtree_line(self, subtree: Subtree, time: int = 0) -> bytes:
        """The signature line for a subtree.

        Raises:
            FormatError: it is not one, or the time is impossible.

        """
        message = subtree.message(self.key.name, time)
        blob = time.to_bytes(_TIME_SIZE, "big") + self._private.sign(message)
        return format_signature(Signature(self.key.name, self.key.key_id, blob))

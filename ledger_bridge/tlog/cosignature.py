"""Timestamped Ed25519 cosignatures (C2SP tlog-cosignature v1.0.1, type 0x04).

A witness says with it: at that time, this was the largest tree of this origin that I had seen, and it was consistent
with everything I saw before.

Rules enforced
    * the blob is an 8-byte POSIX time, at most 2^63 - 1, followed by 64 bytes of signature;
    * the signed message is the line "cosignature/v1", the line "time <decimal>" and the whole text of the checkpoint.

Out of scope: whether the time is plausible (there is no clock here), and ML-DSA-44 (type 0x06).
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger_bridge.tlog.encoding import MAX_SIZE
from ledger_bridge.tlog.errors import FormatError, SignatureError
from ledger_bridge.tlog.note import (
    Signature,
    VerifierKey,
    ed25519_public_key,
    format_signature,
    require_name,
    verify_ed25519,
)

COSIGNATURE_ED25519 = 0x04
_TIME_SIZE = 8


def timestamp(blob: bytes) -> int:
    """The POSIX time that a cosignature states.

    Raises:
        SignatureError: the blob is too short to state one, or it is out of range.

    """
    if len(blob) <= _TIME_SIZE or int.from_bytes(blob[:_TIME_SIZE], "big") > MAX_SIZE:
        raise SignatureError("the cosignature states no time")
    return int.from_bytes(blob[:_TIME_SIZE], "big")


class CosignatureVerifier:
    """Checks the cosignatures of one witness."""

    def __init__(self, key: VerifierKey) -> None:
        """Prepare a key.

        Raises:
            FormatError: the key is not of type 0x04, or not an Ed25519 key.

        """
        if key.algorithm != COSIGNATURE_ED25519:
            raise FormatError(f"the key of {key.name} has type {key.algorithm:#04x}, not that of a witness")
        self._key = key
        self._public = ed25519_public_key(key)

    @property
    def key(self) -> VerifierKey:
        """The key it stands for."""
        return self._key

    def verify(self, text: bytes, blob: bytes) -> None:
        """Check one cosignature.

        Raises:
            SignatureError: it does not verify, or states no time.

        """
        message = _message(text, timestamp(blob))
        verify_ed25519(self._public, blob[_TIME_SIZE:], message, self._key.name)


class Cosigner:
    """Cosigns checkpoints for a witness. It must have seen that they are consistent; this class does not look."""

    def __init__(self, name: str, private_key: Ed25519PrivateKey) -> None:
        """Bind a private key to its name.

        Raises:
            FormatError: the name cannot be a key name.

        """
        require_name(name)
        self._private = private_key
        self.key = VerifierKey(name, COSIGNATURE_ED25519, private_key.public_key().public_bytes_raw())

    @property
    def vkey(self) -> str:
        """The verifier key that others need."""
        return str(self.key)

    def signature_line(self, text: bytes, time: int) -> bytes:
        """The cosignature line for the text of a checkpoint at this POSIX time.

        Raises:
            FormatError: the time is negative or too large.

        """
        if not 0 <= time <= MAX_SIZE:
            raise FormatError(f"{time} is not a POSIX time")
        blob = time.to_bytes(_TIME_SIZE, "big") + self._private.sign(_message(text, time))
        return format_signature(Signature(self.key.name, self.key.key_id, blob))


def _message(text: bytes, time: int) -> bytes:
    return b"cosignature/v1\ntime %d\n" % time + text

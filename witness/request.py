"""The body of `POST /add-checkpoint`, read strictly: old size, consistency proof, blank line, checkpoint."""

from dataclasses import dataclass

from ledger_bridge.tlog.encoding import decimal, hash_from_base64, to_base64
from ledger_bridge.tlog.errors import FormatError

MAX_HASHES = 63


@dataclass(frozen=True)
class AddCheckpoint:
    """A log asks for a cosignature: its checkpoint, and the proof that it continues the tree of the old size."""

    old_size: int
    proof: tuple[bytes, ...]
    note: bytes

    def marshal(self) -> bytes:
        """The body of the request."""
        lines = [f"old {self.old_size}", *map(to_base64, self.proof), "", ""]
        return "\n".join(lines).encode("ascii") + self.note

    @classmethod
    def parse(cls, body: bytes) -> "AddCheckpoint":
        """Read a body.

        Raises:
            FormatError: it is none; the message begins with the part that is wrong.

        """
        head, blank, note = body.partition(b"\n\n")
        if not (blank and note):
            raise FormatError("body: an old size, a proof, an empty line and a checkpoint are wanted")
        try:
            first, *hashes = head.decode("ascii").split("\n")
        except UnicodeDecodeError as error:
            raise FormatError("proof: it holds something else than ASCII text") from error
        if not first.startswith("old "):
            raise FormatError("old: the first line reads: old <size>")
        if len(hashes) > MAX_HASHES:
            raise FormatError(f"proof: it has {len(hashes)} hashes, more than {MAX_HASHES}")
        return cls(_old_size(first[4:]), tuple(map(_hash, hashes)), note)


def _old_size(text: str) -> int:
    try:
        return decimal(text)
    except FormatError as error:
        raise FormatError(f"old: {error}") from error


def _hash(text: str) -> bytes:
    try:
        return hash_from_base64(text)
    except FormatError as error:
        raise FormatError(f"proof: {error}") from error

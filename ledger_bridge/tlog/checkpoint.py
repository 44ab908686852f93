"""Checkpoints (C2SP tlog-checkpoint v1.0.0): the text that a log signs to fix its state.

Rules enforced
    * exactly three lines: origin, size, root; the size in plain decimal, the root as canonical base64 of 32 bytes;
    * the origin is not empty and one line;
    * size 0 goes with the root of the empty tree.

Out of scope: extension lines. The specification allows but does not recommend them, monitors cannot audit them, and
this log writes none, so a checkpoint with extension lines is refused. Signatures are `note.py`'s matter.
"""

from dataclasses import dataclass

from ledger_bridge.tlog.encoding import MAX_SIZE, decimal, hash_from_base64, to_base64
from ledger_bridge.tlog.errors import FormatError
from ledger_bridge.tlog.merkle import EMPTY_ROOT, HASH_SIZE

_LINES = 4  # origin, size, root, and nothing after the last line feed


@dataclass(frozen=True)
class Checkpoint:
    """The identity of a log, how many leaves it has, and their root."""

    origin: str
    size: int
    root: bytes

    def marshal(self) -> bytes:
        """The text to sign.

        Raises:
            FormatError: the values do not make a checkpoint.

        """
        if not self.origin or any(c < " " for c in self.origin):
            raise FormatError("a checkpoint needs an origin of one line")
        if not 0 <= self.size <= MAX_SIZE or len(self.root) != HASH_SIZE:
            raise FormatError("a checkpoint needs a size below 2^63 and a root of 32 bytes")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise FormatError("a checkpoint of size 0 must have the root of the empty tree")
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n".encode()

    @classmethod
    def parse(cls, text: bytes) -> "Checkpoint":
        """Read the text of a checkpoint.

        Raises:
            FormatError: it is not one, or not in its one canonical spelling.

        """
        try:
            lines = text.decode("utf-8").split("\n")
        except UnicodeDecodeError as error:
            raise FormatError("the checkpoint is not UTF-8") from error
        if len(lines) != _LINES or lines[-1]:
            raise FormatError("a checkpoint has three lines: origin, size and root")
        checkpoint = cls(lines[0], decimal(lines[1], "size"), hash_from_base64(lines[2], "root"))
        checkpoint.marshal()  # asks the same of the values as of those we sign
        return checkpoint

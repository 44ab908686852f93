"""A file that shows that a log of one size continues the same log of an earlier size: `docs/formats/tags.md`.

Rules enforced
    * first line `ithaca-consistency/v1`, then `old` and `new` with the sizes, then at most 126 hashes, a line each;
    * one spelling only: plain decimal, canonical base64, a line feed at the end; the old size is smaller and not 0.

Out of scope: which log it is about. It proves something only between two roots that somebody signed.
"""

from dataclasses import dataclass

from ledger_bridge.tlog.encoding import decimal, hash_from_base64, to_base64
from ledger_bridge.tlog.errors import FormatError
from ledger_bridge.tlog.merkle import verify_consistency

HEADER = "ithaca-consistency/v1"
MAX_HASHES = 126
MAX_SIZE = 1 << 14
_SIZES = 2


@dataclass(frozen=True)
class Consistency:
    """Two sizes of a log, and the hashes that lead from the roots of one to the other."""

    old: int
    new: int
    hashes: tuple[bytes, ...]

    def marshal(self) -> bytes:
        """The bytes of the file."""
        lines = [HEADER, f"old {self.old}", f"new {self.new}", *map(to_base64, self.hashes)]
        return ("\n".join(lines) + "\n").encode("ascii")

    @classmethod
    def parse(cls, data: bytes) -> "Consistency":
        """Read the file.

        Raises:
            FormatError: it is not one in its one spelling.

        """
        try:
            first, *lines, end = data[: MAX_SIZE + 1].decode("ascii").split("\n")
        except ValueError as error:
            raise FormatError("a proof of consistency is ASCII text and ends with a line feed") from error
        if first != HEADER or end or len(data) > MAX_SIZE:
            raise FormatError(f"a proof of consistency begins with {HEADER} and ends with a line feed")
        if len(lines) < _SIZES or not lines[0].startswith("old ") or not lines[1].startswith("new "):
            raise FormatError("a proof of consistency names two sizes")
        old, new = decimal(lines[0][4:], "old"), decimal(lines[1][4:], "new")
        if not 0 < old < new or len(lines) - _SIZES > MAX_HASHES:
            raise FormatError("a proof of consistency leads from a smaller size to a larger one")
        return cls(old, new, tuple(hash_from_base64(line, f"hash {n}") for n, line in enumerate(lines[_SIZES:], 1)))

    def check(self, old_root: bytes, new_root: bytes) -> None:
        """Check that the log with the new root begins with the one that had the old root.

        Raises:
            ProofError: that is not shown.

        """
        verify_consistency(
            old_size=self.old, new_size=self.new, old_root=old_root, new_root=new_root, proof=self.hashes
        )

"""Proofs for one entry (C2SP tlog-proof): what a receipt file, `.tlog-proof`, holds.

Rules enforced
    * first line `c2sp.org/tlog-proof@v1`, an optional `extra` line, the index, at most 63 hashes, a blank line,
      the note;
    * one spelling only: plain decimal, canonical base64; at most 4 MiB.

Out of scope: whether the proof holds (`merkle.verify_inclusion`), who signed the note (`policy.py`), and what `extra`
says; `extra` is not authenticated by this format.
"""

from dataclasses import dataclass

from ledger_bridge.tlog.encoding import decimal, hash_from_base64, to_base64, unbase64
from ledger_bridge.tlog.errors import FormatError

HEADER = "c2sp.org/tlog-proof@v1"
MAX_HASHES = 63
MAX_PROOF_SIZE = 4 << 20


@dataclass(frozen=True)
class TlogProof:
    """The index of an entry, its inclusion proof, a checkpoint note, and whatever the application adds."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint_note: bytes
    extra: bytes | None = None

    def marshal(self) -> bytes:
        """The bytes of the file."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {to_base64(self.extra)}")
        lines.append(f"index {self.index}")
        lines += [to_base64(one) for one in self.hashes]
        return "\n".join([*lines, "", ""]).encode("ascii") + self.checkpoint_note

    @classmethod
    def parse(cls, data: bytes) -> "TlogProof":
        """Read the file.

        Raises:
            FormatError: it is not a tlog-proof in its one canonical spelling.

        """
        if len(data) > MAX_PROOF_SIZE:
            raise FormatError(f"a proof has at most {MAX_PROOF_SIZE} bytes")
        head, blank, note = data.partition(b"\n\n")
        try:
            first, *lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError as error:
            raise FormatError("the proof holds something else than ASCII text") from error
        if first != HEADER or not (blank and note):
            raise FormatError(f"a proof begins with {HEADER} and ends with a checkpoint")
        extra = unbase64(lines.pop(0)[6:], "extra") if lines and lines[0].startswith("extra ") else None
        if not lines or not lines[0].startswith("index "):
            raise FormatError("the proof names no index")
        if len(lines) - 1 > MAX_HASHES:
            raise FormatError(f"a proof has at most {MAX_HASHES} hashes")
        hashes = tuple(hash_from_base64(line, f"hash {number}") for number, line in enumerate(lines[1:], start=1))
        return cls(decimal(lines[0][6:], "index"), hashes, note, extra)

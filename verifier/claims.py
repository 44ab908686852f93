"""What others say about earlier states of the log, and whether the log of the export was in those states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ledger_bridge.tlog.checkpoint import Checkpoint
from verifier.anchors import Anchor
from verifier.held import HeldReceipt
from verifier.report import MismatchError


@dataclass(frozen=True)
class Claims:
    """The checkpoint of the export, an earlier one that the auditor knows, anchors, and receipts that people kept."""

    checkpoint: Checkpoint
    earlier: Checkpoint | None
    anchors: Sequence[Anchor]
    held: Sequence[HeldReceipt]

    @property
    def sizes(self) -> set[int]:
        """Every size about which somebody says something."""
        sizes = {one.size for one in self.anchors} | {one.checkpoint.size for one in self.held}
        return sizes | ({self.earlier.size} if self.earlier else set())

    def check(self, roots: Mapping[int, bytes], member: str) -> None:
        """Compare with the roots that the log of the export had.

        Raises:
            MismatchError: naming the first that differs.

        """
        for anchor in self.anchors:
            if roots[anchor.size] != anchor.root:
                sentence = f"{anchor.place} holds another root for the first {anchor.size} leaves: history was changed"
                raise MismatchError(sentence, member=member)
        for receipt in self.held:
            size = receipt.checkpoint.size
            if roots[size] != receipt.checkpoint.root:
                raise receipt.mismatch(f"the first {size} leaves are not those of its checkpoint: history was changed")
        if self.earlier and roots[self.earlier.size] != self.earlier.root:
            sentence = (
                f"the first {self.earlier.size} leaves are not those of the checkpoint you know: history was changed"
            )
            raise MismatchError(sentence, member=member)

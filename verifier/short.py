"""The log of an export in short form: some of its leaves with their places, and sorted tags in place of the others.

Rules enforced
    * every leaf that is shown is needed: it has its event, or names the root of a span, or stands in the tail; and
      none that is needed is missing;
    * leaves and hashes give the root of the checkpoint, and those that anchors, receipts and an earlier checkpoint
      name: from the export itself, or with a proof of consistency that the auditor brings;
    * the roots of the spans stand in such leaves (`spans.py`), and the spans and the tail together are the whole log;
    * every tag of every disclosed stream is looked up in every span, between neighbours, and in the whole tail.

Out of scope: that the root of a span is that of its leaves' tags. See docs/completeness.md for what follows from that.
"""

import io
from collections.abc import Iterator, Mapping, Sequence

from ledger_bridge.tlog import partial
from ledger_bridge.tlog.consistency import Consistency
from ledger_bridge.tlog.entry import LEAF_SIZE, LEAF_VERSION, SLOTS, TAG_SIZE
from ledger_bridge.tlog.errors import FormatError, ProofError
from ledger_bridge.tlog.merkle import HASH_SIZE, leaf_hash
from ledger_bridge.tlog.tags import Opening
from verifier.archive import Archive
from verifier.claims import Claims
from verifier.events import Digest, EventRegister, Marks
from verifier.report import MismatchError, Report, UnusableError
from verifier.scope import Scope
from verifier.spans import NamedSpan, read_spans
from verifier.streams import Batch, Search, batches

LEAVES, HASHES, TAGS, SPANS = "some-leaves.bin", "log-hashes.bin", "span-tags.bin", "spans.jsonl"
_PLACE_SIZE = 8
_STEP = _PLACE_SIZE + LEAF_SIZE
_MOST_LEAVES = 1 << 20
_MOST_HASHES = 1 << 23
_LARGEST_LOG = 1 << 50


class SparseMarks:
    """Marks of leaves in a log of which most leaves are not shown."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._marks: dict[int, int] = {}

    def __len__(self) -> int:
        """Return the size of the log."""
        return self._size

    def __getitem__(self, index: int) -> int:
        """Return the mark of a leaf, 0 for one without event."""
        return self._marks.get(index, 0)

    def __setitem__(self, index: int, mark: int) -> None:
        """Mark a leaf."""
        self._marks[index] = mark


class ShortLog:
    """The part of a log that an export shows."""

    def __init__(self, archive: Archive, scope: Scope, claims: Claims, proofs: Sequence[Consistency]) -> None:
        self._archive = archive
        self._scope = scope
        self._claims = claims
        self._proofs = proofs
        self._size = claims.checkpoint.size
        self._tail = self._size if scope.tail is None else scope.tail
        self.marks: Marks = SparseMarks(self._size)
        self._spans: list[NamedSpan] = []
        self._shown: dict[int, bytes] = {}

    def follow(self, register: EventRegister, events: Iterator[Digest]) -> None:
        """Hold every event, and every entry about sorted tags, against its leaf.

        Raises:
            MismatchError: a leaf is missing, or is another one.

        """
        if self._size > _LARGEST_LOG:
            raise MismatchError("a log of so many leaves has no short form", member="checkpoint")
        # With no stream to follow, nothing needs to be looked up.
        end = self._tail if self._scope.streams else 0
        self._spans = read_spans(self._archive.read(SPANS), origin=self._claims.checkpoint.origin, tail=end)
        self._read_leaves()
        for digest in events:
            register.expect(digest)
            if digest.index not in self._shown:
                raise MismatchError(f"it does not show the leaf of event {digest.index}", member=LEAVES)
            register.place(digest, self._shown[digest.index])
        for one in self._spans:
            if one.event.index not in self._shown:
                raise MismatchError(f"it does not show the leaf of entry {one.event.index}", member=LEAVES)
            one.check_leaf(self._shown[one.event.index])
            one.note(register.roots)
        self._require_exactly_the_needed()

    def check_roots(self) -> None:
        """Check that leaves and hashes give every root that somebody vouches for.

        Raises:
            MismatchError: they do not.
            UnusableError: the export holds no proof from a state that the auditor asks about.

        """
        size = self._archive.size(HASHES)
        if size % HASH_SIZE or size > _MOST_HASHES * HASH_SIZE:
            raise MismatchError("it does not hold hashes, or far too many", member=HASHES)
        data = b"".join(self._archive.blocks(HASHES, 1 << 18))
        hashes = [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]
        hashed = {place: leaf_hash(leaf) for place, leaf in self._shown.items()}
        try:
            roots = partial.roots(self._size, list(self._shown), hashed, hashes, self._scope.sizes)
        except ProofError as error:
            raise MismatchError(str(error), member=HASHES) from error
        if roots[self._size] != self._claims.checkpoint.root:
            raise MismatchError("leaves and hashes do not give the root in the checkpoint", member=HASHES)
        self._claims.check({**self._proven_elsewhere(roots), **roots}, HASHES)

    def describe(self, report: Report) -> None:
        """Say what holds of the log, and what rests on sorted tags."""
        report.passed(
            f"The {len(self._shown)} leaves that are shown stand, each at its place, in the log of {self._size} leaves"
            " that was signed."
        )
        if not self._spans:
            return
        files = "1 tag file covers" if len(self._spans) == 1 else f"{len(self._spans)} tag files cover"
        report.passed(
            f"{files} the first {self._tail} leaves, and the log itself names their roots; the"
            f" {self._size - self._tail} leaves after them are all here."
        )
        report.limit(
            "Whether the tag files are right: this export shows only parts of them. Whoever has the leaves of the log"
            " can make them again and compare: python -m verifier.recompute. A wrong one could hide the newest entries"
            " of a stream, from some number on; it could not hide one in the middle, or change one."
        )

    def check_streams(self) -> int:
        """Look up every tag of the disclosed streams; return how many of their entries the export leaves out.

        Raises:
            MismatchError: a tag is missing, stands twice or beyond the end, or a look-up shows too little.

        """
        if not self._scope.streams and self._archive.size(TAGS):
            raise MismatchError("it holds tags, but there is no stream to follow", member=TAGS)
        return sum(self._search(batch) for batch in batches(self._scope.streams))

    def _search(self, batch: Batch) -> int:
        search = Search(batch, self._scope, self.marks, member=TAGS)
        with self._archive.open(TAGS) as member:
            for one in self._spans:
                self._look_up(search, one, self._open_span(one, member))
            if member.read(1):
                raise MismatchError("it goes on after the last span", member=TAGS)
        search.scan((self._shown[index] for index in range(self._tail, self._size)), self._tail)
        return search.finish()

    def _look_up(self, search: Search, one: NamedSpan, opening: Opening) -> None:
        for tag, position in search.wanted.items():
            try:
                places = opening.find(tag)
            except ProofError as error:
                stream, number = search.name(position)
                sentence = f"number {number} of {stream}: {error}"
                raise MismatchError(sentence, member=TAGS, span=one.span.first) from error
            for index, slot in places:
                self._require_same_tag(tag, index, slot)
                search.hit(position, index, slot)

    def _require_same_tag(self, tag: bytes, index: int, slot: int) -> None:
        """Where a leaf is shown, its own word is better than that of the sorted tags."""
        leaf = self._shown.get(index)
        start = 1 + slot * TAG_SIZE
        if leaf is not None and leaf[start : start + TAG_SIZE] != tag:
            sentence = f"the {SLOTS[slot]} slot of this leaf holds another tag than the sorted tags say"
            raise MismatchError(sentence, member=TAGS, leaf=index)

    def _open_span(self, one: NamedSpan, member: io.BufferedReader) -> Opening:
        try:
            opening = Opening.read(one.span, member.read)
            if opening.root() != one.root:
                raise MismatchError(
                    "pages and hashes do not give the root that the log names", member=TAGS, span=one.span.first
                )
            opening.check_records()
        except (FormatError, ProofError) as error:
            raise MismatchError(str(error), member=TAGS, span=one.span.first) from error
        return opening

    def _read_leaves(self) -> None:
        held, rest = divmod(self._archive.size(LEAVES), _STEP)
        if rest or held > _MOST_LEAVES:
            raise MismatchError("it does not hold leaves with their places, or far too many", member=LEAVES)
        last = -1
        for block in self._archive.blocks(LEAVES, 1024 * _STEP):
            for at in range(0, len(block), _STEP):
                index = int.from_bytes(block[at : at + _PLACE_SIZE], "big")
                if not last < index < self._size:
                    sentence = f"leaf {index} follows leaf {last} in a log of {self._size} leaves, but places ascend"
                    raise MismatchError(sentence, member=LEAVES)
                if block[at + _PLACE_SIZE] != LEAF_VERSION:
                    raise MismatchError("a leaf is not of version 1", member=LEAVES)
                self._shown[index] = block[at + _PLACE_SIZE : at + _STEP]
                last = index

    def _require_exactly_the_needed(self) -> None:
        named = {one.event.index for one in self._spans}
        for index in self._shown:
            if index < self._tail and index not in named and not self.marks[index]:
                raise MismatchError(f"nothing in this export needs leaf {index}", member=LEAVES)
        if sum(index >= self._tail for index in self._shown) != self._size - self._tail:
            raise MismatchError(f"it does not show every leaf from {self._tail} on", member=LEAVES)

    def _proven_elsewhere(self, roots: Mapping[int, bytes]) -> dict[int, bytes]:
        """Check the proofs of consistency that are needed, and return the roots from which they lead to this log."""
        claimed = self._claims
        earlier = [(one.checkpoint.size, one.checkpoint.root) for one in claimed.held]
        earlier += [(claimed.earlier.size, claimed.earlier.root)] if claimed.earlier else []
        for anchor in claimed.anchors:
            if anchor.size not in roots:
                sentence = f"it does not prove what {anchor.place} says of the first {anchor.size} leaves"
                raise MismatchError(sentence, member=HASHES)
        return {size: self._prove(size, root) for size, root in earlier if size not in roots}

    def _prove(self, size: int, root: bytes) -> bytes:
        proof = next((one for one in self._proofs if (one.old, one.new) == (size, self._size)), None)
        if proof is None:
            raise UnusableError(
                f"This export is in short form and cannot show by itself that the log continues that of {size} leaves."
                f" Get the proof from the log, at /ledger/consistency/{size}-{self._size}, and give it with --proof."
            )
        try:
            proof.check(root, self._claims.checkpoint.root)
        except ProofError as error:
            sentence = f"the proof from {size} to {self._size} leaves does not hold ({error})"
            raise MismatchError(f"{sentence}: it is damaged, or history was changed", member=HASHES) from error
        return root

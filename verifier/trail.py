"""Checks a trail export. The first check that fails ends it.

Order
    1. the members of the archive, and the manifest's signature by a log of the policy;
    2. every member against the manifest;
    3. the checkpoint: signed by its log, co-signed as the policy demands;
    4. the evidence of every anchor (`anchors.py`);
    5. the log, whole (`whole.py`) or in short form (`short.py`): its root, and those it had before, against the
       checkpoint and what others say (`claims.py`); along the way, every event against its leaf (`events.py`);
    6. the disclosed streams: nothing missing (`streams.py`).

Out of scope: whether an anchor's block stands on its chain, what the renderings and
`names.json` say (covered by the manifest only), and whether the policy deserves trust.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ledger_bridge.tlog.anchors.token_signature import Authorities
from ledger_bridge.tlog.checkpoint import Checkpoint
from ledger_bridge.tlog.consistency import Consistency
from ledger_bridge.tlog.errors import TlogError
from ledger_bridge.tlog.policy import Accepted, Policy
from verifier.anchors import Anchor, describe_anchors, read_anchors
from verifier.archive import Archive
from verifier.claims import Claims
from verifier.erasures import describe_erased
from verifier.events import EventRegister, Marks
from verifier.held import HeldReceipt
from verifier.notices import MEMBER as NOTICES
from verifier.notices import Notices
from verifier.reading import read_events
from verifier.report import MismatchError, Report
from verifier.scope import Scope, parse_scope
from verifier.short import ShortLog
from verifier.whole import WholeLog, leaves_of, require_leaf_count
from verifier.wording import (
    describe_against,
    describe_cosignatures,
    describe_hidden,
    describe_limits,
    describe_log_keys,
    describe_meaning,
    describe_tokens,
)


@dataclass(frozen=True)
class Brought:
    """What the auditor brought to hold the export against, none of it from the export itself."""

    policy: Policy | None = None
    known: bytes | None = None
    known_policy: Policy | None = None
    held: Sequence[HeldReceipt] = ()
    block_hash: bytes | None = None
    authorities: Authorities | None = None
    proofs: Sequence[Consistency] = ()


def verify_trail(path: Path, report: Report, brought: Brought) -> None:
    """Check a trail export and write what holds into the report.

    Raises:
        MismatchError: the first thing that does not hold.
        UnusableError: the file is not a trail export.

    """
    with Archive(path) as archive:
        _Verification(archive, report, brought).run()


class _Verification:
    def __init__(self, archive: Archive, report: Report, brought: Brought) -> None:
        self._archive = archive
        self._report = report
        self._brought = brought
        self._held = brought.held
        self._own_policy = brought.policy is None
        self._policy = brought.policy or _policy_inside(archive)
        self._notices = Notices()

    def run(self) -> None:
        accepted = self._check_container()
        checkpoint = accepted.checkpoint
        if self._archive.version == 1:
            require_leaf_count(self._archive, checkpoint.size)
        self._notices = self._read_notices(checkpoint.size)
        earlier, former = self._open_known(checkpoint)
        for receipt in self._held:
            receipt.require_comparable(checkpoint)
        scope = parse_scope(self._archive.read("scope.json"), checkpoint.size, self._archive.version)
        anchors = self._read_anchors(checkpoint)
        log = self._open_log(scope, Claims(checkpoint, earlier, anchors, self._held))
        self._check_leaves_and_events(scope, log, checkpoint.origin, earlier)
        continued = self._check_predecessors(former)
        describe_anchors(self._report, anchors, self._brought.block_hash, self._brought.authorities)
        self._check_streams(scope, log)
        self._check_held(scope, log.marks)
        describe_meaning(self._report, accepted, own_policy=self._own_policy)
        self._describe_meaning(scope, earlier or continued)
        is_known = earlier is not None or continued is not None
        describe_limits(self._report, accepted, own_policy=self._own_policy, known=is_known)

    def _check_container(self) -> Accepted:
        key = self._archive.check_manifest(self._policy)
        self._report.passed(f"The manifest is signed by the log {key.name} (key {key.key_id.hex()}).")
        self._archive.check_members()
        self._report.passed("Every member is, byte for byte, the one that was signed.")
        accepted = check_checkpoint(self._policy, self._archive.read("checkpoint"), member="checkpoint")
        if key.name != accepted.checkpoint.origin:
            raise MismatchError(f"it is signed by {key.name}, the checkpoint by another log", member="manifest")
        if not self._policy.is_valid(key, accepted.checkpoint.size):
            sentence = (
                f"it is signed by key {key.key_id.hex()}, which is not valid for {accepted.checkpoint.size} leaves"
            )
            raise MismatchError(sentence, member="manifest")
        self._report.subject = f"a trail from the log {key.name}, {accepted.checkpoint.size} leaves long"
        describe_against(self._report, accepted, self._policy, own_policy=self._own_policy)
        keys = describe_log_keys(accepted)
        self._report.passed(f"The checkpoint is signed by the log with {keys}. {describe_cosignatures(accepted)}")
        return accepted

    def _read_anchors(self, checkpoint: Checkpoint) -> list[Anchor]:
        if not self._archive.holds("anchors.json"):
            return []
        return read_anchors(self._archive.read("anchors.json"), checkpoint, self._brought.authorities)

    def _read_notices(self, size: int) -> Notices:
        if not self._archive.holds(NOTICES):
            return Notices()
        return Notices.read(self._archive.read(NOTICES), self._leaves, size)

    def _open_log(self, scope: Scope, claims: Claims) -> WholeLog | ShortLog:
        if scope.is_short:
            return ShortLog(self._archive, scope, claims, self._brought.proofs)
        return WholeLog(self._archive, scope, claims)

    def _check_leaves_and_events(
        self, scope: Scope, log: WholeLog | ShortLog, origin: str, earlier: Checkpoint | None
    ) -> None:
        register = EventRegister(log.marks, origin)
        with self._archive.open("events.jsonl") as member, closing(read_events(member, scope)) as events:
            log.follow(register, events)
        log.check_roots()
        if register.count != scope.events:
            sentence = f"it holds {register.count} events, but the scope says {scope.events}"
            raise MismatchError(sentence, member="events.jsonl")
        register.check_ids()
        self._check_ties(scope, register)
        log.describe(self._report)
        if earlier:
            self._report.passed(f"The log still begins with the {earlier.size} leaves of the checkpoint you know.")
        self._report.passed(f"Each of the {register.count} events is in the log, exactly as it was recorded.")
        describe_erased(self._report, register.erased, self._notices.erasures, scope, register.marks)
        describe_tokens(self._report, register.tokens)
        describe_hidden(self._report, register.hidden, register.partial)

    def _describe_meaning(self, scope: Scope, earlier: Checkpoint | None) -> None:
        self._report.conclude(
            "Whoever holds the log's key made this export, and nobody changed it since: neither the events nor the"
            " table, the FHIR records and the printable page."
        )
        if earlier:
            self._report.conclude(
                "Nothing that was recorded up to the checkpoint you know was changed or removed since."
            )
        if scope.complete:
            names = "; ".join(str(stream) for stream in scope.streams)
            unless = ", as far as the tag files are right" if scope.is_short else ""
            self._report.conclude(f"No event that the log recorded is missing from {names}{unless}.")

    def _open_known(self, checkpoint: Checkpoint) -> tuple[Checkpoint | None, Checkpoint | None]:
        """Open the checkpoint that the auditor kept, of this log or of one that it continues."""
        note = self._brought.known
        if note is None:
            return None, None
        known = open_kept(self._brought.known_policy or self._policy, note)
        if known.origin != checkpoint.origin and self._notices.predecessor(known.origin):
            return None, known
        require_comparable(known, checkpoint)
        return known, None

    def _check_predecessors(self, former: Checkpoint | None) -> Checkpoint | None:
        """Say which logs this one continues, and return the auditor's checkpoint of one if all it covers follows."""
        for one in self._notices.predecessors:
            one.describe(self._report)
        predecessor = self._notices.predecessor(former.origin) if former else None
        if former is None or predecessor is None:
            return None
        return former if predecessor.compare(self._report, former, self._leaves()) else None

    def _check_ties(self, scope: Scope, register: EventRegister) -> None:
        """Require that the log itself says which key belongs to which id: the scope alone may say anything."""
        for stream in scope.streams:
            if stream.commitment in register.tied:
                continue
            if scope.complete:
                sentence = f"no event ties {stream} to its key, so another stream may have been given in its place"
                raise MismatchError(sentence, member="events.jsonl")
            self._report.limit(f"Whether the key given for {stream} is its own: no event in this export says so.")

    def _check_streams(self, scope: Scope, log: WholeLog | ShortLog) -> None:
        withheld = log.check_streams()
        total = sum(stream.length for stream in scope.streams)
        if scope.complete:
            sentence = "Nothing is missing: every entry of these streams is in this export, and no other."
        elif scope.streams:
            sentence = f"Their entries are all in the log; this export was filtered and leaves {withheld} of them out."
        else:
            self._report.limit("No stream was disclosed, so this cannot tell whether events are missing.")
            return
        streams = "1 stream" if len(scope.streams) == 1 else f"{len(scope.streams)} streams"
        self._report.passed(f"{streams} with {total} entries followed from first to last. {sentence}")

    def _check_held(self, scope: Scope, marks: Marks) -> None:
        for receipt in self._held:
            index, size = receipt.event.index, receipt.checkpoint.size
            found = "is in it too" if receipt.require_within(scope, marks) else "is not in this export"
            sentence = f"this export begins with the {size} leaves of its checkpoint, and event {index} {found}"
            self._report.passed(f"The receipt {receipt.name} agrees: {sentence}.")

    def _leaves(self) -> Iterator[bytes]:
        return leaves_of(self._archive)


def check_checkpoint(policy: Policy, note: bytes, **where: str | int) -> Accepted:
    """Ask the policy about a checkpoint.

    Raises:
        MismatchError: it refuses.

    """
    try:
        return policy.check(note)
    except TlogError as error:
        raise MismatchError(str(error), **where) from error


def open_known(policy: Policy, note: bytes, checkpoint: Checkpoint) -> Checkpoint:
    """Open the checkpoint of this log that the auditor already had.

    Raises:
        MismatchError: it is not signed by this log, or is newer than the export.

    """
    known = open_kept(policy, note)
    require_comparable(known, checkpoint)
    return known


def open_kept(policy: Policy, note: bytes) -> Checkpoint:
    """Open a checkpoint that the auditor kept, of whatever log.

    Raises:
        MismatchError: its log did not sign it.

    """
    try:
        return policy.open_checkpoint(note)[0]
    except TlogError as error:
        raise MismatchError(f"the known checkpoint: {error}") from error


def require_comparable(known: Checkpoint, checkpoint: Checkpoint) -> None:
    """Check that a checkpoint that the auditor kept can be compared with that of the export.

    Raises:
        MismatchError: it is of another log, or newer.

    """
    if known.origin != checkpoint.origin:
        raise MismatchError(f"the known checkpoint is of another log, {known.origin}")
    if known.size > checkpoint.size:
        raise MismatchError(
            f"you know a checkpoint of {known.size} leaves, but this export ends at {checkpoint.size}: "
            "it is older than what you know, or the log was rolled back"
        )


def _policy_inside(archive: Archive) -> Policy:
    try:
        return Policy.parse(archive.read("policy").decode())
    except (TlogError, UnicodeDecodeError) as error:
        raise MismatchError(str(error), member="policy") from error

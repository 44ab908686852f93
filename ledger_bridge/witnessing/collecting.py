"""Asks all witnesses at once for their cosignatures, until the policy's quorum holds.

Proofs are made in the caller's thread, which has the database; the threads only speak to witnesses. Nothing that a
witness answers is believed before its signature and its time are checked.
"""

import http.client
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from time import monotonic

from ledger_bridge import proofs
from ledger_bridge.failpoints import reach
from ledger_bridge.tlog.cosignature import timestamp
from ledger_bridge.tlog.errors import PolicyError, TlogError
from ledger_bridge.tlog.note import format_signature, join, open_note, parse
from ledger_bridge.tlog.policy import Accepted, Policy, Witness
from ledger_bridge.witnessing.client import Answer, Cosigned, Declined, HttpWitness, WitnessClient, WitnessUnreachable
from ledger_bridge.witnessing.policy import is_plausible

GIVE_UP_AFTER = 5.0
LINGER = 0.2
_TRIES = 3

Connect = Callable[[str], WitnessClient]

logger = logging.getLogger(__name__)


@dataclass
class Asked:
    """One address where one witness or several keys of it answer, and how it went."""

    url: str
    witnesses: list[Witness]
    size: int = 0
    """Where it is thought to stand."""
    trouble: str = ""
    lines: dict[str, bytes] = field(default_factory=dict)
    """By the names that the policy gives."""
    claims_more: bool = False
    tries: int = 0
    is_done: bool = False

    def ask(self, note: bytes, proof: list[bytes], connect: Connect) -> Answer:
        return connect(self.url).add_checkpoint(self.size, proof, note)


class Round:
    """One checkpoint on its way to its quorum."""

    def __init__(
        self, policy: Policy, note: bytes, size: int, kept: list[bytes], connect: Connect = HttpWitness
    ) -> None:
        self._policy = policy
        self._note = note
        self._text = parse(note).text
        self._size = size
        self._lines = kept
        self._connect = connect

    def run(self, asked: list[Asked]) -> Accepted | None:
        """Ask, and return what the policy accepts, or None when the quorum is not met."""
        pool = ThreadPoolExecutor(max(len(asked), 1), thread_name_prefix="witness")
        give_up = monotonic() + GIVE_UP_AFTER
        try:
            pending = {self._submit(pool, one): one for one in asked}
            reach("witnesses asked")
            while pending and monotonic() < give_up:
                done, _ = wait(pending, max(give_up - monotonic(), 0), FIRST_COMPLETED)
                for future in done:
                    reach("one witness answered")
                    one = pending.pop(future)
                    if self._take(one, future):
                        pending[self._submit(pool, one)] = one
                if self.accepted():
                    # Whoever is almost as fast as the quorum is welcome, but nobody is waited for.
                    give_up = min(give_up, monotonic() + LINGER)
            return self.accepted()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def accepted(self) -> Accepted | None:
        try:
            return self._policy.check(self.note())
        except PolicyError:
            return None

    def note(self) -> bytes:
        """The checkpoint with all cosignatures there are."""
        return self._note + b"".join(self._lines)

    def _submit(self, pool: ThreadPoolExecutor, one: Asked) -> "Future[Answer]":
        one.tries += 1
        proof = proofs.consistency(one.size, self._size)
        return pool.submit(one.ask, self._note, proof, self._connect)

    def _take(self, one: Asked, future: "Future[Answer]") -> bool:
        """Take an answer in; True when the witness has to be asked again."""
        one.is_done = True
        try:
            answer = future.result()
        except WitnessUnreachable as error:
            one.trouble = str(error)
            return False
        if isinstance(answer, Cosigned):
            self._verify(one, answer.lines)
            return False
        if isinstance(answer, Declined):
            one.trouble = f"it declined with status {answer.status}: {answer.sentence}"
            # With a right proof this means that it holds another root, or that its word is worth nothing.
            one.claims_more = answer.status == http.client.UNPROCESSABLE_ENTITY
            return False
        return self._move(one, answer.size)

    def _move(self, one: Asked, size: int) -> bool:
        if size > self._size:
            one.claims_more = True
            one.trouble = f"it says that it cosigned {size} entries, more than the {self._size} there are"
            return False
        if one.tries >= _TRIES:
            one.trouble = "it names another size each time"
            return False
        if size < one.size:
            logger.warning(
                "The witness %s forgot: it had cosigned %d entries, now it knows %d.", one.url, one.size, size
            )
        one.size = size
        return True

    def _verify(self, one: Asked, lines: bytes) -> None:
        try:
            for witness, line in self._verified(one, lines):
                one.lines[witness] = line
                self._lines.append(line)
        except TlogError as error:
            one.trouble = f"its answer is not a cosignature of ours ({error})"
            return
        one.size = self._size
        if not one.lines:
            one.trouble = "it signed with another key than the policy's, or states an impossible time"

    def _verified(self, one: Asked, lines: bytes) -> Iterator[tuple[str, bytes]]:
        note = join(self._text, [lines])
        present = {(line.name, line.key_id) for line in parse(note).signatures}
        for witness in one.witnesses:
            key = witness.verifier.key
            if (key.name, key.key_id) not in present:
                continue
            (signature,) = open_note(note, [witness.verifier]).signatures
            if is_plausible(timestamp(signature.blob)):
                yield witness.name, format_signature(signature)

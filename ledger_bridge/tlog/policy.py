"""Trust policies (C2SP tlog-policy): which logs are known, which witnesses, and how many of them must have signed.

Rules enforced
    * one statement a line, tokens parted by spaces or tabs, no other control characters; blank lines and lines that
      begin with "#" say nothing;
    * `log <vkey> [<url>]`, `witness <name> <vkey> [<url>]`, `group <name> all|any|<k> <member>...`, and exactly one
      `quorum <name>|none`; members are defined on earlier lines;
    * witnesses and groups share their names, "none" is not one; nobody is a member of two groups; no public key occurs
      twice among the logs or among the witnesses;
    * a checkpoint is accepted when a listed log of its origin signed it and the quorum did. A signature by a listed key
      that does not verify refuses it, whatever the others say.

Keys: Ed25519 (0x01) for logs, timestamped Ed25519 (0x04) for witnesses. Out of scope: whether timestamps are fresh, and
fetching from the URLs.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ledger_bridge.tlog.checkpoint import Checkpoint
from ledger_bridge.tlog.cosignature import CosignatureVerifier, timestamp
from ledger_bridge.tlog.encoding import decimal
from ledger_bridge.tlog.errors import FormatError, PolicyError
from ledger_bridge.tlog.note import Ed25519Verifier, Verifier, VerifierKey, open_note, parse

_FORBIDDEN = re.compile(r"[^\t\n\x20-\x7e\x80-\U0010ffff]")
NOBODY = "none"


@dataclass(frozen=True)
class Witness:
    """Somebody outside the log who cosigns its checkpoints."""

    name: str
    verifier: CosignatureVerifier
    url: str | None


@dataclass(frozen=True)
class Group:
    """Holds when at least `threshold` of its members do."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Cosigned:
    """A witness that the policy knows and the time that its cosignature states."""

    witness: str
    timestamp: int


@dataclass(frozen=True)
class Accepted:
    """A checkpoint that holds under a policy, and who vouches for it."""

    checkpoint: Checkpoint
    log_key: VerifierKey
    cosigned: tuple[Cosigned, ...]


@dataclass
class Policy:
    """A policy file, read. `quorum` names a witness or a group, or nobody."""

    logs: list[Ed25519Verifier] = field(default_factory=list)
    witnesses: dict[str, Witness] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str = NOBODY

    @classmethod
    def parse(cls, text: str) -> "Policy":
        """Read a policy file.

        Raises:
            FormatError: a line does not follow the rules above; the message names it.

        """
        if _FORBIDDEN.search(text):
            raise FormatError("the policy holds a control character")
        reader = _Reader(cls())
        for number, line in enumerate(text.split("\n"), start=1):
            try:
                reader.read(line)
            except FormatError as error:
                raise FormatError(f"policy line {number}: {error}") from error
        return reader.finish()

    def log_verifiers(self, origin: str) -> list[Ed25519Verifier]:
        """The keys that may sign for this origin (several while a key is being replaced)."""
        return [log for log in self.logs if log.key.name == origin]

    def open_log_note(self, note: bytes) -> tuple[bytes, VerifierKey]:
        """Open a note that any listed log signed, whatever its text, and return the text and the key.

        Raises:
            FormatError: it is not a note.
            SignatureError: no listed log signed it, or a listed log's signature does not verify.

        """
        opened = open_note(note, self.logs)
        return opened.text, next(log.key for log in self.logs if opened.signed_by(log.key))

    def open_checkpoint(self, note: bytes) -> tuple[Checkpoint, VerifierKey]:
        """Open a checkpoint that its own log signed, without asking for the quorum.

        Raises:
            FormatError: it is not a checkpoint.
            PolicyError: its origin is not in the policy.
            SignatureError: the log's signature is missing or does not verify.

        """
        checkpoint = Checkpoint.parse(parse(note).text)
        logs = self.log_verifiers(checkpoint.origin)
        if not logs:
            raise PolicyError(f"the policy knows no log with the origin {checkpoint.origin}")
        opened = open_note(note, logs)
        return checkpoint, next(log.key for log in logs if opened.signed_by(log.key))

    def check(self, note: bytes) -> Accepted:
        """Accept a checkpoint, or say why not.

        Raises:
            FormatError: it is not a checkpoint.
            PolicyError: its origin is not in the policy, or the quorum is not met.
            SignatureError: the log's signature is missing, or a listed key's signature does not verify.

        """
        checkpoint, log_key = self.open_checkpoint(note)
        cosigned = self._cosignatures(note)
        if not self._holds(self.quorum, {one.witness for one in cosigned}):
            names = ", ".join(one.witness for one in cosigned) or "nobody"
            raise PolicyError(f"the quorum {self.quorum} is not met: the checkpoint is cosigned by {names}")
        return Accepted(checkpoint, log_key, cosigned)

    def _cosignatures(self, note: bytes) -> tuple[Cosigned, ...]:
        known: Mapping[tuple[str, bytes], Witness] = {
            (w.verifier.key.name, w.verifier.key.key_id): w for w in self.witnesses.values()
        }
        if not any((s.name, s.key_id) in known for s in parse(note).signatures):
            return ()
        opened = open_note(note, [w.verifier for w in self.witnesses.values()])
        return tuple(Cosigned(known[s.name, s.key_id].name, timestamp(s.blob)) for s in opened.signatures)

    def _holds(self, name: str, signed: set[str]) -> bool:
        if name == NOBODY:
            return True
        if name in self.witnesses:
            return name in signed
        group = self.groups[name]
        return sum(self._holds(member, signed) for member in group.members) >= group.threshold


class _Reader:
    """Fills a policy line by line."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._members: set[str] = set()
        self._has_quorum = False
        self._statements: dict[str, Callable[[list[str]], None]] = {
            "log": self._log,
            "witness": self._witness,
            "group": self._group,
            "quorum": self._quorum,
        }

    def read(self, line: str) -> None:
        words = line.replace("\t", " ").split(" ")
        words = [word for word in words if word]
        if not words or line.startswith("#"):
            return
        statement = self._statements.get(words[0])
        if statement is None:
            raise FormatError(f"{words[0][:40]!r} is not a statement")
        statement(words[1:])

    def finish(self) -> Policy:
        if not self._has_quorum:
            raise FormatError("the policy has no quorum line")
        if not self._policy.logs:
            raise FormatError("the policy names no log")
        return self._policy

    def _log(self, words: list[str]) -> None:
        if len(words) not in (1, 2):
            raise FormatError("a log line reads: log <vkey> [<url>]")
        log = Ed25519Verifier(VerifierKey.parse(words[0]))
        _refuse_twice(log, self._policy.logs)
        self._policy.logs.append(log)

    def _witness(self, words: list[str]) -> None:
        if len(words) not in (2, 3):
            raise FormatError("a witness line reads: witness <name> <vkey> [<url>]")
        self._refuse_taken(words[0])
        verifier = CosignatureVerifier(VerifierKey.parse(words[1]))
        _refuse_twice(verifier, [w.verifier for w in self._policy.witnesses.values()])
        self._policy.witnesses[words[0]] = Witness(words[0], verifier, words[2] if words[2:] else None)

    def _group(self, words: list[str]) -> None:
        if len(words) < 3:  # noqa: PLR2004  # name, threshold and one member
            raise FormatError("a group line reads: group <name> all|any|<k> <member>...")
        name, wanted, *members = words
        self._refuse_taken(name)
        for member in members:
            self._join(member)
        threshold = {"all": len(members), "any": 1}.get(wanted) or decimal(wanted)
        if not 1 <= threshold <= len(members):
            raise FormatError(f"{threshold} of {len(members)} members cannot be a threshold")
        self._policy.groups[name] = Group(name, threshold, tuple(members))

    def _quorum(self, words: list[str]) -> None:
        if len(words) != 1 or self._has_quorum:
            raise FormatError("a policy has one line that reads: quorum <name>|none")
        if words[0] != NOBODY:
            self._require_defined(words[0])
        self._policy.quorum = words[0]
        self._has_quorum = True

    def _join(self, member: str) -> None:
        self._require_defined(member)
        if member in self._members:
            raise FormatError(f"{member} is a member twice and would be counted twice")
        self._members.add(member)

    def _require_defined(self, name: str) -> None:
        if name not in self._policy.witnesses and name not in self._policy.groups:
            raise FormatError(f"{name[:40]!r} is not defined on an earlier line")

    def _refuse_taken(self, name: str) -> None:
        if name == NOBODY or name in self._policy.witnesses or name in self._policy.groups:
            raise FormatError(f"the name {name[:40]!r} is taken")


def _refuse_twice(new: Verifier, known: list[Ed25519Verifier] | list[CosignatureVerifier]) -> None:
    if any(one.key.public_key == new.key.public_key for one in known):
        raise FormatError(f"the public key of {new.key.name} is listed twice")

"""Trust policies (C2SP tlog-policy): which logs are known, which witnesses, and how many of them must have signed.

Rules enforced
    * one statement a line, tokens parted by spaces or tabs, no other control characters; blank lines and lines that
      begin with "#" say nothing;
    * `log <vkey> [<url>]`, `witness <name> <vkey> [<url>]`, `group <name> all|any|<k> <member>...`, and exactly one
      `quorum <name>|none`; members are defined on earlier lines;
    * witnesses and groups share their names, "none" is not one; nobody is a member of two groups; no public key occurs
      twice among the logs or among the witnesses;
    * `#valid <name>+<key ID> <first> [<last>]` after a log line says which tree sizes that key signs for. To other
      readers of the format it is a comment; a key without such a line signs for every size;
    * a checkpoint is accepted when its log signed it and the quorum did. A signature by a listed key that does not
      verify refuses it, whatever the others say. When keys of two types are listed and valid at its size, one of each
      type must have signed: whoever breaks one type cannot forge a checkpoint with it alone;
    * at most 2^20 characters, 256 logs, 256 witnesses and 256 groups.

Keys: Ed25519 (0x01) and ML-DSA-44 (0x06) for logs, timestamped Ed25519 (0x04) and ML-DSA-44 for witnesses. Out of
scope: whether timestamps are fresh, and fetching from the URLs.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ledger_bridge.tlog.checkpoint import Checkpoint
from ledger_bridge.tlog.cosignature import COSIGNATURE_ED25519, CosignatureVerifier, timestamp
from ledger_bridge.tlog.encoding import MAX_SIZE, decimal
from ledger_bridge.tlog.errors import FormatError, PolicyError, SignatureError
from ledger_bridge.tlog.mldsa import MLDSA44, MldsaVerifier
from ledger_bridge.tlog.note import ED25519, Ed25519Verifier, Verifier, VerifierKey, open_note, parse

_FORBIDDEN = re.compile(r"[^\t\n\x20-\x7e\x80-\ud7ff\ue000-\U0010ffff]")
NOBODY = "none"
MAX_POLICY_SIZE = 1 << 20
MAX_NAMES = 256
ALGORITHMS = {ED25519: "Ed25519", COSIGNATURE_ED25519: "Ed25519", MLDSA44: "ML-DSA-44"}
"""The names of the signature types, for people."""

_VALIDITY = "#valid"
_LOG_TYPES: dict[int, Callable[[VerifierKey], Verifier]] = {ED25519: Ed25519Verifier, MLDSA44: MldsaVerifier}
_WITNESS_TYPES: dict[int, Callable[[VerifierKey], Verifier]] = {
    COSIGNATURE_ED25519: CosignatureVerifier,
    MLDSA44: MldsaVerifier,
}
Identity = tuple[str, bytes]
"""Name and key ID."""


@dataclass(frozen=True)
class Witness:
    """Somebody outside the log who cosigns its checkpoints."""

    name: str
    verifier: Verifier
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
    """A checkpoint that holds under a policy, and who vouches for it. `log_keys` are those whose signatures count."""

    checkpoint: Checkpoint
    log_keys: tuple[VerifierKey, ...]
    cosigned: tuple[Cosigned, ...]

    @property
    def log_key(self) -> VerifierKey:
        """The first of the log's keys."""
        return self.log_keys[0]


def validity_line(key: VerifierKey, first: int, last: int | None) -> str:
    """The line that says from which tree size a key signs, and up to which if it was retired."""
    end = "" if last is None else f" {last}"
    return f"{_VALIDITY} {key.name}+{key.key_id.hex()} {first}{end}\n"


@dataclass
class Policy:
    """A policy file, read. `quorum` names a witness or a group, or nobody."""

    logs: list[Verifier] = field(default_factory=list)
    validity: dict[Identity, range] = field(default_factory=dict)
    witnesses: dict[str, Witness] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str = NOBODY

    @classmethod
    def parse(cls, text: str) -> "Policy":
        """Read a policy file.

        Raises:
            FormatError: a line does not follow the rules above; the message names it.

        """
        if len(text) > MAX_POLICY_SIZE:
            raise FormatError(f"a policy has at most {MAX_POLICY_SIZE} characters")
        if _FORBIDDEN.search(text):
            raise FormatError("the policy holds a control character")
        reader = _Reader(cls())
        for number, line in enumerate(text.split("\n"), start=1):
            try:
                reader.read(line)
            except FormatError as error:
                raise FormatError(f"policy line {number}: {error}") from error
        return reader.finish()

    def log_verifiers(self, origin: str) -> list[Verifier]:
        """The keys that sign for this origin: of several types, and several of one while a key is replaced."""
        return [log for log in self.logs if log.key.name == origin]

    def is_valid(self, key: VerifierKey, size: int) -> bool:
        """Whether a listed key signs for trees of this size."""
        return size in self._span(key)

    def open_log_note(self, note: bytes) -> tuple[bytes, VerifierKey]:
        """Open a note that a listed log signed with Ed25519, whatever its text, and return the text and the key.

        ML-DSA-44 is not asked for here: its signature type is for checkpoints only.

        Raises:
            FormatError: it is not a note.
            SignatureError: no listed log signed it, or a listed log's signature does not verify.

        """
        logs = [log for log in self.logs if log.key.algorithm == ED25519]
        opened = open_note(note, logs)
        signed = [log.key for log in logs if opened.signed_by(log.key)]
        # Of several keys the one that is valid longest: a retired key may stand beside the one that replaced it.
        return opened.text, max(signed, key=lambda key: self._span(key).stop)

    def open_checkpoint(self, note: bytes) -> tuple[Checkpoint, VerifierKey]:
        """Open a checkpoint that its own log signed, without asking for the quorum.

        Raises:
            FormatError: it is not a checkpoint.
            PolicyError: its origin is not in the policy, or no listed key is valid at its size.
            SignatureError: a signature of the log is missing or does not verify.

        """
        checkpoint, keys = self._open(note)
        return checkpoint, keys[0]

    def _open(self, note: bytes) -> tuple[Checkpoint, tuple[VerifierKey, ...]]:
        checkpoint = Checkpoint.parse(parse(note).text)
        logs = self.log_verifiers(checkpoint.origin)
        if not logs:
            raise PolicyError(f"the policy knows no log with the origin {checkpoint.origin}")
        valid = [log.key for log in logs if self.is_valid(log.key, checkpoint.size)]
        if not valid:
            raise PolicyError(f"no key of {checkpoint.origin} in the policy is valid at size {checkpoint.size}")
        opened = open_note(note, logs)
        signed = tuple(key for key in valid if opened.signed_by(key))
        for algorithm in sorted({key.algorithm for key in valid}):
            if not any(key.algorithm == algorithm for key in signed):
                wanted = f"{ALGORITHMS[algorithm]} key of {checkpoint.origin}"
                raise SignatureError(f"no {wanted} that is valid at size {checkpoint.size} signed the checkpoint")
        return checkpoint, signed

    def _span(self, key: VerifierKey) -> range:
        return self.validity.get((key.name, key.key_id), range(MAX_SIZE + 1))

    def check(self, note: bytes) -> Accepted:
        """Accept a checkpoint, or say why not.

        Raises:
            FormatError: it is not a checkpoint.
            PolicyError: its origin is not in the policy, no listed key is valid at its size, or the quorum is not met.
            SignatureError: a signature of the log is missing, or a listed key's signature does not verify.

        """
        checkpoint, log_keys = self._open(note)
        cosigned = self._cosignatures(note)
        if not self._holds({one.witness for one in cosigned}):
            names = ", ".join(one.witness for one in cosigned) or "nobody"
            raise PolicyError(f"the quorum {self.quorum} is not met: the checkpoint is cosigned by {names}")
        return Accepted(checkpoint, log_keys, cosigned)

    def is_met_by(self, names: Collection[str]) -> bool:
        """Whether these witnesses and groups are enough for the quorum."""
        return self._holds(set(names))

    def _cosignatures(self, note: bytes) -> tuple[Cosigned, ...]:
        known: Mapping[Identity, Witness] = {
            (w.verifier.key.name, w.verifier.key.key_id): w for w in self.witnesses.values()
        }
        if not any((s.name, s.key_id) in known for s in parse(note).signatures):
            return ()
        opened = open_note(note, [w.verifier for w in self.witnesses.values()])
        return tuple(Cosigned(known[s.name, s.key_id].name, timestamp(s.blob)) for s in opened.signatures)

    def _holds(self, held: set[str]) -> bool:
        # Members of a group are defined before it, so one pass in that order settles every group.
        for group in self.groups.values():
            if sum(member in held for member in group.members) >= group.threshold:
                held.add(group.name)
        return self.quorum == NOBODY or self.quorum in held


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
        if words[:1] == [_VALIDITY] and line.startswith(_VALIDITY):
            self._valid(words[1:])
            return
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
        log = _verifier(words[0], _LOG_TYPES, "log")
        _refuse_twice(log, self._policy.logs)
        self._policy.logs.append(log)

    def _valid(self, words: list[str]) -> None:
        if len(words) not in (2, 3):
            raise FormatError("a validity line reads: #valid <name>+<key ID> <first size> [<last size>]")
        key = next(
            (k for k in (log.key for log in self._policy.logs) if f"{k.name}+{k.key_id.hex()}" == words[0]), None
        )
        if key is None or (key.name, key.key_id) in self._policy.validity:
            raise FormatError(f"{words[0][:80]!r} is not a log key of an earlier line, or its validity is given twice")
        first = decimal(words[1], "first size")
        last = decimal(words[2], "last size") if words[2:] else MAX_SIZE
        if last < first:
            raise FormatError(f"last size: the key would be valid from {first} to {last}")
        self._policy.validity[key.name, key.key_id] = range(first, last + 1)

    def _witness(self, words: list[str]) -> None:
        if len(words) not in (2, 3):
            raise FormatError("a witness line reads: witness <name> <vkey> [<url>]")
        self._refuse_taken(words[0])
        verifier = _verifier(words[1], _WITNESS_TYPES, "witness")
        _refuse_twice(verifier, [w.verifier for w in self._policy.witnesses.values()])
        self._policy.witnesses[words[0]] = Witness(words[0], verifier, words[2] if words[2:] else None)

    def _group(self, words: list[str]) -> None:
        if len(words) < 3:  # noqa: PLR2004  # name, threshold and one member
            raise FormatError("a group line reads: group <name> all|any|<k> <member>...")
        name, wanted, *members = words
        self._refuse_taken(name)
        for member in members:
            self._join(member)
        threshold = {"all": len(members), "any": 1}.get(wanted) or decimal(wanted, "threshold")
        if not 1 <= threshold <= len(members):
            raise FormatError(f"{threshold} of {len(members)} members cannot be a threshold")
        if len(self._policy.groups) == MAX_NAMES:
            raise FormatError(f"a policy names at most {MAX_NAMES} groups")
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


def _verifier(vkey: str, types: Mapping[int, Callable[[VerifierKey], Verifier]], whose: str) -> Verifier:
    key = VerifierKey.parse(vkey)
    if key.algorithm not in types:
        raise FormatError(f"the key of {key.name} has type {key.algorithm:#04x}, which is not one of a {whose}")
    return types[key.algorithm](key)


def _refuse_twice(new: Verifier, known: Sequence[Verifier]) -> None:
    if len(known) == MAX_NAMES:
        raise FormatError(f"a policy names at most {MAX_NAMES} of each kind")
    if any(one.key.public_key == new.key.public_key for one in known):
        raise FormatError(f"the public key of {new.key.name} is listed twice")
    if any((one.key.name, one.key.key_id) == (new.key.name, new.key.key_id) for one in known):
        raise FormatError(f"two keys of {new.key.name} have the same key ID")

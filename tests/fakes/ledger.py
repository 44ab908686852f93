"""A log in memory that makes real leaves, checkpoints, receipts and trail exports, without database and server.

It keeps everything in plain lists, so a test stages an attack by editing them and exporting again: that is a dishonest
operator, who has the log's key. An attacker without the key edits the finished file instead.
"""

import base64
import io
from collections.abc import Container, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger_bridge.renderings import Kind
from ledger_bridge.tlog import entry, merkle
from ledger_bridge.tlog.checkpoint import Checkpoint
from ledger_bridge.tlog.cosignature import Cosigner
from ledger_bridge.tlog.note import Signer, join
from ledger_bridge.tlog.proof import TlogProof
from ledger_bridge.trail_archive import Trail, write_trail

ORIGIN = "ledger.example/clinic"
KINDS = {
    "file.opened": Kind("opened “{name}”", "R", "110103"),
    "file.uploaded": Kind("uploaded “{name}”", "C", "110107"),
}
_STREAM_KIND = {"workspace": "workspace", "item": "item", "actor": "person", "person": "person"}


def secret(*words: object) -> bytes:
    """32 bytes that are the same in every run."""
    return sha256(repr(words).encode()).digest()


def identifier(*words: object) -> str:
    """A UUID that is the same in every run."""
    return str(UUID(bytes=secret("id", *words)[:16]))


def with_events(trail: Trail, events: list[dict[str, Any]], **changes: Any) -> Trail:
    """The same trail with these events."""
    return replace(
        trail,
        indexes=range(len(events)),
        read=lambda portions: ([events[at] for at in places] for places in portions),
        **changes,
    )


def events_in(trail: Trail) -> list[Any]:
    return [event for portion in trail.read([trail.indexes]) for event in portion]


def witness(name: str) -> Cosigner:
    return Cosigner(f"witness.example/{name}", Ed25519PrivateKey.from_private_bytes(secret("witness", name)))


@dataclass
class FakeStream:
    kind: str
    id: str
    key: bytes
    length: int = 0


@dataclass
class FakeEntry:
    index: int
    fields: dict[str, Any]
    seed: bytes
    tags: dict[str, int]


@dataclass
class FakeLedger:
    """An honest log until a test makes it something else."""

    origin: str = ORIGIN
    witnesses: tuple[Cosigner, ...] = ()
    entries: list[FakeEntry] = field(default_factory=list)
    leaves: list[bytes] = field(default_factory=list)
    streams: dict[tuple[str, str], FakeStream] = field(default_factory=dict)
    names: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def signer(self) -> Signer:
        return Signer.from_seed(self.origin, secret("log", self.origin))

    @property
    def policy(self) -> str:
        lines = [f"log {self.signer.vkey}"]
        lines += [f"witness {w.key.name} {w.vkey}" for w in self.witnesses]
        if self.witnesses:
            lines.append(f"group witnesses all {' '.join(w.key.name for w in self.witnesses)}")
        return "\n".join([*lines, f"quorum {'witnesses' if self.witnesses else 'none'}", ""])

    def stream(self, kind: str, subject: str) -> FakeStream:
        key = (kind, subject)
        if key not in self.streams:
            self.streams[key] = FakeStream(kind, subject, secret("stream", kind, subject))
        return self.streams[key]

    def record(self, kind: str = "file.opened", **values: Any) -> FakeEntry:
        """Record an entry; `values` overrides fields, e.g. workspace="w1", actor="ana"."""
        index = len(self.leaves)
        fields = _fields(index, kind, values)
        tags, numbers = [], {}
        seed = secret("seed", self.origin, index)
        for slot, name in enumerate(entry.SLOTS):
            stream = self.stream(_STREAM_KIND[name], fields[name]) if fields[name] else None
            fields[f"{name}_stream"] = entry.stream_commitment(stream.key).hex() if stream else None
            if stream:
                stream.length += 1
                numbers[name] = stream.length
            tags.append(entry.tag(stream.key, stream.length) if stream else entry.pad(seed, slot))
        recorded = FakeEntry(index, fields, seed, numbers)
        self.entries.append(recorded)
        self.leaves.append(entry.leaf(tags, entry.commitment(fields, seed)))
        return recorded

    def fill(self, count: int) -> None:
        """Add leaves of entries that nobody looks at."""
        for number in range(len(self.leaves), len(self.leaves) + count):
            self.leaves.append(b"\x01" + b"".join(secret("leaf", self.origin, number, part) for part in range(3)))

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        hashes = [merkle.leaf_hash(leaf) for leaf in self.leaves[:size]]
        return Checkpoint(self.origin, len(hashes), merkle.root(hashes))

    def checkpoint_note(self, size: int | None = None) -> bytes:
        text = self.checkpoint(size).marshal()
        cosignatures = [w.signature_line(text, 1_790_000_000) for w in self.witnesses]
        return join(text, [self.signer.signature_line(text), *cosignatures])

    def scope(self, streams: list[FakeStream], events: int, **changes: Any) -> dict[str, Any]:
        opened = [{"kind": s.kind, "id": s.id, "key": s.key.hex(), "length": s.length} for s in streams]
        return {
            "version": 1,
            "filters": {s.kind: s.id for s in streams},
            "complete": True,
            "streams": opened,
            "events": events,
            "exported_at": "2026-11-23T20:41:25.000123Z",
            "exported_by": "auditor",
            **changes,
        }

    def events(self, streams: list[FakeStream], hide: Container[str] = ()) -> list[dict[str, Any]]:
        """The events of these streams, as an honest export discloses them."""
        disclosed = []
        for one in self.entries:
            tags = {slot: n for slot, n in one.tags.items() if self._stream_in(one, slot) in streams}
            if tags:
                disclosed.append(
                    entry.disclose(index=one.index, tags=tags, fields=one.fields, seed=one.seed, hide=hide)
                )
        return disclosed

    def trail(self, *subjects: tuple[str, str], hide: Container[str] = ()) -> Trail:
        """The complete trail of some streams, each given as (kind, id)."""
        streams = [self.stream(*subject) for subject in subjects]
        events = self.events(streams, hide)
        trail = Trail(
            policy_text=self.policy,
            checkpoint_note=self.checkpoint_note(),
            scope=self.scope(streams, len(events)),
            indexes=(),
            read=lambda portions: ([] for _ in portions),
            leaves=self.leaves,
            name_them=lambda _: self.names,
            kinds=KINDS,
        )
        return with_events(trail, events)

    def archive(self, trail: Trail) -> bytes:
        out = io.BytesIO()
        write_trail(out, trail, signer=self.signer)
        return out.getvalue()

    def receipt(self, index: int, hide: Container[str] = ()) -> TlogProof:
        one = next(one for one in self.entries if one.index == index)
        event = entry.disclose(index=index, tags=one.tags, fields=one.fields, seed=one.seed, hide=hide)
        event["leaf"] = self.leaves[index].hex()
        hashes = merkle.inclusion_proof(index, len(self.leaves), self.node)
        return TlogProof(index, tuple(hashes), self.checkpoint_note(), entry.canonical(event))

    def node(self, level: int, index: int) -> bytes:
        leaves = self.leaves[index << level : (index + 1) << level]
        return merkle.root(merkle.leaf_hash(leaf) for leaf in leaves)

    def _stream_in(self, one: FakeEntry, slot: str) -> FakeStream:
        return self.stream(_STREAM_KIND[slot], one.fields[slot])


def _fields(index: int, kind: str, values: dict[str, Any]) -> dict[str, Any]:
    moment = f"2026-11-23T{index // 3600 % 24:02d}:{index // 60 % 60:02d}:{index % 60:02d}.000123Z"
    fields = {
        "id": identifier("entry", index),
        "kind": kind,
        "schema": 1,
        "occurred_at": moment,
        "recorded_at": moment,
        "actor": "ana",
        "actor_kind": "person",
        "actor_institution": "northshore",
        "workspace": None,
        "item": None,
        "version": None,
        "person": None,
        "outcome": "allow",
        "purpose": None,
        "request_id": f"request-{index}",
        "source_address": "192.0.2.0/24",
        "detail.name": "results.csv",
        "detail.size": 1024 + index,
    }
    return {**fields, **values}


def small_ledger(**options: Any) -> FakeLedger:
    """Eleven entries in two workspaces by three people; one entry names a person acted upon, one was refused."""
    ledger = FakeLedger(names={"person": {"ana": "Ana Ribeiro"}, "workspace": {"w1": "Trial =1"}}, **options)
    for index in range(4):
        ledger.record(workspace="w1", item=f"file{index % 2}", actor=("ana", "bo")[index % 2])
    ledger.record("file.uploaded", workspace="w2", item="other", actor="cy")
    ledger.record("grant.given", workspace="w1", actor="ana", person="bo", purpose="second opinion")
    ledger.record("session.opened", actor="ana")
    ledger.record(workspace="w2", item="other", actor="ana", outcome="deny")
    ledger.record(workspace="w1", item="file0", actor="cy", **{"detail.name": "=cmd|' /C calc'!A1 <b>"})
    ledger.record("service.started", actor=None, actor_kind="service", source_address=None)
    ledger.record(workspace="w1", item="file1", actor="bo")
    return ledger


def leaves_at_once(ledger: FakeLedger, count: int = 1000) -> Iterator[bytes]:
    for start in range(0, len(ledger.leaves), count):
        yield b"".join(ledger.leaves[start : start + count])


def to_base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()

"""What is honest, before anybody lays hands on it, and the frame around it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from ledger_bridge.tlog import entry
from ledger_bridge.tlog.cosignature import Cosigner
from ledger_bridge.tlog.mldsa import MldsaSigner
from ledger_bridge.tlog.note import join
from tests.fakes.archives import Event
from tests.fakes.chain import block_hash, make_evidence
from tests.fakes.ledger import ORIGIN, FakeLedger, identifier, secret, small_ledger, with_events, witness
from tests.verifier.conftest import WORKSPACE

QUANTUM = MldsaSigner.from_seed(ORIGIN, secret("quantum"))
QUANTUM_WITNESS = MldsaSigner.from_seed("witness.example/q", secret("witness", "q"))
MOMENT = 1_790_000_000
TOKEN = identifier("token")


class HybridLedger(FakeLedger):
    """Signs its checkpoints with both types of key, and has a witness of the second type."""

    def checkpoint_note(self, size: int | None = None) -> bytes:
        return join(self.checkpoint(size).marshal(), self.signature_lines(size))

    def signature_lines(self, size: int | None = None, *, cosigned: bool = True) -> list[bytes]:
        text = self.checkpoint(size).marshal()
        own = [self.signer.signature_line(text), QUANTUM.signature_line(text, MOMENT)]
        everybody: list[Cosigner | MldsaSigner] = [*self.witnesses, QUANTUM_WITNESS]
        others = [one.signature_line(text, MOMENT) for one in everybody]
        return [*own, *others] if cosigned else own

    @property
    def policy(self) -> str:
        logs = f"log {self.signer.vkey}\nlog {QUANTUM.vkey}\n"
        everybody = [
            *((one.key.name, one.vkey) for one in self.witnesses),
            (QUANTUM_WITNESS.key.name, QUANTUM_WITNESS.vkey),
        ]
        witnesses = "".join(f"witness {name} {vkey}\n" for name, vkey in everybody)
        names = " ".join(name for name, _ in everybody)
        return f"{logs}{witnesses}group all all {names}\nquorum all\n"


@dataclass(frozen=True)
class Case:
    """A file, and what the auditor brings along. `name` says what was done to it."""

    name: str
    data: bytes
    policy: bytes | None
    known: bytes | None = None
    receipt: bytes | None = None
    block_hash: str = ""
    timestamp_ca: bytes | None = None
    known_policy: bytes | None = None


@dataclass
class Honest:
    """An honest file in all its parts, from which the others are made."""

    ledger: HybridLedger
    case: Case
    streams: tuple[tuple[str, str], ...] = ()
    anchor: dict[str, Any] = field(default_factory=dict)

    @property
    def archive(self) -> bytes:
        return self.case.data

    def handed(self, data: bytes, **changes: Any) -> Case:
        return replace(self.case, data=data, **changes)


def honest_ledger() -> HybridLedger:
    small = small_ledger()
    small.record(workspace="w1", item="file1", actor="ana", **{"detail.by_token": TOKEN})
    witnesses = (witness("a"), witness("b"))
    return HybridLedger(
        entries=small.entries, leaves=small.leaves, streams=small.streams, names=small.names, witnesses=witnesses
    )


def honest_exports() -> list[Honest]:
    """Four exports: field by field, by seed with an erased entry and an anchor, filtered, and about persons."""
    return [by_field(), anchored_export(), _filtered(), _about_persons()]


def honest_receipt() -> Honest:
    ledger = honest_ledger()
    data = ledger.receipt(5, hide={"purpose"}).marshal()
    return Honest(ledger, Case("receipt", data, ledger.policy.encode(), ledger.checkpoint_note(5)))


def _honest(name: str, ledger: HybridLedger, trail: Any, *streams: tuple[str, str], **more: Any) -> Honest:
    known = ledger.checkpoint_note(5)
    receipt = ledger.receipt(0).marshal()
    block = more.pop("block", "")
    case = Case(name, ledger.archive(trail), ledger.policy.encode(), known, receipt, block)
    return Honest(ledger, case, streams, **more)


def by_field() -> Honest:
    ledger = honest_ledger()
    return _honest("by field", ledger, ledger.trail(WORKSPACE), WORKSPACE)


def anchored_export() -> Honest:
    ledger = honest_ledger()
    evidence = make_evidence(ledger.origin, 7, ledger.checkpoint(7).root)
    anchor = {"kind": "chain", **evidence.as_json()}
    events = [_short(ledger, event) for event in ledger.events([ledger.stream(*WORKSPACE)])]
    trail = with_events(ledger.trail(WORKSPACE), events, anchors={"version": 1, "anchors": [anchor]})
    return _honest("anchored", ledger, trail, WORKSPACE, anchor=anchor, block=block_hash(evidence).hex())


def _short(ledger: HybridLedger, event: Event) -> Event:
    one = ledger.entries[event["index"]]
    if one.index == 2:
        commitment = entry.commitment(one.fields, one.seed)
        return entry.disclose_erased(index=one.index, tags=event["tags"], commitment=commitment)
    return entry.disclose_whole(index=one.index, tags=event["tags"], fields=one.fields, seed=one.seed)


def _filtered() -> Honest:
    ledger = honest_ledger()
    streams = [ledger.stream(*WORKSPACE)]
    events = ledger.events(streams, hide={"purpose", "actor"})[::2]
    scope = ledger.scope(streams, len(events), complete=False)
    return _honest("filtered", ledger, with_events(ledger.trail(WORKSPACE), events, scope=scope), WORKSPACE)


def _about_persons() -> Honest:
    ledger = honest_ledger()
    subjects = (("person", "ana"), ("item", "other"))
    return _honest("about persons", ledger, ledger.trail(*subjects, hide={"detail.name"}), *subjects)


def flipped(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]


def flipped_hex(random: Random, text: str) -> str:
    return "0x" + flipped(random, bytes.fromhex(text[2:])).hex()


Mutation = Callable[[Random, Honest], Case]

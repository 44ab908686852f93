"""The anchor contract: its source, what the compiler made of it, and how it is called.

`log_anchors.json` is made by `python -m ledger_bridge.anchors.contract.compiling`; a test compiles again and compares.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ledger_bridge.tlog.anchors.keccak import keccak_256

SOURCE = Path(__file__).with_name("log_anchors.vy")
ARTEFACT = Path(__file__).with_name("log_anchors.json")
OPEN_LOG = "open_log(bytes32)"
ANCHOR = "anchor(bytes32,uint256,bytes32)"
OFFER_OWNERSHIP = "offer_ownership(bytes32,address)"
TAKE_OWNERSHIP = "take_ownership(bytes32)"
LATEST = "latest(bytes32)"
OWNER = "owner(bytes32)"
ANCHORED = keccak_256(b"Anchored(bytes32,uint256,bytes32)")
"""First topic of the event that the contract logs for every anchor."""

_WORD = 32


@dataclass(frozen=True)
class Artefact:
    """What the compiler made: `bytecode` is sent to deploy, `code_hash` is what then stands in the account."""

    bytecode: bytes
    code_hash: bytes


@cache
def artefact() -> Artefact:
    raw = json.loads(ARTEFACT.read_text(encoding="ascii"))
    return Artefact(bytes.fromhex(raw["bytecode"][2:]), bytes.fromhex(raw["code_hash"][2:]))


def call_data(signature: str, *words: bytes | int) -> bytes:
    """Encode a call: four bytes of selector, and 32 for each argument. All our arguments are single words."""
    arguments = [word.to_bytes(_WORD, "big") if isinstance(word, int) else word.rjust(_WORD, b"\0") for word in words]
    return keccak_256(signature.encode())[:4] + b"".join(arguments)

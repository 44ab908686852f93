"""Compiles the contract: `python -m ledger_bridge.anchors.contract.compiling` (needs the development group)."""

import json
from hashlib import sha256
from typing import Any

from ledger_bridge.anchors.contract import ARTEFACT, SOURCE
from ledger_bridge.tlog.anchors.chain import HEADS_SLOT
from ledger_bridge.tlog.anchors.keccak import keccak_256

EVM_VERSION = "paris"  # no opcode newer than what permissioned networks run


def compile_contract() -> dict[str, Any]:
    """Return what `log_anchors.json` holds."""
    from vyper import __version__, compile_code
    from vyper.compiler.settings import Settings

    source = SOURCE.read_text(encoding="ascii")
    made = compile_code(
        source,
        output_formats=["abi", "bytecode", "bytecode_runtime", "layout"],
        settings=Settings(evm_version=EVM_VERSION),
    )
    slot = made["layout"]["storage_layout"]["heads"]["slot"]
    if slot != HEADS_SLOT:
        raise ValueError(f"The verifier looks for heads in slot {HEADS_SLOT}, but the compiler put them in {slot}.")
    return {
        "compiler": f"vyper {__version__.partition('+')[0]}",
        "evm_version": EVM_VERSION,
        "source_sha256": sha256(source.encode()).hexdigest(),
        "abi": made["abi"],
        "bytecode": made["bytecode"],
        "code_hash": "0x" + keccak_256(bytes.fromhex(made["bytecode_runtime"][2:])).hex(),
    }


if __name__ == "__main__":
    ARTEFACT.write_text(json.dumps(compile_contract(), indent=1) + "\n", encoding="ascii")

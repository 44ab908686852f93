"""Answers cases read from standard input with tlog-scales. Runs in a virtual environment that holds nothing of ours."""

import base64
import json
import logging
import sys
from collections.abc import Callable
from typing import Any

from tlog_scales.backend import make_backend  # type: ignore[import-not-found]
from tlog_scales.reader import TilesReader  # type: ignore[import-not-found]
from tlog_scales.signing import Vkey, VkeySet  # type: ignore[import-not-found]
from tlog_scales.tiles import leaf_hash  # type: ignore[import-not-found]
from tlog_scales.tlog import Checkpoint, ConsistencyProof, InclusionProof  # type: ignore[import-not-found]


def raw(text: str) -> bytes:
    return base64.b64decode(text)


def check_note(case: dict[str, Any]) -> bool:
    """Whether every key signed the checkpoint."""
    checkpoint = Checkpoint.from_text(case["note"])
    keys = VkeySet(*map(Vkey.from_string, case["vkeys"]))
    return len(keys.verify(checkpoint.signatures, checkpoint)) == len(case["vkeys"])


def check_inclusion(case: dict[str, Any]) -> bool:
    proof = InclusionProof(case["index"], case["size"], [raw(one) for one in case["proof"]])
    proof.check(leaf_hash(raw(case["leaf"])), raw(case["root"]))
    return True


def check_consistency(case: dict[str, Any]) -> bool:
    proof = ConsistencyProof(case["old_size"], case["size"], [raw(one) for one in case["proof"]])
    proof.check(raw(case["old_root"]), raw(case["root"]))
    return True


def check_tiles(case: dict[str, Any]) -> bool:
    """Whether the tiles give the root, and the bundle the leaf."""
    reader = TilesReader(make_backend(case["url"]))
    reader.set_size(case["size"])
    found = reader.calculate_root_hash(), reader.get_entry(case["index"])
    return bool(found == (raw(case["root"]), raw(case["leaf"])))


CHECKS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "note": check_note,
    "inclusion": check_inclusion,
    "consistency": check_consistency,
    "tiles": check_tiles,
}


def verdict(case: dict[str, Any]) -> bool:
    check = CHECKS[case["kind"]]
    try:
        return check(case)
    except Exception:  # noqa: BLE001  whatever it raises is its way to refuse
        return False


logging.disable()
json.dump([verdict(case) for case in json.load(sys.stdin)], sys.stdout)

"""The vectors of transparency-dev/merkle (see tests/data/merkle/PROVENANCE.md), all 518 of them."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from ledger_bridge.tlog import merkle
from ledger_bridge.tlog.errors import TlogError

FILE = Path(__file__).parents[1] / "data" / "merkle" / "vectors.jsonl.gz"
VECTORS = [json.loads(line) for line in gzip.decompress(FILE.read_bytes()).splitlines()]

# The Go library calls these meaningless and refuses them; so does `verify_consistency` unless `allow_empty` is given.
EMPTY_BEGINNINGS = [v for v in VECTORS if v["kind"] == "consistency" and v["size1"] == 0]


def raw(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def verify(vector: dict[str, Any], *, allow_empty: bool = False) -> None:
    proof = [raw(one) for one in vector["proof"] or []]
    match vector["kind"]:
        case "inclusion":
            merkle.verify_inclusion(
                leaf_hash=raw(vector["leafHash"]), index=vector["leafIdx"], size=vector["treeSize"],
                proof=proof, root=raw(vector["root"]),
            )  # fmt: skip
        case "consistency":
            merkle.verify_consistency(
                old_size=vector["size1"], new_size=vector["size2"], old_root=raw(vector["root1"]),
                new_root=raw(vector["root2"]), proof=proof, allow_empty=allow_empty,
            )  # fmt: skip
        case "subtreeinclusion":
            merkle.verify_subtree_inclusion(
                leaf_hash=raw(vector["leafHash"]), index=vector["leafIdx"], start=vector["start"], end=vector["end"],
                proof=proof, root=raw(vector["root"]),
            )  # fmt: skip
        case _:
            merkle.verify_subtree_consistency(
                start=vector["start"], end=vector["end"], size=vector["size"], subtree_root=raw(vector["root1"]),
                root=raw(vector["root2"]), proof=proof,
            )  # fmt: skip


def test_there_are_as_many_as_were_published() -> None:
    assert len(VECTORS) == 518


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["file"])
def test_it_agrees_with_the_vector(vector: dict[str, Any]) -> None:
    if vector["wantErr"] or vector in EMPTY_BEGINNINGS:
        with pytest.raises(TlogError):
            verify(vector)
    else:
        verify(vector)


def test_a_witness_accepts_the_empty_beginnings_that_are_in_order() -> None:
    accepted = []
    for vector in EMPTY_BEGINNINGS:
        try:
            verify(vector, allow_empty=True)
        except TlogError:
            continue
        accepted.append(vector["file"])
    assert accepted == ["consistency/additional/size1-is-zero-and-size2-is-not-zero.json"]

"""How many leaves a second pymerkle appends, with one root at the end; prints JSON.

    python -m bench.peers.trees --leaves N --rounds R

Both its trees get leaves as long as ours: the one in memory keeps nothing, the one in SQLite takes all in a single
transaction, which is its fastest way. Neither assigns places in streams, checks codes or signs.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from pymerkle import InmemoryTree, SqliteTree  # type: ignore[import-not-found,import-untyped,unused-ignore]

from ledger_bridge.tlog.entry import LEAF_SIZE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leaves", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    found: dict[str, list[float]] = {"memory": [], "sqlite": []}
    for _ in range(options.rounds):
        leaves = [os.urandom(LEAF_SIZE) for _ in range(options.leaves)]
        found["memory"].append(_rate(InmemoryTree(), leaves))
        with tempfile.TemporaryDirectory() as folder, SqliteTree(str(Path(folder) / "tree.sqlite")) as tree:
            found["sqlite"].append(_rate(tree, leaves))
    json.dump({name: statistics.median(rates) for name, rates in found.items()}, sys.stdout)


def _rate(tree: Any, leaves: list[bytes]) -> float:
    started = time.perf_counter()
    tree.append_entries(leaves)
    tree.get_root()
    took = time.perf_counter() - started
    if tree.get_size() != len(leaves):
        raise RuntimeError("The tree has not kept every leaf.")
    return len(leaves) / took


if __name__ == "__main__":
    main()

"""The peers' rows for the table of `bench.ledger`. Their packages are imported only by processes of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from bench.peers import chain
from bench.report import Row


def capture_rows(changes: int, rounds: int) -> Iterator[Row]:
    """Hold what it costs us to keep one change against what it costs each peer."""
    costs = _ask("bench.peers.capture", changes=changes, rounds=rounds)
    peers = [  # the name of its costs, its package, what is said about it, must we be cheaper or only not dearer
        ("pghistory", "django-pghistory", ", which does not keep who did it", False),
        ("pghistory with its context", "django-pghistory", " with its context", False),
        ("auditlog", "django-auditlog", "", True),
        ("simple-history", "django-simple-history", "", True),
    ]
    for name, package, more, cheaper in peers:
        peer = f"{package} {version(package)}{more}"
        what = "cost of keeping one change in a deed"
        yield Row.cost_against(what, costs["ours"], "µs", peer=peer, peer_value=costs[name], cheaper=cheaper)


def tree_rows(drained: float, leaves: int, rounds: int) -> Iterator[Row]:
    """Put our drain, which does far more, next to a tree that only appends."""
    rates = _ask("bench.peers.trees", leaves=leaves, rounds=rounds)
    for name, where in (("memory", "in memory"), ("sqlite", "in SQLite, one transaction")):
        peer = f"pymerkle {version('pymerkle')} {where}"
        what = f"drain of {leaves:,}, next to a bare tree"
        yield Row.against(what, drained, "entries/s", peer=peer, peer_value=rates[name], at_least=None)


def chain_rows(drained: float, events: int, rounds: int) -> Iterator[Row]:
    """Hold our drain against a chain that gets every event as a transaction."""
    if not chain.is_here():
        print("not measured: the drain next to a chain needs anvil (make anvil)")
        return
    for at_once, more in ((1, "each waited for"), (100, "a hundred in a block")):
        peer = f"anvil, one transaction per event, {more}"
        taken = chain.rate(events, rounds, at_once=at_once)
        yield Row.against("drain, next to a chain", drained, "entries/s", peer=peer, peer_value=taken, at_least=100)


def _ask(module: str, **options: int) -> dict[str, Any]:
    command = [sys.executable, "-m", module]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "bench.peers.settings"}
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment)
    return dict(json.loads(answer.stdout))

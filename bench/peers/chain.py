"""How many events a second a chain node takes when every event is a transaction of its own.

The node is anvil on this machine, which signs for us and asks nobody. A transaction carries the 32 bytes of a
commitment and runs no contract, which is the least it can do. Two ways: one event after the other, each in a block
before the next is sent, or a hundred in a request and in a block, as no person who waits for an answer could do.
"""

import http.client
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.anvil import ADDRESSES, Anvil
from tests.needs import find

GAS = hex(30_000)


def is_here() -> bool:
    return find("anvil") is not None


def rate(events: int, rounds: int, *, at_once: int) -> float:
    """Return the median of the rounds, in events a second, with so many events in a request and in a block."""
    with tempfile.TemporaryDirectory(prefix="ithaca-bench-") as folder:
        node = Anvil(Path(folder))
        node.start()
        try:
            node.ask("evm_setAutomine", False)
            return statistics.median(_round(node, number * events, events, at_once) for number in range(rounds))
        finally:
            node.stop()


def _round(node: Anvil, first: int, events: int, at_once: int) -> float:
    commitments = [os.urandom(32) for _ in range(events)]
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(node.url).port, timeout=60)
    started = time.perf_counter()
    for begin in range(0, events, at_once):
        _send(connection, first + begin, commitments[begin : begin + at_once])
    took = time.perf_counter() - started
    connection.close()
    if int(node.ask("eth_getTransactionCount", ADDRESSES[0], "latest"), 16) != first + events:
        raise RuntimeError("The node has not mined every transaction.")
    return events / took


def _send(connection: http.client.HTTPConnection, first: int, commitments: list[bytes]) -> None:
    _ask(connection, [_call(first + place, commitment) for place, commitment in enumerate(commitments)])
    _ask(connection, [{"jsonrpc": "2.0", "id": 0, "method": "evm_mine", "params": []}])


def _ask(connection: http.client.HTTPConnection, calls: list[dict[str, Any]]) -> None:
    connection.request("POST", "/", json.dumps(calls), {"Content-Type": "application/json"})
    answers = json.loads(connection.getresponse().read())
    if any("error" in answer for answer in answers):
        raise RuntimeError(f"The node refuses: {answers}")


def _call(nonce: int, commitment: bytes) -> dict[str, Any]:
    transaction = {
        "from": ADDRESSES[0],
        "to": ADDRESSES[1],
        "data": "0x" + commitment.hex(),
        "gas": GAS,
        "nonce": hex(nonce),
    }
    return {"jsonrpc": "2.0", "id": nonce, "method": "eth_sendTransaction", "params": [transaction]}

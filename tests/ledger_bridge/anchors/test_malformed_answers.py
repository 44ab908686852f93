"""A node that is broken or hostile: refused with a sentence that names the field, and never for long."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import Unavailable
from ledger_bridge.anchors.client import EvmClient
from ledger_bridge.anchors.headers import rebuild_header
from ledger_bridge.anchors.http import Misconfigured, Unreachable
from ledger_bridge.anchors.rpc import LARGEST_ANSWER, Answer, MalformedAnswer, NodeRefuses, Rpc
from ledger_bridge.tlog.anchors.keccak import keccak_256
from ledger_bridge.tlog.anchors.rlp import encode
from tests.fakes.http_server import answering, reply

ADDRESS, HASH = b"\x11" * 20, b"\x22" * 32
CALLS: dict[str, Callable[[EvmClient], object]] = {
    "chain_id": lambda client: client.chain_id(),
    "head": lambda client: client.head(),
    "header": lambda client: client.header(5),
    "code": lambda client: client.code(ADDRESS),
    "ask": lambda client: client.ask(ADDRESS, b"\1"),
    "nonce": lambda client: client.nonce(ADDRESS, pending=True),
    "balance": lambda client: client.balance(ADDRESS),
    "estimate_gas": lambda client: client.estimate_gas(ADDRESS, None, b""),
    "tip": lambda client: client.tip(),
    "gas_price": lambda client: client.gas_price(),
    "send": lambda client: client.send(b"\1"),
    "proof": lambda client: client.proof(ADDRESS, (HASH, HASH), 5),
    "find_anchor": lambda client: client.find_anchor(ADDRESS, HASH, 1, HASH, 0),
}
WRONG = [None, True, 1, 1.5, "", "0x", "12", "0xg", "0x" + "f" * 65, "0x00", [], [1], {}, {"number": "0x1"}]
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["0x", "0x1", "0x" + "00" * 32]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["number", "hash", "timestamp", "baseFeePerGas", "accountProof", "storageProof", "proof"]),
            inner,
        )
    ),
    max_leaves=12,
)


class Scripted(Rpc):
    """A node whose every answer is this value."""

    def __init__(self, value: Any) -> None:
        super().__init__("http://127.0.0.1:1")
        self.value = value

    def call(self, method: str, *parameters: Any) -> Answer:
        return Answer(self.value, method)


@pytest.mark.parametrize("name", ["chain_id", "nonce", "balance", "estimate_gas", "tip", "gas_price"])
@pytest.mark.parametrize("value", WRONG)
def test_a_number_of_the_wrong_form_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(MalformedAnswer, match="eth_"):
        CALLS[name](EvmClient(Scripted(value)))


@pytest.mark.parametrize("field", ["number", "hash", "timestamp", "baseFeePerGas"])
@pytest.mark.parametrize("value", [True, 1, "0xg", [], {}, "12"])
def test_a_wrong_field_of_a_block_is_named(field: str, value: object) -> None:
    block = {"number": "0x1", "hash": "0x" + "00" * 32, "timestamp": "0x1", "baseFeePerGas": "0x1", field: value}
    with pytest.raises(MalformedAnswer, match=rf"eth_getBlockByNumber\.{field} is not"):
        EvmClient(Scripted(block)).head()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=ANY_JSON, name=st.sampled_from(sorted(CALLS)))
def test_no_answer_whatever_ends_in_another_error(value: object, name: str) -> None:
    with suppress(Unavailable):
        CALLS[name](EvmClient(Scripted(value)))


def test_a_receipt_of_another_transaction_is_refused() -> None:
    receipt = {
        "transactionHash": "0x" + "33" * 32,
        "blockHash": "0x" + "00" * 32,
        "blockNumber": "0x1",
        "status": "0x1",
    }
    with pytest.raises(MalformedAnswer, match="transactionHash is not the transaction that was asked for"):
        EvmClient(Scripted(receipt)).receipt(HASH)


@pytest.mark.parametrize(
    "body", [b"", b"x", b"[]", b"1", b"{}", b'{"id": 2, "result": "0x1"}', b'{"id": 1}', b"\xff", b"[" * 5_000]
)
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    with answering(lambda handler, _: reply(handler, body)) as url, pytest.raises(MalformedAnswer):
        EvmClient(Rpc(url)).chain_id()


def test_an_error_is_told_in_the_words_of_the_node_and_no_longer() -> None:
    body = json.dumps({"id": 1, "error": {"code": -1, "message": "no\x1b funds" + "!" * 9000}}).encode()
    with answering(lambda handler, _: reply(handler, body)) as url, pytest.raises(NodeRefuses) as refusal:
        EvmClient(Rpc(url)).chain_id()
    assert "no funds!" in refusal.value.sentence
    assert len(refusal.value.sentence) < 300


@pytest.mark.parametrize("status", [204, 301, 404, 500])
def test_another_status_is_refused_and_the_address_is_not_told(status: int) -> None:
    with answering(lambda handler, _: reply(handler, b"", status)) as url, pytest.raises(Unreachable) as refusal:
        EvmClient(Rpc(url)).chain_id()
    assert f"status {status}" in refusal.value.sentence
    assert "key-in-the-path" not in refusal.value.sentence


def test_a_huge_answer_is_cut_off() -> None:
    body = b" " * (LARGEST_ANSWER + 1)
    with answering(lambda handler, _: reply(handler, body)) as url, pytest.raises(Unreachable, match="more than"):
        EvmClient(Rpc(url)).chain_id()


def _drip(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    with suppress(OSError):
        for _again in range(1000):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)


def _drip_headers(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    with suppress(OSError):
        for _again in range(1000):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)


@pytest.mark.parametrize("respond", [_drip, _drip_headers, lambda *_: time.sleep(3)])
def test_a_slow_answer_is_cut_off_in_time(respond: Callable[..., None]) -> None:
    with answering(respond) as url:
        started = time.perf_counter()
        with pytest.raises(Unreachable):
            EvmClient(Rpc(url, timeout=0.5)).chain_id()
        assert time.perf_counter() - started < 2


@pytest.mark.parametrize("url", ["", "ftp://x", "file:///etc/passwd", "http://", "localhost:8545"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured):
        EvmClient(Rpc(url)).chain_id()


def block_of(extra: bytes, hashed_extra: bytes) -> dict[str, str]:
    """A block as a node tells it; its hash is taken over `hashed_extra`."""
    zero, numbers = "0x" + "00" * 32, {"difficulty": "0x1", "number": "0x5", "gasLimit": "0x0"}
    names = ["parentHash", "sha3Uncles", "stateRoot", "transactionsRoot", "receiptsRoot", "mixHash"]
    block = (
        dict.fromkeys(names, zero) | numbers | {"gasUsed": "0x0", "timestamp": "0x9", "extraData": "0x" + extra.hex()}
    )
    block |= {"miner": "0x" + "00" * 20, "logsBloom": "0x" + "00" * 256, "nonce": "0x" + "00" * 8}
    fields = [bytes(32)] * 2 + [bytes(20)] + [bytes(32)] * 3 + [bytes(256), b"\1", b"\5", b"", b"", b"\x09"]
    header = encode([*fields, hashed_extra, bytes(32), bytes(8)])
    return block | {"hash": "0x" + keccak_256(header).hex()}


def test_a_qbft_block_is_kept_as_its_hash_is_taken() -> None:
    vanity, validators = bytes(32), [b"\x01" * 20, b"\x02" * 20]
    sealed = encode([vanity, validators, [], b"\3", [b"\x07" * 65, b"\x08" * 65]])
    unsealed = encode([vanity, validators, [], b"", []])
    block = block_of(sealed, unsealed)
    assert "0x" + keccak_256(rebuild_header(Answer(block, "block"))).hex() == block["hash"]


def test_a_header_that_does_not_give_its_hash_is_refused() -> None:
    block = block_of(b"\1", b"\2")
    with pytest.raises(MalformedAnswer, match=r"block\.hash is not the hash of the header"):
        rebuild_header(Answer(block, "block"))

"""A chain as the anchors see it, and the implementation for Ethereum's JSON-RPC (Hyperledger Besu, geth and others)."""

from dataclasses import dataclass
from typing import Any, Protocol

from ledger_bridge.anchors.contract import ANCHORED
from ledger_bridge.anchors.headers import rebuild_header
from ledger_bridge.anchors.rpc import Answer, NodeRefuses, Rpc
from ledger_bridge.tlog.anchors.fields import LARGEST_PROOF, hexadecimal

_HASH, _ADDRESS = 32, 20
_MOST_LOGS = 1000
_ALREADY_THERE = ("already known", "known transaction", "already imported", "already exists")


@dataclass(frozen=True)
class Block:
    number: int
    hash: bytes
    time: int
    base_fee: int | None


@dataclass(frozen=True)
class Receipt:
    transaction: bytes
    block_number: int
    block_hash: bytes
    succeeded: bool
    raw: dict[str, Any]


@dataclass(frozen=True)
class Proof:
    account: tuple[bytes, ...]
    storage: tuple[tuple[bytes, ...], ...]


class Chain(Protocol):
    """What anchoring asks of a chain. Every method raises Unavailable when there is no usable answer."""

    def chain_id(self) -> int: ...
    def head(self) -> Block: ...
    def block(self, number: int) -> Block | None: ...
    def header(self, number: int) -> bytes: ...
    def code(self, address: bytes) -> bytes: ...
    def ask(self, contract: bytes, data: bytes) -> bytes: ...
    def nonce(self, address: bytes, *, pending: bool) -> int: ...
    def balance(self, address: bytes) -> int: ...
    def estimate_gas(self, sender: bytes, to: bytes | None, data: bytes) -> int: ...
    def tip(self) -> int: ...
    def gas_price(self) -> int: ...
    def send(self, raw: bytes) -> None: ...
    def receipt(self, transaction: bytes) -> Receipt | None: ...
    def proof(self, contract: bytes, keys: tuple[bytes, ...], number: int) -> Proof: ...
    def find_anchor(self, contract: bytes, log: bytes, size: int, root: bytes, since: int) -> bytes | None: ...


class EvmClient:
    """`Chain` over JSON-RPC."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

    def chain_id(self) -> int:
        return self._rpc.call("eth_chainId").integer()

    def head(self) -> Block:
        return _block(self._rpc.call("eth_getBlockByNumber", "latest", False))

    def block(self, number: int) -> Block | None:
        answer = self._rpc.call("eth_getBlockByNumber", hex(number), False)
        return None if answer.absent else _block(answer)

    def header(self, number: int) -> bytes:
        return rebuild_header(self._rpc.call("eth_getBlockByNumber", hex(number), False))

    def code(self, address: bytes) -> bytes:
        return self._rpc.call("eth_getCode", hexadecimal(address), "latest").data()

    def ask(self, contract: bytes, data: bytes) -> bytes:
        call = {"to": hexadecimal(contract), "data": hexadecimal(data)}
        return self._rpc.call("eth_call", call, "latest").data()

    def nonce(self, address: bytes, *, pending: bool) -> int:
        where = "pending" if pending else "latest"
        return self._rpc.call("eth_getTransactionCount", hexadecimal(address), where).integer()

    def balance(self, address: bytes) -> int:
        return self._rpc.call("eth_getBalance", hexadecimal(address), "latest").integer()

    def estimate_gas(self, sender: bytes, to: bytes | None, data: bytes) -> int:
        call = {"from": hexadecimal(sender), "data": hexadecimal(data)}
        if to is not None:
            call["to"] = hexadecimal(to)
        return self._rpc.call("eth_estimateGas", call).integer()

    def tip(self) -> int:
        return self._rpc.call("eth_maxPriorityFeePerGas").integer()

    def gas_price(self) -> int:
        return self._rpc.call("eth_gasPrice").integer()

    def send(self, raw: bytes) -> None:
        """Hand in a signed transaction. That the node has it already is as good."""
        try:
            self._rpc.call("eth_sendRawTransaction", hexadecimal(raw)).data(_HASH)
        except NodeRefuses as refusal:
            if not any(words in refusal.message for words in _ALREADY_THERE):
                raise

    def receipt(self, transaction: bytes) -> Receipt | None:
        answer = self._rpc.call("eth_getTransactionReceipt", hexadecimal(transaction))
        # Some nodes return a receipt without a block while the transaction waits.
        if answer.absent or answer["blockHash"].absent:
            return None
        if answer["transactionHash"].data(_HASH) != transaction:
            raise answer["transactionHash"].wrong("the transaction that was asked for")
        return Receipt(
            transaction,
            answer["blockNumber"].integer(),
            answer["blockHash"].data(_HASH),
            answer["status"].integer() == 1,
            dict(answer.value),
        )

    def proof(self, contract: bytes, keys: tuple[bytes, ...], number: int) -> Proof:
        asked = [hexadecimal(key) for key in keys]
        answer = self._rpc.call("eth_getProof", hexadecimal(contract), asked, hex(number))
        storage = answer["storageProof"].items(len(keys))
        if len(storage) != len(keys):
            raise answer["storageProof"].wrong(f"a list of {len(keys)}")
        return Proof(_nodes(answer["accountProof"]), tuple(_nodes(one["proof"]) for one in storage))

    def find_anchor(self, contract: bytes, log: bytes, size: int, root: bytes, since: int) -> bytes | None:
        """Return the transaction that anchored exactly this, if there is one."""
        topics = [hexadecimal(ANCHORED), hexadecimal(log)]
        wanted = {"address": hexadecimal(contract), "topics": topics, "fromBlock": hex(since), "toBlock": "latest"}
        content = size.to_bytes(_HASH, "big") + root
        for event in self._rpc.call("eth_getLogs", wanted).items(_MOST_LOGS):
            if event["data"].data() == content:
                return event["transactionHash"].data(_HASH)
        return None


def _block(answer: Answer) -> Block:
    fee = answer["baseFeePerGas"]
    return Block(
        answer["number"].integer(),
        answer["hash"].data(_HASH),
        answer["timestamp"].integer(),
        None if fee.absent else fee.integer(),
    )


def _nodes(answer: Answer) -> tuple[bytes, ...]:
    return tuple(node.data() for node in answer.items(LARGEST_PROOF))

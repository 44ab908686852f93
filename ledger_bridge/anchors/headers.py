"""Puts a block's header together again from what a node says about it, and insists that it gives the block's hash."""

from ledger_bridge.anchors.rpc import Answer
from ledger_bridge.tlog.anchors.keccak import keccak_256
from ledger_bridge.tlog.anchors.rlp import decode_list, encode, encode_integer
from ledger_bridge.tlog.errors import FormatError

_HASH, _ADDRESS, _BLOOM, _NONCE = 32, 20, 256, 8
_QUANTITY = -1
_ANY = None

_ALWAYS = (
    ("parentHash", _HASH), ("sha3Uncles", _HASH), ("miner", _ADDRESS), ("stateRoot", _HASH),
    ("transactionsRoot", _HASH), ("receiptsRoot", _HASH), ("logsBloom", _BLOOM), ("difficulty", _QUANTITY),
    ("number", _QUANTITY), ("gasLimit", _QUANTITY), ("gasUsed", _QUANTITY), ("timestamp", _QUANTITY),
    ("extraData", _ANY), ("mixHash", _HASH), ("nonce", _NONCE),
)  # fmt: skip
# Each of Ethereum's upgrades adds fields at the end; a chain that has one of them has all before it.
_SINCE = (
    ("baseFeePerGas", _QUANTITY), ("withdrawalsRoot", _HASH), ("blobGasUsed", _QUANTITY),
    ("excessBlobGas", _QUANTITY), ("parentBeaconBlockRoot", _HASH), ("requestsHash", _HASH),
)  # fmt: skip
_EXTRA_DATA = 12
_ROUND = 3
_BFT_FIELDS = 5


def rebuild_header(block: Answer) -> bytes:
    """Return the encoded header whose Keccak-256 is the block's hash.

    Raises:
        MalformedAnswer: when a field is missing or wrong, or the fields do not give the hash.

    """
    fields = [_field(block, name, size) for name, size in _ALWAYS]
    fields += [_field(block, name, size) for name, size in _SINCE if not block[name].absent]
    expected = block["hash"].data(_HASH)
    for candidate in (fields, _without_seals(fields)):
        header = encode(candidate)
        if keccak_256(header) == expected:
            return header
    raise block["hash"].wrong("the hash of the header's fields")


def _field(block: Answer, name: str, size: int | None) -> bytes:
    if size == _QUANTITY:
        return encode_integer(block[name].integer())
    return block[name].data(size)


def _without_seals(fields: list[bytes]) -> list[bytes]:
    """The header as QBFT networks (Hyperledger Besu) hash it: round zero, and without the validators' seals."""
    try:
        extra = decode_list(fields[_EXTRA_DATA])
    except FormatError:
        return fields
    if len(extra) != _BFT_FIELDS:
        return fields
    unsealed = encode([*extra[:_ROUND], b"", []])
    return [*fields[:_EXTRA_DATA], unsealed, *fields[_EXTRA_DATA + 1 :]]

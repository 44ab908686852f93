"""An anchor on an EVM chain: shows from a block's hash alone which size and root the contract held for a log.

    block header → hash of the block, and the root of the state
    state        → the contract's account: hash of its code, root of its storage
    storage      → size and root of the log

Rules enforced
    * the code of the account is that of our contract, so that its rules (one owner, sizes only grow) held;
    * the id of the log is made from its founder's address and its origin;
    * both trie proofs lead to exactly these values, without a node too many.

Out of scope: whether a block with this hash stands on the chain that the evidence names. Compare the hash with a node
of your own or a block explorer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Self

from ledger_bridge.tlog.anchors import fields
from ledger_bridge.tlog.anchors.keccak import keccak_256
from ledger_bridge.tlog.anchors.rlp import Item, decode, decode_list
from ledger_bridge.tlog.anchors.trie import prove
from ledger_bridge.tlog.errors import FormatError, ProofError

CODE_HASHES = frozenset({bytes.fromhex("ea88fa11166da16fa3e62ffe219c3608a9aa9d2e1b85c0e8ba2888a65e13569e")})
"""Keccak-256 of the code of every version of `log_anchors.vy` as it stands on a chain."""

HEADS_SLOT = 1
"""Where the contract keeps its map from log to size and root (storage layout of `log_anchors.vy`)."""

_NAME_DOMAIN = b"ithaca.anchor.v1\0"
_ADDRESS_SIZE, _WORD = 20, 32
_STATE_ROOT, _NUMBER, _TIMESTAMP = 3, 8, 11
_FEWEST_HEADER_FIELDS = 15
_ACCOUNT_FIELDS = 4


def log_name(origin: str) -> bytes:
    """What the contract knows a log by before it adds the founder: a hash, so the chain holds no names."""
    return sha256(_NAME_DOMAIN + origin.encode()).digest()


def log_id(founder: bytes, origin: str) -> bytes:
    """The id under which `founder` opened the log with this origin."""
    return keccak_256(founder.rjust(_WORD, b"\0") + log_name(origin))


def storage_keys(log: bytes) -> tuple[bytes, bytes]:
    """The storage keys of a log's size and of its root."""
    first = int.from_bytes(keccak_256(HEADS_SLOT.to_bytes(_WORD, "big") + log), "big")
    return first.to_bytes(_WORD, "big"), ((first + 1) % (1 << 256)).to_bytes(_WORD, "big")


@dataclass(frozen=True, kw_only=True)
class Anchored:
    """What the evidence shows: this block's state held this size and root."""

    size: int
    root: bytes
    block_number: int
    block_hash: bytes
    block_time: int


@dataclass(frozen=True, kw_only=True)
class ChainEvidence:
    """A block header, and the proofs that lead from it to size and root of a log."""

    chain_id: int
    contract: bytes
    founder: bytes
    transaction: bytes
    header: bytes
    account_proof: tuple[bytes, ...]
    size_proof: tuple[bytes, ...]
    root_proof: tuple[bytes, ...]

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote.

        Raises:
            FormatError: naming the field that is wrong.

        """
        return cls(
            chain_id=fields.read_integer(raw, "chain_id"),
            contract=fields.read_bytes(raw, "contract", size=_ADDRESS_SIZE),
            founder=fields.read_bytes(raw, "founder", size=_ADDRESS_SIZE),
            transaction=fields.read_bytes(raw, "transaction", size=_WORD),
            header=fields.read_bytes(raw, "header"),
            account_proof=fields.read_proof(raw, "account_proof"),
            size_proof=fields.read_proof(raw, "size_proof"),
            root_proof=fields.read_proof(raw, "root_proof"),
        )

    def as_json(self) -> dict[str, Any]:
        """The form of `docs/formats/anchors.md`."""
        proofs = {name: getattr(self, name) for name in ("account_proof", "size_proof", "root_proof")}
        return {
            "chain_id": self.chain_id,
            "contract": fields.hexadecimal(self.contract),
            "founder": fields.hexadecimal(self.founder),
            "transaction": fields.hexadecimal(self.transaction),
            "header": fields.hexadecimal(self.header),
            **{name: [fields.hexadecimal(node) for node in nodes] for name, nodes in proofs.items()},
        }

    def check(self, origin: str) -> Anchored:
        """Follow the proofs and return what they show for the log of this origin.

        Raises:
            FormatError: header, account or value is not well formed.
            ProofError: a proof does not lead there, or the code is not that of our contract.

        """
        header = _header(self.header)
        storage_root = self._storage_root(header.state_root)
        size_key, root_key = storage_keys(log_id(self.founder, origin))
        size = int.from_bytes(_word(prove(storage_root, size_key, self.size_proof)), "big")
        root = _word(prove(storage_root, root_key, self.root_proof)).rjust(_WORD, b"\0")
        return Anchored(
            size=size,
            root=root,
            block_number=header.number,
            block_hash=keccak_256(self.header),
            block_time=header.time,
        )

    def _storage_root(self, state_root: bytes) -> bytes:
        account = decode_list(prove(state_root, self.contract, self.account_proof))
        if len(account) != _ACCOUNT_FIELDS:
            raise FormatError("the contract's account is not well formed")
        storage_root, code_hash = account[2], account[3]
        if not isinstance(storage_root, bytes) or len(storage_root) != _WORD:
            raise FormatError("the contract's account is not well formed")
        if code_hash not in CODE_HASHES:
            raise ProofError("the code at this address is not that of the anchor contract")
        return storage_root


@dataclass(frozen=True)
class _Header:
    state_root: bytes
    number: int
    time: int


def _header(encoded: bytes) -> _Header:
    items = decode_list(encoded)
    if len(items) < _FEWEST_HEADER_FIELDS:
        raise FormatError("this is not a block header: it has too few fields")
    state_root = items[_STATE_ROOT]
    if not isinstance(state_root, bytes) or len(state_root) != _WORD:
        raise FormatError("this is not a block header: its state root has no 32 bytes")
    return _Header(state_root, _integer(items[_NUMBER]), _integer(items[_TIMESTAMP]))


def _integer(item: Item) -> int:
    if not isinstance(item, bytes) or len(item) > 8 or item[:1] == b"\0":  # noqa: PLR2004  64 bits
        raise FormatError("this is not a block header: a number is not one")
    return int.from_bytes(item, "big")


def _word(encoded: bytes) -> bytes:
    value = decode(encoded)
    if not isinstance(value, bytes) or not 0 < len(value) <= _WORD or value[:1] == b"\0":
        raise FormatError("a storage value is not well formed")
    return value

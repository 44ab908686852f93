"""Checks a path through a Merkle-Patricia trie, as `eth_getProof` returns it, against the trie's root."""

from collections.abc import Sequence

from ledger_bridge.tlog.anchors.keccak import keccak_256
from ledger_bridge.tlog.anchors.rlp import Item, decode_list, encode
from ledger_bridge.tlog.errors import FormatError, ProofError

_BRANCH, _SHORT_NODE = 17, 2
_HASH_SIZE = 32


def prove(root: bytes, key: bytes, proof: Sequence[bytes]) -> bytes:
    """Return the value under the hash of a key: both tries of an EVM chain are "secure", keyed by hashes.

    Raises:
        ProofError: the nodes do not lead from the root to a value, or some are not needed.
        FormatError: a node is not well formed.

    """
    return _Walk(proof).run(root, _nibbles(keccak_256(key)))


class _Walk:
    def __init__(self, proof: Sequence[bytes]) -> None:
        self._proof = list(proof)

    def run(self, root: bytes, path: list[int]) -> bytes:
        reference: Item = root
        while True:
            node = self._open(reference)
            found = _branch(node, path) if len(node) == _BRANCH else _short(node, path)
            reference, path, done = found
            if done:
                break
        if self._proof:
            raise ProofError("the trie proof has more nodes than the path needs")
        if not isinstance(reference, bytes):
            raise ProofError("the path through the trie ends without a value")
        return reference

    def _open(self, reference: Item) -> list[Item]:
        if isinstance(reference, list):
            return reference  # a node shorter than its hash stands in its parent
        if not self._proof:
            raise ProofError("the path through the trie ends early")
        encoded = self._proof.pop(0)
        if len(reference) != _HASH_SIZE or keccak_256(encoded) != reference:
            raise ProofError("a node of the trie is not the one that its parent names")
        node = decode_list(encoded)
        if encode(node) != encoded or len(node) not in {_BRANCH, _SHORT_NODE}:
            raise FormatError("a node of the trie is not well formed")
        return node


def _branch(node: list[Item], path: list[int]) -> tuple[Item, list[int], bool]:
    if not path:
        return node[16], [], True
    child = node[path[0]]
    if child == b"":
        raise ProofError("the trie holds nothing under this key")
    return child, path[1:], False


def _short(node: list[Item], path: list[int]) -> tuple[Item, list[int], bool]:
    if len(node) != _SHORT_NODE or not isinstance(node[0], bytes) or not node[0]:
        raise FormatError("a node of the trie is not well formed")
    nibbles = _nibbles(node[0])
    flag, odd = nibbles[0], nibbles[0] & 1
    part = nibbles[1:] if odd else nibbles[2:]
    if flag > 3 or (not odd and nibbles[1]):  # noqa: PLR2004  two flags: odd, leaf
        raise FormatError("a node of the trie is not well formed")
    if path[: len(part)] != part:
        raise ProofError("the trie holds nothing under this key")
    rest, leaf = path[len(part) :], flag >= 2  # noqa: PLR2004
    if leaf and rest:
        raise ProofError("the trie holds nothing under this key")
    if not leaf and not part:
        raise FormatError("a node of the trie is not well formed")
    return node[1], rest, leaf


def _nibbles(data: bytes) -> list[int]:
    return [half for byte in data for half in (byte >> 4, byte & 15)]

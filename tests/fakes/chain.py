"""Makes the evidence of an anchor without a node: a state with our contract in it, and a block over that state."""

import rlp
from trie.hexary import HexaryTrie

from ledger_bridge.tlog.anchors.chain import CODE_HASHES, ChainEvidence, log_id, storage_keys
from ledger_bridge.tlog.anchors.keccak import keccak_256

CONTRACT, FOUNDER = b"\xc0" * 20, b"\xf0" * 20
BLOCK_TIME = 1_790_000_000


def make_evidence(origin: str, size: int, root: bytes, *, number: int = 77, code_hash: bytes = b"") -> ChainEvidence:
    keys = storage_keys(log_id(FOUNDER, origin))
    storage = _trie({keys[0]: rlp.encode(size), keys[1]: rlp.encode(root.lstrip(b"\0"))})
    account = rlp.encode([1, 0, storage.root_hash, code_hash or min(CODE_HASHES)])
    state = _trie(
        {CONTRACT: account, **{bytes([n]) * 20: rlp.encode([n, n, b"\1" * 32, b"\2" * 32]) for n in range(9)}}
    )
    header = [b"\0" * 32] * 3 + [state.root_hash] + [b"\0" * 32] * 3 + [0, number, 30_000_000, 21_000, BLOCK_TIME]
    return ChainEvidence(
        chain_id=1337,
        contract=CONTRACT,
        founder=FOUNDER,
        transaction=b"\x77" * 32,
        header=rlp.encode([*header, b"", b"\0" * 32, b"\0" * 8]),
        account_proof=_proof(state, CONTRACT),
        size_proof=_proof(storage, keys[0]),
        root_proof=_proof(storage, keys[1]),
    )


def block_hash(evidence: ChainEvidence) -> bytes:
    return keccak_256(evidence.header)


def _trie(content: dict[bytes, bytes]) -> HexaryTrie:
    made = HexaryTrie({})
    for key, value in content.items():
        made[keccak_256(key)] = value
    return made


def _proof(trie: HexaryTrie, key: bytes) -> tuple[bytes, ...]:
    return tuple(rlp.encode(node) for node in trie.get_proof(keccak_256(key)))  # type: ignore[no-untyped-call]

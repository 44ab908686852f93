"""Keccak-256, RLP and Merkle-Patricia proofs, against other implementations of them."""

import pytest
import rlp as other_rlp
from Crypto.Hash import keccak as other_keccak
from hypothesis import given
from hypothesis import strategies as st
from trie.hexary import HexaryTrie

from ledger_bridge.tlog.anchors.keccak import keccak_256
from ledger_bridge.tlog.anchors.rlp import Item, decode, encode, encode_integer
from ledger_bridge.tlog.anchors.trie import prove
from ledger_bridge.tlog.errors import FormatError, ProofError, TlogError

ITEMS: st.SearchStrategy[Item] = st.recursive(st.binary(max_size=70), lambda inner: st.lists(inner, max_size=5))


def test_keccak_of_nothing_is_the_published_value() -> None:
    assert keccak_256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


@pytest.mark.parametrize("length", [1, 135, 136, 137, 271, 272, 273, 1000])
def test_keccak_agrees_with_another_implementation(length: int) -> None:
    data = bytes(n * 7 % 251 for n in range(length))
    assert keccak_256(data) == other_keccak.new(digest_bits=256, data=data).digest()


@given(ITEMS)
def test_rlp_agrees_with_another_implementation(item: Item) -> None:
    encoded = encode(item)
    assert encoded == other_rlp.encode(item)
    assert decode(encoded) == item


@given(st.binary(max_size=80))
def test_bytes_are_read_as_rlp_in_one_way_or_refused(data: bytes) -> None:
    try:
        item = decode(data)
    except FormatError:
        return
    assert encode(item) == data


@pytest.mark.parametrize("data", ["8100", "b801ff", "b90040" + "00" * 64, "c1", "83abcd", "", "8080", "c0" * 2])
def test_rlp_that_is_cut_or_longer_than_needed_is_refused(data: str) -> None:
    with pytest.raises(FormatError):
        decode(bytes.fromhex(data))


def test_rlp_that_is_nested_too_deeply_is_refused() -> None:
    data = b"\xc0"
    for _ in range(40):
        data = bytes([0xC0 + len(data)]) + data
    with pytest.raises(FormatError, match="deeply"):
        decode(data)


def test_the_integer_zero_is_empty() -> None:
    assert [encode_integer(number) for number in (0, 1, 256)] == [b"", b"\1", b"\1\0"]


@pytest.fixture(scope="module")
def trie() -> HexaryTrie:
    made = HexaryTrie({})
    for number in range(60):
        made[keccak_256(bytes([number]))] = b"value of " + bytes([number]) * 30
    return made


def proof_of(trie: HexaryTrie, number: int) -> list[bytes]:
    return [other_rlp.encode(node) for node in trie.get_proof(keccak_256(bytes([number])))]  # type: ignore[no-untyped-call]


def test_a_proof_leads_to_the_value(trie: HexaryTrie) -> None:
    for number in range(60):
        value = prove(trie.root_hash, bytes([number]), proof_of(trie, number))
        assert value == b"value of " + bytes([number]) * 30


def test_a_proof_for_another_key_is_refused(trie: HexaryTrie) -> None:
    with pytest.raises(ProofError):
        prove(trie.root_hash, b"\x02", proof_of(trie, 1))


def test_a_key_that_the_trie_lacks_is_refused(trie: HexaryTrie) -> None:
    for number in range(60, 90):
        with pytest.raises(ProofError):
            prove(trie.root_hash, bytes([number]), proof_of(trie, number))


def test_a_proof_that_is_cut_or_too_long_is_refused(trie: HexaryTrie) -> None:
    nodes = proof_of(trie, 3)
    for wrong in (nodes[:-1], [*nodes, nodes[-1]], []):
        with pytest.raises(ProofError):
            prove(trie.root_hash, b"\x03", wrong)


def test_no_single_changed_byte_of_a_proof_is_accepted(trie: HexaryTrie) -> None:
    nodes = proof_of(trie, 4)
    for place, node in enumerate(nodes):
        for at in range(0, len(node), 7):
            changed = node[:at] + bytes([node[at] ^ 1]) + node[at + 1 :]
            with pytest.raises(TlogError):
                prove(trie.root_hash, b"\x04", [*nodes[:place], changed, *nodes[place + 1 :]])

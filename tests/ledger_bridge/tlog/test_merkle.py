from collections.abc import Sequence
from functools import cache
from hashlib import sha256

import pytest

from ledger_bridge.tlog import merkle
from ledger_bridge.tlog.errors import FormatError, ProofError

CLASSIC = [
    bytes.fromhex(leaf)
    for leaf in ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
]
CLASSIC_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LARGEST = 300
HASHES = [sha256(b"leaf %d" % n).digest() for n in range(LARGEST)]


@cache
def naive_root(start: int, end: int) -> bytes:
    """The definition in RFC 6962, word for word."""
    if start == end:
        return sha256(b"").digest()
    if end - start == 1:
        return HASHES[start]
    split = 1
    while split * 2 < end - start:
        split *= 2
    return sha256(b"\x01" + naive_root(start, start + split) + naive_root(start + split, end)).digest()


def node(level: int, index: int) -> bytes:
    return naive_root(index << level, (index + 1) << level)


def classic_node(level: int, index: int) -> bytes:
    return merkle.root(map(merkle.leaf_hash, CLASSIC[index << level : (index + 1) << level]))


@pytest.mark.parametrize("size", range(9))
def test_it_gives_the_known_roots(size: int) -> None:
    assert merkle.root(map(merkle.leaf_hash, CLASSIC[:size])).hex() == CLASSIC_ROOTS[size]


def test_it_gives_the_known_inclusion_proof() -> None:
    assert [h.hex() for h in merkle.inclusion_proof(5, 8, classic_node)] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def test_it_gives_the_known_consistency_proof_from_a_power_of_two() -> None:
    proof = merkle.consistency_proof(4, 7, classic_node)
    assert [h.hex() for h in proof] == ["837dbb152e9b079010717e84e865da4ebc0fa198a806d59d31bf15accef22d0e"]


def test_it_gives_the_known_consistency_proof_from_another_size() -> None:
    assert [h.hex() for h in merkle.consistency_proof(6, 8, classic_node)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def test_it_agrees_with_the_definition_at_every_size() -> None:
    frontier = merkle.Frontier()
    for size in range(LARGEST):
        assert frontier.root() == naive_root(0, size)
        frontier.append(HASHES[size])


@pytest.mark.parametrize("old", range(0, LARGEST, 23))
def test_it_appends_many_as_it_appends_one_by_one(old: int) -> None:
    for count in (0, 1, 2, 3, 64, 100, LARGEST - old):
        frontier = merkle.Frontier()
        frontier.append_many(HASHES[:old])
        frontier.append_many(HASHES[old : old + count])
        assert frontier.root() == naive_root(0, min(old + count, LARGEST))


@pytest.mark.parametrize("old", [0, 1, 2, 3, 7, 8, 100, 255, 256])
def test_it_names_the_nodes_that_were_completed(old: int) -> None:
    frontier = merkle.Frontier()
    frontier.append_many(HASHES[:old])
    for level, nodes in enumerate(frontier.append_many(HASHES[old:])):
        first, last = old >> level, LARGEST >> level
        assert nodes == [node(level, index) for index in range(first, last)]


@pytest.mark.parametrize("size", range(0, LARGEST, 7))
def test_it_is_restored_from_its_hashes(size: int) -> None:
    frontier = merkle.Frontier()
    frontier.append_many(HASHES[:size])
    again = merkle.Frontier.from_hashes(size, frontier.hashes())
    again.append_many(HASHES[size:])
    assert again.root() == naive_root(0, LARGEST)


@pytest.mark.parametrize(("size", "hashes"), [(1, []), (0, [bytes(32)]), (3, [bytes(32)]), (1, [bytes(31)]), (-1, [])])
def test_it_refuses_hashes_that_do_not_fit_the_size(size: int, hashes: list[bytes]) -> None:
    with pytest.raises(FormatError):
        merkle.Frontier.from_hashes(size, hashes)


@pytest.mark.parametrize("size", [*range(1, 66), 127, 128, 129, 255, 256, 257, 299, 300])
def test_it_proves_and_verifies_every_leaf(size: int) -> None:
    for index in range(size):
        proof = merkle.inclusion_proof(index, size, node)
        merkle.verify_inclusion(leaf_hash=HASHES[index], index=index, size=size, proof=proof, root=naive_root(0, size))
        inner = (index ^ (size - 1)).bit_length()
        assert len(proof) == inner + (index >> inner).bit_count()


@pytest.mark.parametrize("size", [*range(1, 66), 127, 128, 129, 255, 256, 257, 299, 300])
def test_it_proves_and_verifies_every_older_tree(size: int) -> None:
    for old in range(1, size + 1):
        proof = merkle.consistency_proof(old, size, node)
        check_consistency(old, size, proof)


def flip(proof: list[bytes], at: int) -> list[bytes]:
    changed = bytes([proof[at][0] ^ 1]) + proof[at][1:]
    return [*proof[:at], changed, *proof[at + 1 :]]


def check_consistency(old: int, new: int, proof: Sequence[bytes]) -> None:
    merkle.verify_consistency(
        old_size=old, new_size=new, old_root=naive_root(0, old), new_root=naive_root(0, new), proof=proof
    )


@pytest.mark.parametrize(("index", "size"), [(0, 1), (0, 7), (6, 7), (3, 8), (200, 300), (299, 300)])
def test_it_refuses_every_changed_inclusion_proof(index: int, size: int) -> None:
    honest = merkle.inclusion_proof(index, size, node)
    flipped = [flip(honest, n) for n in range(len(honest))]
    short = [honest[:-1], honest[1:]] if honest else []
    for proof in [*flipped, *short, [*honest, bytes(32)], [bytes(32), *honest], [*honest, b""]]:
        with pytest.raises(ProofError):
            merkle.verify_inclusion(
                leaf_hash=HASHES[index], index=index, size=size, proof=proof, root=naive_root(0, size)
            )


@pytest.mark.parametrize(("index", "size"), [(-1, 4), (4, 4), (0, 0), (9, 4)])
def test_it_refuses_a_leaf_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(ProofError):
        merkle.verify_inclusion(leaf_hash=HASHES[0], index=index, size=size, proof=[], root=HASHES[0])
    with pytest.raises(ProofError):
        merkle.inclusion_proof(index, size, node)


@pytest.mark.parametrize(("old", "new"), [(1, 2), (3, 7), (4, 7), (6, 8), (100, 300), (256, 300)])
def test_it_refuses_every_changed_consistency_proof(old: int, new: int) -> None:
    honest = merkle.consistency_proof(old, new, node)
    flipped = [flip(honest, n) for n in range(len(honest))]
    for proof in [*flipped, honest[:-1], honest[1:], [], [*honest, bytes(32)], [bytes(32), *honest]]:
        with pytest.raises(ProofError):
            check_consistency(old, new, proof)


def test_it_refuses_that_a_tree_shrinks() -> None:
    with pytest.raises(ProofError):
        check_consistency(5, 4, [])
    with pytest.raises(ProofError):
        merkle.consistency_proof(5, 4, node)


def test_it_proves_nothing_from_an_empty_tree() -> None:
    with pytest.raises(ProofError):
        check_consistency(0, 4, [])


def test_it_lets_a_witness_begin_with_an_empty_tree() -> None:
    merkle.verify_consistency(
        old_size=0, new_size=4, old_root=merkle.EMPTY_ROOT, new_root=HASHES[0], proof=[], allow_empty=True
    )


@pytest.mark.parametrize(("old_root", "proof"), [(HASHES[0], []), (merkle.EMPTY_ROOT, [HASHES[0]])])
def test_it_refuses_a_wrong_beginning_even_from_a_witness(old_root: bytes, proof: list[bytes]) -> None:
    with pytest.raises(ProofError):
        merkle.verify_consistency(
            old_size=0, new_size=4, old_root=old_root, new_root=HASHES[0], proof=proof, allow_empty=True
        )


@pytest.mark.parametrize(("start", "end"), [(0, 7), (4, 6), (8, 13), (3, 3), (0, 0)])
def test_it_knows_a_subtree(start: int, end: int) -> None:
    assert merkle.is_subtree(start, end)


@pytest.mark.parametrize(("start", "end"), [(2, 5), (4, 9), (5, 4), (-1, 0)])
def test_it_knows_what_is_no_subtree(start: int, end: int) -> None:
    assert not merkle.is_subtree(start, end)


def test_it_refuses_the_root_of_what_is_no_subtree() -> None:
    with pytest.raises(FormatError):
        merkle.subtree_root(2, 5, node)

import pytest

from ledger_bridge.tlog import merkle
from ledger_bridge.tlog.consistency import Consistency
from ledger_bridge.tlog.errors import FormatError, ProofError

HASHES = [merkle.leaf_hash(b"%d" % n) for n in range(11)]
OLD, NEW = merkle.root(HASHES[:5]), merkle.root(HASHES)


@pytest.fixture
def proof() -> Consistency:
    hashes = merkle.consistency_proof(5, 11, lambda level, at: merkle.root(HASHES[at << level : (at + 1) << level]))
    return Consistency(5, 11, tuple(hashes))


def test_it_reads_what_it_wrote_and_holds(proof: Consistency) -> None:
    read = Consistency.parse(proof.marshal())
    assert read == proof
    read.check(OLD, NEW)


def test_it_holds_between_no_other_roots(proof: Consistency) -> None:
    for old, new in ((NEW, OLD), (OLD, OLD), (merkle.root(HASHES[:4]), NEW)):
        with pytest.raises(ProofError):
            proof.check(old, new)


@pytest.mark.parametrize(
    ("found", "instead"),
    [
        (b"ithaca-consistency/v1", b"ithaca-consistency/v2"),
        (b"old 5", b"old 05"),
        (b"old 5", b"old 0"),
        (b"old 5", b"old 11"),
        (b"new 11", b"new 4"),
        (b"old 5\n", b""),
        (b"=\n", b"\n"),
        (b"old", b"\xe9ld"),
    ],
)
def test_other_spellings_are_refused(proof: Consistency, found: bytes, instead: bytes) -> None:
    with pytest.raises(FormatError):
        Consistency.parse(proof.marshal().replace(found, instead, 1))


def test_what_is_cut_or_endless_is_refused(proof: Consistency) -> None:
    line = proof.marshal().splitlines(keepends=True)[-1]
    for data in (b"", proof.marshal()[:-1], proof.marshal() + b"\n", proof.marshal() + 200 * line, b"x" * 20_000):
        with pytest.raises(FormatError):
            Consistency.parse(data)

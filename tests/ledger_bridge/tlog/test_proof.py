import pytest

from ledger_bridge.tlog.errors import FormatError
from ledger_bridge.tlog.proof import TlogProof
from tests.fakes.ledger import small_ledger

PROOF = small_ledger().receipt(3)
DATA = PROOF.marshal()


def test_it_reads_what_it_wrote() -> None:
    assert TlogProof.parse(DATA) == PROOF


def test_it_does_without_extra() -> None:
    bare = TlogProof(0, (), PROOF.checkpoint_note)
    assert TlogProof.parse(bare.marshal()) == bare


def test_it_reads_as_the_specification_says() -> None:
    assert TlogProof(7, (bytes(32),), b"note").marshal() == (
        b"c2sp.org/tlog-proof@v1\nindex 7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\nnote"
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        DATA.replace(b"@v1", b"@v2"),
        DATA.split(b"\n\n")[0],
        DATA.split(b"\n\n")[0] + b"\n\n",
        DATA.replace(b"index 3", b"index 03"),
        DATA.replace(b"index 3", b"index -3"),
        DATA.replace(b"index 3\n", b""),
        DATA.replace(b"extra ", b"extra  "),
        DATA.replace(b"\nindex", b"\nextra AAAA\nindex"),
        DATA.replace(b"index 3\n", b"index 3\nAAAA\n"),
        DATA.replace(b"index 3\n", b"index 3\n" + b"A" * 43 + b"=\n" * 1 + (b"A" * 43 + b"=\n") * 63),
        b"\xff" + DATA,
    ],
)
def test_it_refuses_what_is_no_proof(data: bytes) -> None:
    with pytest.raises(FormatError):
        TlogProof.parse(data)

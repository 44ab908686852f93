"""Known answers of the C2SP and RFC 6962 formats, each made or checked by an implementation that is not ours.

Sources: the example of C2SP signed-note; the eight classic leaves of certificate transparency's tests, with roots and
proofs as Go's libraries give them; the worked sizes of C2SP tlog-tiles; `c2sp/mldsa44.json`, which
@noble/post-quantum signed. A checkpoint and a cosignature that Go verifies stand in
tests/ledger_bridge/tlog/test_checkpoint.py.
"""

import json
from pathlib import Path

import pytest

from ledger_bridge.tlog import merkle, tiles
from ledger_bridge.tlog.mldsa import MldsaSigner, MldsaVerifier
from ledger_bridge.tlog.note import Ed25519Verifier, VerifierKey, open_note

LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
HASHES = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES]
ROOTS = [
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
LEFT = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
RIGHT = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
MLDSA = json.loads((Path(__file__).parent / "c2sp" / "mldsa44.json").read_text())
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE_NOTE = """\
This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
"""


def node(level: int, index: int) -> bytes:
    return merkle.root(HASHES[index << level : (index + 1) << level])


@pytest.mark.parametrize("size", range(9))
def test_the_root_of_the_classic_leaves(size: int) -> None:
    assert merkle.root(HASHES[:size]).hex() == ROOTS[size]


def test_the_inclusion_proof_of_the_sixth_of_eight() -> None:
    known = ["bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b", RIGHT, LEFT]
    assert [one.hex() for one in merkle.inclusion_proof(5, 8, node)] == known


@pytest.mark.parametrize(
    ("old", "new", "known"),
    [
        (4, 7, ["837dbb152e9b079010717e84e865da4ebc0fa198a806d59d31bf15accef22d0e"]),
        (6, 8, ["0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a", RIGHT, LEFT]),
    ],
)
def test_consistency_proofs_of_the_classic_leaves(old: int, new: int, known: list[str]) -> None:
    assert [one.hex() for one in merkle.consistency_proof(old, new, node)] == known


def test_the_example_of_the_note_specification() -> None:
    verifier = Ed25519Verifier(VerifierKey.parse(EXAMPLE_KEY))
    assert open_note(EXAMPLE_NOTE.encode(), [verifier]).text == b"This is an example message.\n"


@pytest.mark.parametrize(
    ("size", "widths"),
    [
        (256, {(0, 0): 256, (1, 0): 1}),
        (70_000, {(0, 272): 256, (0, 273): 112, (1, 0): 256, (1, 1): 17, (2, 0): 1}),
    ],
)
def test_the_worked_tiles_of_the_specification(size: int, widths: dict[tuple[int, int], int]) -> None:
    assert {place: tiles.tile_width(*place, size) for place in widths} == widths


def test_a_seed_gives_the_ml_dsa_key_that_others_derive() -> None:
    signer = MldsaSigner.from_seed("ledger.example/clinic", bytes.fromhex(MLDSA["seed"]))
    assert signer.vkey == MLDSA["vkey"]


def test_an_ml_dsa_signature_made_by_others_verifies() -> None:
    key = VerifierKey.parse(MLDSA["vkey"])
    assert open_note(MLDSA["note"].encode(), [MldsaVerifier(key)]).signed_by(key)

"""What must hold for every entry, tree, note and proof."""

import string
from contextlib import suppress
from typing import Any

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger_bridge.tlog import entry, merkle, note, tiles
from ledger_bridge.tlog.errors import FormatError, ProofError
from ledger_bridge.tlog.note import Ed25519Verifier, Signer, open_note
from ledger_bridge.tlog.policy import Policy
from ledger_bridge.tlog.proof import TlogProof

SECRETS = st.binary(min_size=32, max_size=32)
HASHES = st.lists(SECRETS, min_size=1, max_size=70)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.text(st.characters(max_codepoint=127))
INTEGERS = st.integers(-entry.MAX_INTEGER, entry.MAX_INTEGER)
JSON = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
NAMES = st.builds(lambda a, b: a + b, st.sampled_from(string.ascii_lowercase), st.text("abz09_.", max_size=12))
FIELDS = st.dictionaries(NAMES, JSON, min_size=1, max_size=8)


@given(JSON)
def test_the_canonical_form_is_that_of_rfc_8785(value: Any) -> None:
    assert entry.canonical(value) == rfc8785.dumps(value)


@given(FIELDS, SECRETS, st.data())
def test_any_choice_of_hidden_fields_gives_the_same_commitment(fields: Any, seed: bytes, data: st.DataObject) -> None:
    hide = data.draw(st.sets(st.sampled_from(sorted(fields))))
    event = entry.disclose(index=0, tags={}, fields=fields, seed=seed, hide=hide)
    salts = b"".join(entry.salt(seed, name) for name in sorted(event["fields"]))
    hashes = entry.disclosed_hashes(event["fields"], salts)
    hashes |= {name: bytes.fromhex(value) for name, value in event["hidden"].items()}
    assert entry.commitment_from_hashes(hashes) == entry.commitment(fields, seed)


@given(FIELDS, SECRETS, st.data())
def test_another_value_gives_another_commitment(fields: Any, seed: bytes, data: st.DataObject) -> None:
    name, value = data.draw(st.sampled_from(sorted(fields))), data.draw(JSON)
    same = entry.canonical(value) == entry.canonical(fields[name])
    assert (entry.commitment({**fields, name: value}, seed) == entry.commitment(fields, seed)) == same


@given(HASHES, st.data())
def test_an_inclusion_proof_holds_for_its_leaf_alone(hashes: list[bytes], data: st.DataObject) -> None:
    size = len(hashes)
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(index, size, node_of(hashes))
    root = merkle.root(hashes)
    holds = verifies(leaf_hash=hashes[other], index=other, size=size, proof=proof, root=root)
    assert holds == (index == other) or hashes[index] == hashes[other]


@given(HASHES, st.data())
def test_a_tree_is_consistent_with_its_own_past_and_no_other(hashes: list[bytes], data: st.DataObject) -> None:
    size = len(hashes)
    old = data.draw(st.integers(1, size))
    proof = merkle.consistency_proof(old, size, node_of(hashes))
    rewritten = [*hashes[: old - 1], b"\0" * 31 + b"!"]
    for past, holds in ((hashes[:old], True), (rewritten, rewritten == hashes[:old])):
        try:
            merkle.verify_consistency(
                old_size=old, new_size=size, old_root=merkle.root(past), new_root=merkle.root(hashes), proof=proof
            )
        except ProofError:
            assert not holds
        else:
            assert holds


@given(HASHES, HASHES, HASHES)
def test_it_does_not_matter_how_leaves_are_batched(one: list[bytes], two: list[bytes], three: list[bytes]) -> None:
    frontier = merkle.Frontier()
    for batch in (one, two, three):
        frontier = merkle.Frontier.from_hashes(frontier.size, frontier.hashes())
        frontier.append_many(batch)
    assert frontier.root() == merkle.root([*one, *two, *three])


@given(st.integers(0, 63) | st.just("entries"), st.integers(0, 10**15), st.integers(1, 256))
def test_every_tile_path_comes_back(level: Any, index: int, width: int) -> None:
    assert tiles.parse_path(tiles.tile_path(level, index, width)) == tiles.Tile(level, index, width)


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_every_bundle_comes_back(entries: list[bytes]) -> None:
    assert tiles.decode_bundle(tiles.encode_bundle(entries)) == entries


@given(st.text(st.characters(exclude_categories=["Cs"], min_codepoint=32), min_size=1), SECRETS)
def test_every_text_can_be_signed_and_opened(text: str, seed: bytes) -> None:
    signer = Signer.from_seed("log.example", seed)
    body = text.encode() + b"\n"
    assert open_note(signer.sign(body), [Ed25519Verifier(signer.key)]).text == body


@given(st.binary(max_size=200))
def test_parsers_refuse_noise_with_an_error_of_ours(noise: bytes) -> None:
    text = noise.decode("latin-1")
    for parse in (note.parse, TlogProof.parse, tiles.decode_bundle):
        refuses_or_reads(parse, noise)
    for read in (Policy.parse, tiles.parse_path, note.VerifierKey.parse):
        refuses_or_reads(read, text)


def refuses_or_reads(parse: Any, data: Any) -> None:
    with suppress(FormatError):
        parse(data)


def node_of(hashes: list[bytes]) -> merkle.GetNode:
    return lambda level, index: merkle.root(hashes[index << level : (index + 1) << level])


def verifies(**arguments: Any) -> bool:
    try:
        merkle.verify_inclusion(**arguments)
    except ProofError:
        return False
    return True

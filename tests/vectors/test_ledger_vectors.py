"""The vectors that second implementations are held to (see tests/vectors/ledger/README.md)."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from ledger_bridge.tlog import entry, partial
from ledger_bridge.tlog.checkpoint import Checkpoint
from ledger_bridge.tlog.consistency import Consistency
from ledger_bridge.tlog.note import parse
from ledger_bridge.tlog.tags import Opening, Span
from tests.fakes.archives import members
from tests.vectors.ledger.generate import files
from verifier.__main__ import main

HERE = Path(__file__).parent / "ledger"
ENTRIES = json.loads((HERE / "entry.json").read_text())
VERDICTS = json.loads((HERE / "verdicts.json").read_text())


@pytest.mark.parametrize("number", range(len(ENTRIES)))
def test_an_entry_gives_its_commitment(number: int) -> None:
    one = ENTRIES[number]
    seed = bytes.fromhex(one["seed"])
    assert entry.commitment(one["fields"], seed).hex() == one["commitment"]
    assert {name: value.hex() for name, value in entry.field_hashes(one["fields"], seed).items()} == one["hashes"]


@pytest.mark.parametrize("number", range(len(ENTRIES)))
def test_an_entry_gives_its_leaf(number: int) -> None:
    one = ENTRIES[number]
    tags = [tag_of(one, slot, name) for slot, name in enumerate(entry.SLOTS)]
    assert entry.leaf(tags, bytes.fromhex(one["commitment"])).hex() == one["leaf"]


def tag_of(one: dict[str, Any], slot: int, name: str) -> bytes:
    known = one["slots"][name]
    if "pad" in known:
        return entry.pad(bytes.fromhex(one["seed"]), slot)
    return entry.tag(bytes.fromhex(known["key"]), known["number"])


@pytest.mark.parametrize("known", ["alone", "known"])
@pytest.mark.parametrize("name", sorted(VERDICTS))
def test_the_verifier_reaches_the_verdict(name: str, known: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [str(HERE / name), "--json", "--policy", str(HERE / "policy")]
    arguments += ["--known", str(HERE / "known-checkpoint")] if known == "known" else []
    status = main(arguments)
    assert {"status": status, "failure": json.loads(capsys.readouterr().out)["failure"]} == VERDICTS[name][known]


TAGS = json.loads((HERE / "tags.json").read_text())


def test_an_opening_gives_its_root_and_finds_every_tag() -> None:
    known = TAGS["openings"]
    span = Span(known["first"], known["leaves"])
    opening = Opening.read(span, io.BytesIO(bytes.fromhex(known["opening"])).read)
    opening.check_records()
    assert opening.root().hex() == known["root"]
    found = {tag: [list(place) for place in opening.find(bytes.fromhex(tag))] for tag in known["tags"]}
    assert found == known["tags"]


@pytest.mark.parametrize("number", range(len(TAGS["parts"])))
def test_a_part_of_a_tree_gives_its_roots(number: int) -> None:
    part = TAGS["parts"][number]
    leaves = {int(place): bytes.fromhex(value) for place, value in part["shown"].items()}
    hashes = [bytes.fromhex(one) for one in part["hashes"]]
    roots = partial.roots(part["size"], sorted(leaves), leaves, hashes, part["cuts"])
    assert {str(size): root.hex() for size, root in roots.items()} == part["roots"]


def test_a_proof_of_consistency_leads_from_one_checkpoint_to_the_other() -> None:
    old, new = (HERE / "known-checkpoint").read_bytes(), members((HERE / "trail.zip").read_bytes())["checkpoint"]
    before, after = (Checkpoint.parse(parse(note).text) for note in (old, new))
    Consistency.parse((HERE / "consistency").read_bytes()).check(before.root, after.root)


_WHOLE = {"checkpoint", "events.jsonl", "leaves.bin", "names.json", "policy", "scope.json"}
PROVEN = _WHOLE | {"log-hashes.bin", "some-leaves.bin", "span-tags.bin", "spans.jsonl"}


def test_the_vectors_are_those_that_the_generator_writes() -> None:
    for name, data in files().items():
        stored = (HERE / name).read_bytes()
        assert proven(stored) == proven(data) if name.endswith(".zip") else stored == data


def proven(archive: bytes) -> list[bytes]:
    """What is not a rendering: renderings may change without a new version of the format."""
    contents = members(archive)
    return [data for name, data in sorted(contents.items()) if name in PROVEN]

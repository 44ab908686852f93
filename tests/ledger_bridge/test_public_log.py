"""The log as everybody may read it, without an account."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from ledger_bridge.models import Leaf
from ledger_bridge.signing import log_signer
from ledger_bridge.tag_files.files import TagWriter
from ledger_bridge.tag_files.models import TagFile
from ledger_bridge.tlog import merkle
from ledger_bridge.tlog.checkpoint import Checkpoint
from ledger_bridge.tlog.consistency import Consistency
from ledger_bridge.tlog.note import parse
from ledger_bridge.tlog.policy import Policy
from ledger_bridge.tlog.tags import Span
from ledger_bridge.tlog.tiles import decode_bundle, node_reader, tile_path
from tests.fakes.tags import random_leaves, tag_file
from tests.ledger_bridge.conftest import Fill

pytestmark = pytest.mark.django_db


def get(path: str) -> Any:
    return Client().get(f"/ledger/{path}")


def test_the_checkpoint_is_text_for_a_moment(fill: Fill) -> None:
    fill(3)
    response = get("checkpoint")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Cache-Control"] == "public, max-age=1"


def test_the_checkpoint_holds_under_the_policy_that_is_offered(fill: Fill) -> None:
    fill(3)
    policy = Policy.parse(get("policy").content.decode())
    assert policy.check(get("checkpoint").content).checkpoint.size == 3


def test_there_is_no_checkpoint_of_nothing() -> None:
    assert get("checkpoint").status_code == 404


def test_the_key_is_offered_as_a_line() -> None:
    assert get("vkey").content.decode() == log_signer().vkey + "\n"


def test_a_stranger_can_rebuild_the_root_from_tiles(fill: Fill, settings: Any) -> None:
    settings.LEDGER_BATCH = 300
    fill(600)
    head = Checkpoint.parse(parse(get("checkpoint").content).text)

    def fetch(level: int, index: int, width: int) -> bytes:
        content: bytes = get(tile_path(level, index, width)).content
        return content

    assert merkle.subtree_root(0, head.size, node_reader(head.size, fetch)) == head.root


def test_a_bundle_holds_the_leaves_themselves(fill: Fill) -> None:
    fill(5)
    leaves = [bytes(data) for data in Leaf.objects.order_by("index").values_list("data", flat=True)]
    assert decode_bundle(get("tile/entries/000.p/5").content) == leaves


def test_a_tile_may_be_kept_for_good(fill: Fill) -> None:
    fill(5)
    response = get("tile/0/000.p/5")
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["Content-Type"] == "application/octet-stream"


def test_a_full_tile_has_256_hashes(fill: Fill) -> None:
    fill(256)
    assert len(get("tile/0/000").content) == 8192
    assert len(get("tile/1/000.p/1").content) == 32


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/000",  # not full
        "tile/0/000.p/4",  # no checkpoint ended there
        "tile/0/000.p/6",  # further than the log
        "tile/0/001.p/1",
        "tile/1/000.p/1",
        "tile/entries/000.p/4",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/05",
        "tile/00/000.p/5",
        "tile/64/000.p/5",
        "tile/0/0.p/5",
        "tile/0/x000/000.p/5",
        "tile/entries/000.p/5/",
        "tile/0/../000.p/5",
        "tile/-1/000",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
    ],
)
def test_what_no_checkpoint_implies_is_not_there(fill: Fill, path: str) -> None:
    fill(5)
    assert get(path).status_code == 404


def test_a_part_of_an_earlier_checkpoint_is_still_there(fill: Fill) -> None:
    fill(5)
    fill(2)
    assert len(get("tile/0/000.p/5").content) == 5 * 32


def test_nothing_is_accepted_there(fill: Fill) -> None:
    assert Client().post("/ledger/checkpoint").status_code == 405


def test_other_sites_may_read_it(fill: Fill) -> None:
    fill(1)
    assert get("tile/0/000.p/1")["Access-Control-Allow-Origin"] == "*"


def test_nobody_is_named_in_public(fill: Fill, alice: Any) -> None:
    fill(3, actor=alice)
    public = get("checkpoint").content + get("tile/entries/000.p/3").content
    assert alice.id.bytes not in public
    assert alice.ledger_id.encode() not in public


def test_sorted_tags_are_listed_and_served(fill: Fill, settings: Any, tmp_path: Path) -> None:
    settings.LEDGER_DIRECTORY = tmp_path
    fill(1)
    assert get("tags").content == b""
    file = tag_file(Span(0, 4096), random_leaves(4096))
    writer = TagWriter(file.span)
    writer.write(iter([file.records]), until=lambda: False)
    writer.finish()
    entry = Leaf.objects.get(index=0).entry_id
    TagFile.objects.create(first=0, leaves=4096, root=file.root, entry=entry)
    assert get("tags").content.decode() == f"0 4096 {file.root.hex()} 0\n"
    served = b"".join(get("tags/0-4096").streaming_content)
    assert served[: len(file.records)] == file.records
    assert [get(f"tags/{name}").status_code for name in ("4096-4096", "0-4095", "00-4096", "x")] == [404] * 4


def test_a_stranger_gets_a_proof_that_the_log_continues_what_they_know(fill: Fill) -> None:
    fill(3)
    before = Checkpoint.parse(parse(get("checkpoint").content).text)
    fill(4)
    after = Checkpoint.parse(parse(get("checkpoint").content).text)
    Consistency.parse(get("consistency/3-7").content).check(before.root, after.root)
    assert [get(f"consistency/{sizes}").status_code for sizes in ("3-8", "7-7", "0-7", "03-7", "7-3")] == [404] * 5

"""An attacker without the log's key: whatever he changes in a finished export shows at the manifest."""

import io
import struct
import zipfile
from collections.abc import Callable

import pytest

from tests.fakes.archives import flip, forge, members, pack
from tests.fakes.ledger import FakeLedger, small_ledger
from tests.verifier.conftest import WORKSPACE, Verify
from verifier.archive import MEMBERS

Refused = Callable[..., str]
ALL = sorted(MEMBERS)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_it_finds_a_changed_byte_behind_a_correct_checksum(
    archive: bytes, refused: Refused, name: str, place: str
) -> None:
    contents = members(archive)
    at = {"first": 0, "middle": len(contents[name]) // 2, "last": len(contents[name]) - 1}[place]
    contents[name] = flip(contents[name], at)
    assert refused(pack(contents)).startswith(f"member {name}")


@pytest.mark.parametrize("name", ALL)
def test_it_finds_a_byte_that_changed_on_the_way(archive: bytes, refused: Refused, name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        info = opened.getinfo(name)
    start = info.header_offset + 30 + sum(struct.unpack("<HH", archive[info.header_offset + 26 :][:4]))
    assert refused(flip(archive, start + info.compress_size // 2)).startswith(f"member {name}")


@pytest.mark.parametrize("name", ALL)
def test_it_misses_a_missing_member(archive: bytes, refused: Refused, name: str) -> None:
    contents = members(archive)
    del contents[name]
    assert refused(pack(contents)) == f"member {name}: it is missing"


@pytest.mark.parametrize("name", ALL)
def test_it_finds_an_emptied_member(archive: bytes, refused: Refused, name: str) -> None:
    assert refused(pack({**members(archive), name: b""})).startswith(f"member {name}")


def test_it_refuses_an_additional_member(archive: bytes, refused: Refused) -> None:
    assert "no such member" in refused(pack({**members(archive), "../../etc/cron.d/x": b"x"}))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_it_refuses_a_member_that_is_there_twice(archive: bytes, refused: Refused) -> None:
    out = io.BytesIO(archive)
    with zipfile.ZipFile(out, "a") as opened:
        opened.writestr("events.jsonl", b"")
    assert refused(out.getvalue()) == "member events.jsonl: it is in the archive more than once"


@pytest.mark.parametrize("kept", [1, 50, 90, 99])
def test_it_says_that_an_archive_was_cut(archive: bytes, refused: Refused, kept: int) -> None:
    assert "the archive is cut" in refused(archive[: 40 + (len(archive) - 40) * kept // 100])


def test_it_says_that_the_end_of_an_archive_is_missing(archive: bytes, refused: Refused) -> None:
    assert "the archive is cut" in refused(archive[:-1])


def test_it_refuses_an_encrypted_member(archive: bytes, refused: Refused) -> None:
    directory = archive.index(b"PK\x01\x02")
    assert "encrypted" in refused(flip(archive, directory + 8))


def test_it_refuses_an_unusual_compression(archive: bytes, refused: Refused) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_BZIP2) as opened:
        for name, data in members(archive).items():
            opened.writestr(name, data)
    assert "packed in a way" in refused(out.getvalue())


def test_it_refuses_a_member_that_expands_out_of_proportion(archive: bytes, refused: Refused) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, data in members(archive).items():
            opened.writestr(name, bytes(80 << 20) if name == "names.json" else data)
    assert refused(out.getvalue()) == "member names.json: it would expand out of all proportion"


def test_it_stops_reading_where_the_directory_lies_about_a_size(archive: bytes, refused: Refused) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, data in members(archive).items():
            opened.writestr(name, bytes(40 << 20) if name == "names.json" else data)
    small = struct.pack("<L", len(members(archive)["names.json"]))
    lying = bomb.getvalue().replace(struct.pack("<L", 40 << 20), small)
    assert refused(lying).startswith("member names.json: it is damaged")


def test_it_refuses_a_manifest_that_another_log_signed(archive: bytes, refused: Refused) -> None:
    assert "no signature by a key that is trusted" in refused(forge(archive, FakeLedger("evil.example").signer))


def test_a_foreign_policy_and_key_only_convince_those_who_bring_no_policy(verify: Verify, ledger: FakeLedger) -> None:
    foreign = small_ledger(origin="evil.example")
    forged = foreign.archive(foreign.trail(WORKSPACE))
    assert verify(forged).status == 0
    assert verify(forged, policy=ledger.policy).status == 1


def test_it_refuses_a_policy_that_is_none(verify: Verify, archive: bytes, ledger: FakeLedger) -> None:
    outcome = verify(forge(archive, ledger.signer, policy=b"trust everybody\n"))
    assert (outcome.status, outcome.failure[:21]) == (1, "member policy: policy")


@pytest.mark.parametrize(
    "text",
    [
        b"ithaca-trail/v2\nmembers\n",
        b"ithaca-trail/v1\nmembers\n",
        b"ithaca-trail/v1\nmembers\n" + b"0" * 64 + b" 1 manifest\n",
        b"ithaca-trail/v1\nmembers\nnonsense\n",
    ],
)
def test_it_refuses_a_manifest_of_another_form(
    archive: bytes, ledger: FakeLedger, refused: Refused, text: bytes
) -> None:
    forged = pack({**members(archive), "manifest": ledger.signer.sign(text)})
    assert refused(forged) == "member manifest: it does not list exactly the other members"

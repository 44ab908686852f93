"""Full tiles in files: written once, made again from the leaves, never believed more than the roots."""

import importlib
import multiprocessing
import os
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from ledger_bridge import proofs, tile_filling
from ledger_bridge.fsck.rolling import check_next, damage
from ledger_bridge.models import Checkpoint, Leaf, Tile, TreeState
from ledger_bridge.proofs import inclusion, read_leaves, read_tile, tile_from_database
from ledger_bridge.sequencer import full_tiles
from ledger_bridge.signing import sign_head
from ledger_bridge.tasks import store_tiles
from ledger_bridge.tile_store import DirectoryStore, FullTile, tile_store
from ledger_bridge.tlog import merkle
from ledger_bridge.tlog.checkpoint import Checkpoint as Head
from ledger_bridge.tlog.entry import LEAF_SIZE
from ledger_bridge.tlog.tiles import tile_root
from tests.ledger_bridge.conftest import Fill

SIZE = 600


@pytest.fixture
def log(db: None) -> None:
    """Two full tiles and a little more: leaves as the sequencer leaves them, whatever they say."""
    leaves = [number.to_bytes(2).rjust(LEAF_SIZE, b"\x01") for number in range(SIZE)]
    Leaf.objects.bulk_create(Leaf(index=place, entry_id=uuid4(), data=leaf) for place, leaf in enumerate(leaves))
    frontier = merkle.Frontier()
    grown = frontier.append_many(map(merkle.leaf_hash, leaves))
    Tile.objects.bulk_create(
        Tile(level=level, number=number, root=root) for level, number, root in full_tiles(0, grown)
    )
    TreeState.objects.update_or_create(id=1, defaults={"size": SIZE, "frontier": b"".join(frontier.hashes())})
    head = Head(settings.LEDGER_ORIGIN, SIZE, frontier.root())
    Checkpoint.objects.create(size=SIZE, root=head.root, note=sign_head(head).decode())


@pytest.fixture
def stored(log: None) -> Path:
    """The same, with its tiles in files; the directory that holds them."""
    store_tiles()
    return directory()


@pytest.fixture
def recorded(fill: Fill) -> Path:
    """The same, but of entries that were recorded."""
    fill(SIZE)
    store_tiles()
    return directory()


def directory() -> Path:
    store = tile_store()
    assert isinstance(store, DirectoryStore)
    return store._directory / "tile/0"


def hashes(number: int) -> bytes:
    return b"".join(merkle.leaf_hash(leaf) for leaf in read_leaves(number * 256, 256))


def damage_file(path: Path) -> bytes:
    changed = bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:]
    path.write_bytes(changed)
    return changed


def test_a_full_tile_becomes_a_file_under_its_public_path(stored: Path) -> None:
    assert sorted(path.name for path in stored.iterdir()) == ["000", "001"]
    assert (stored / "001").read_bytes() == hashes(1)
    assert list((stored.parents[1] / "incoming").iterdir()) == []


def test_the_public_log_serves_the_file(stored: Path) -> None:
    changed = damage_file(stored / "001")
    assert Client().get("/ledger/tile/0/001").content == changed


def test_before_it_is_stored_everybody_reads_the_same(log: None) -> None:
    assert not directory().exists()
    assert read_tile(0, 1, 256) == hashes(1)
    assert Client().get("/ledger/tile/0/001").content == hashes(1)


@pytest.mark.django_db
def test_a_tile_above_is_made_of_the_roots_below() -> None:
    roots = [bytes([number]) * 32 for number in range(256)]
    Tile.objects.bulk_create(Tile(level=0, number=number, root=root) for number, root in enumerate(roots))
    Tile.objects.create(level=1, number=0, root=merkle.root(roots))
    made = [tile for tile in tile_filling._completed(range(192, 256)) if tile.level]
    assert made == [FullTile(1, 0, b"".join(roots))]


def test_a_stored_tile_is_never_written_again(stored: Path) -> None:
    before = (stored / "000").stat()
    (stored.parents[1] / "reached").unlink()
    store_tiles()
    after = (stored / "000").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_only_what_is_new_is_looked_at(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    TreeState.objects.update(size=3 * 256)
    seen: list[range] = []
    monkeypatch.setattr(tile_filling, "_completed", lambda numbers: iter(seen.append(numbers) or ()))  # type: ignore[func-returns-value]
    store_tiles()
    assert seen == [range(2, 3)]


def test_other_bytes_in_its_place_are_an_alarm_and_stay(log: None, caplog: pytest.LogCaptureFixture) -> None:
    directory().mkdir(parents=True)
    (directory() / "001").write_bytes(b"something else")
    store_tiles()
    assert (directory() / "001").read_bytes() == b"something else"
    assert [problem.where for problem in damage()] == ["tile 0/1"]
    assert "tile 0/1: its file holds other bytes" in caplog.text
    assert (directory() / "000").read_bytes() == hashes(0)


def test_leaves_that_do_not_make_the_root_are_not_stored(log: None, caplog: pytest.LogCaptureFixture) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE ledger_bridge_tile SET root = sha256('x') WHERE number = 1")
        cursor.execute("SET session_replication_role = DEFAULT")
    store_tiles()
    assert [path.name for path in directory().iterdir()] == ["000"]
    assert "tile 0/1 do not agree" in caplog.text


def test_a_proof_is_right_whatever_a_damaged_file_says(stored: Path, caplog: pytest.LogCaptureFixture) -> None:
    proof = inclusion(300, SIZE)
    damage_file(stored / "001")
    assert inclusion(300, SIZE) == proof
    assert "ledger_tiles" in caplog.text
    assert proofs.consistency(300, SIZE)


def test_a_cut_file_is_read_as_none(stored: Path) -> None:
    (stored / "001").write_bytes(hashes(1)[:100])
    assert read_tile(0, 1, 256) == hashes(1)


@pytest.mark.parametrize("index", [0, 255, 256, 511, 512, SIZE - 1])
def test_every_leaf_is_proven_with_files_and_without(stored: Path, index: int) -> None:
    for size in (SIZE, 550):
        if index < size:
            merkle.verify_inclusion(
                leaf_hash=merkle.leaf_hash(read_leaves(index, 1)[0]),
                index=index,
                size=size,
                proof=inclusion(index, size),
                root=proofs.root_at(size),
            )
    assert proofs.root_at(SIZE) == bytes(Checkpoint.objects.latest().root)


def test_a_proof_takes_one_query(stored: Path, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        inclusion(300, SIZE)


def test_a_lost_file_is_found_and_made_again(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (recorded / "001").unlink()
    with pytest.raises(SystemExit):
        call_command("ledger_fsck")
    assert "tile 0/1: its file is gone" in capsys.readouterr().out
    call_command("ledger_tiles")
    assert (recorded / "001").read_bytes() == hashes(1)
    call_command("ledger_fsck")


def test_a_damaged_file_is_shown_and_replaced_only_when_asked(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = damage_file(stored / "001")
    with pytest.raises(SystemExit):
        call_command("ledger_tiles")
    assert "tile 0/1 holds other bytes" in capsys.readouterr().out
    assert (stored / "001").read_bytes() == changed
    call_command("ledger_tiles", replace=True)
    assert (stored / "001").read_bytes() == hashes(1)
    assert [path.read_bytes() for path in stored.glob("001.damaged-*")] == [changed]


def test_the_check_that_never_ends_finds_a_damaged_file(recorded: Path) -> None:
    damage_file(recorded / "000")
    check_next()
    assert [problem.where for problem in damage()] == ["tile 0/0"]


def test_a_store_that_cannot_be_written_is_a_sentence(log: None, settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings.LEDGER_TILES = str(tmp_path / "file")
    with pytest.raises(CommandError, match="LEDGER_TILES"):
        call_command("ledger_tiles")


def test_another_machine_finds_the_tiles_in_shared_storage(log: None, settings: Any, tmp_path: Path) -> None:
    settings.LEDGER_TILES = str(tmp_path / "shared")
    store_tiles()
    settings.LEDGER_DIRECTORY = tmp_path / "another machine"
    assert tile_store().read(0, 1) == hashes(1)
    assert tile_store().reached() == 2


def test_another_machine_without_it_makes_its_own(stored: Path, settings: Any, tmp_path: Path) -> None:
    settings.LEDGER_DIRECTORY = tmp_path / "another machine"
    assert tile_store().read(0, 1) is None
    store_tiles()
    assert tile_store().read(0, 1) == hashes(1)


def test_a_successor_does_not_take_the_tiles_for_its_own(stored: Path, settings: Any) -> None:
    settings.LEDGER_ORIGIN = "example.org/next"
    assert tile_store().read(0, 1) is None


def test_processes_that_write_the_same_at_once_agree(tmp_path: Path) -> None:
    tiles = [FullTile(0, number, bytes([number]) * 8192) for number in range(40)]
    context = multiprocessing.get_context("fork")
    wrong = context.Queue()
    processes = [context.Process(target=_write_all, args=(tmp_path, tiles, wrong)) for _ in range(3)]
    for process in processes:
        process.start()
    assert [wrong.get(timeout=30) for _ in processes] == [0, 0, 0]
    for process in processes:
        process.join()
    assert all(DirectoryStore(tmp_path).read(0, tile.number) == tile.hashes for tile in tiles)
    assert list((tmp_path / "incoming").iterdir()) == []


def _write_all(place: Path, tiles: list[FullTile], wrong: Any) -> None:
    wrong.put(len(DirectoryStore(place).write(tiles)))


def test_what_a_dead_process_left_is_swept_an_hour_later(tmp_path: Path) -> None:
    (tmp_path / "incoming").mkdir()
    for name, age in (("old", 4_000), ("new", 10)):
        (tmp_path / "incoming" / name).touch()
        os.utime(tmp_path / "incoming" / name, (0, time.time() - age))
    DirectoryStore(tmp_path).write([FullTile(0, 0, bytes(8192))])
    assert [path.name for path in (tmp_path / "incoming").iterdir()] == ["new"]


def test_going_back_puts_the_hashes_into_the_table(log: None) -> None:
    # The reverse of a migration that is nothing but SQL, within the transaction of the test.
    sql = importlib.import_module("ledger_bridge.migrations.0015_tiles_in_files")
    with connection.cursor() as cursor:
        cursor.execute(sql.PUT_BACK)
        cursor.execute("SELECT hashes FROM ledger_bridge_tile WHERE level = 0 AND number = 1")
        assert bytes(cursor.fetchone()[0]) == tile_from_database(0, 1, 256)
        cursor.execute(sql.DROP)
    assert tile_root(hashes(1)) == bytes(Tile.objects.get(level=0, number=1).root)

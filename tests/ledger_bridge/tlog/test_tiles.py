from hashlib import sha256

import pytest

from ledger_bridge.tlog import merkle, tiles
from ledger_bridge.tlog.errors import FormatError
from ledger_bridge.tlog.tiles import Tile

SIZE = 70_000
HASHES = [sha256(b"%d" % n).digest() for n in range(SIZE)]


def build_levels() -> list[list[bytes]]:
    frontier = merkle.Frontier()
    return frontier.append_many(HASHES)


LEVELS = build_levels()


def read_tile(level: int, index: int, width: int) -> bytes:
    row = LEVELS[level * 8]
    return b"".join(row[index * 256 : index * 256 + width])


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1000), "tile/0/x001/000"),
        (Tile(3, 1_234_067), "tile/3/x001/x234/067"),
        (Tile(63, 10**9), "tile/63/x001/x000/x000/000"),
        (Tile(1, 0, 1), "tile/1/000.p/1"),
        (Tile(0, 273, 112), "tile/0/273.p/112"),
        (Tile("entries", 7, 255), "tile/entries/007.p/255"),
        (Tile("entries", 10**12), "tile/entries/x001/x000/x000/x000/000"),
    ],
)
def test_it_writes_and_reads_paths(tile: Tile, path: str) -> None:
    assert tiles.tile_path(tile.level, tile.index, tile.width) == path
    assert tiles.parse_path(path) == tile


@pytest.mark.parametrize(
    "path",
    ["", "tile/0/0", "tile/00/000", "tile/64/000", "tile/-1/000", "tile/0/x000/001", "tile/0/001/002", "tile/0/000.p/0",
     "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000/", "/tile/0/000", "tile/0/x001", "tile/0/1000", "tile/data/000",
     "tile/0/\u0660\u0660\u0660", "tile/0/000\n", "tile/0/000.p/", "tile/0/X001/000"],
)  # fmt: skip
def test_it_refuses_other_paths(path: str) -> None:
    with pytest.raises(FormatError):
        tiles.parse_path(path)


@pytest.mark.parametrize(("level", "index", "width"), [(0, -1, 256), (0, 0, 0), (0, 0, 257), (64, 0, 1), (-1, 0, 1)])
def test_it_names_no_impossible_tile(level: int, index: int, width: int) -> None:
    with pytest.raises(FormatError):
        tiles.tile_path(level, index, width)


def test_it_knows_the_tiles_of_the_specification() -> None:
    widths = {
        (level, index): tiles.tile_width(level, index, SIZE)
        for level, index in [(0, 272), (0, 273), (0, 274), (1, 0), (1, 1), (2, 0), (3, 0)]
    }
    assert list(widths.values()) == [256, 112, 0, 256, 17, 1, 0]


def test_a_full_tile_begins_the_next_level() -> None:
    assert list(tiles.tiles_between(0, 256)) == [Tile(0, 0, 256), Tile(1, 0, 1)]


def test_it_names_what_a_growing_log_has_to_publish() -> None:
    assert list(tiles.tiles_between(255, 513)) == [Tile(0, 0), Tile(0, 1), Tile(0, 2, 1), Tile(1, 0, 2)]


def test_nothing_is_published_when_nothing_grew() -> None:
    assert list(tiles.tiles_between(300, 300)) == []


@pytest.mark.parametrize("size", [*range(1, SIZE, 4999), 255, 256, 257, 65_535, 65_536, 65_537, SIZE])
def test_proofs_from_tiles_verify(size: int) -> None:
    root = merkle.root(HASHES[:size])
    for index in {0, size // 3, size - 1}:
        proof = merkle.inclusion_proof(index, size, tiles.node_reader(size, read_tile))
        merkle.verify_inclusion(leaf_hash=HASHES[index], index=index, size=size, proof=proof, root=root)


@pytest.mark.parametrize(("level", "index"), [(0, 0), (3, 5), (8, 272), (9, 135), (16, 0), (7, 545)])
def test_it_folds_a_node_from_its_tile(level: int, index: int) -> None:
    assert tiles.node_from_tiles(level, index, SIZE, read_tile) == LEVELS[level][index]


@pytest.mark.parametrize(("level", "index"), [(0, SIZE), (17, 0), (16, 1), (8, 273)])
def test_it_refuses_a_node_that_is_not_complete(level: int, index: int) -> None:
    with pytest.raises(FormatError):
        tiles.node_from_tiles(level, index, SIZE, read_tile)


def test_it_refuses_a_short_tile() -> None:
    with pytest.raises(FormatError):
        tiles.node_from_tiles(0, 1, SIZE, lambda *_: bytes(32))


def test_bundles_come_back() -> None:
    entries = [b"", b"a", bytes(97), bytes(65_535)]
    assert tiles.decode_bundle(tiles.encode_bundle(entries)) == entries


def test_it_refuses_an_entry_that_is_too_long() -> None:
    with pytest.raises(FormatError):
        tiles.encode_bundle([bytes(65_536)])


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x02a", b"\x00\x01ab", b"\x00\x00" * 257])
def test_it_refuses_a_damaged_bundle(data: bytes) -> None:
    with pytest.raises(FormatError):
        tiles.decode_bundle(data)

"""Looking into archives while they pass by: sound ones, and those that somebody made to do harm."""

import bz2
import io
import lzma
import os
import random
import stat
import subprocess
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from zipstream import ZipStream

from tests.needs import needs
from tests.workspaces.inspection.archives import (
    LIMITS,
    directory_of,
    forty_two,
    hiding,
    look_into,
    nested,
    overlapping,
    packed,
    tarred,
    with_list,
    zipped,
)
from workspaces.inspection import Found, Inspector, Limits, State

MIB = 1024 * 1024
SOME = [("visit 1/notes.txt", b"well\n" * 500), ("visit 1/scan.bin", os.urandom(70_000)), ("empty", b"")]
SIZE = sum(len(content) for _, content in SOME)


def state(found: Found | None) -> tuple[State, str]:
    assert found is not None
    return found.state, found.finding


SOUND = {
    "zip": zipped(SOME),
    "stored zip": zipped(SOME, method=zipfile.ZIP_STORED),
    "streamed zip": zipped(SOME, streamed=True),
    "streamed and stored zip": zipped(SOME, method=zipfile.ZIP_STORED, streamed=True),
    "zip with a comment": zipped(SOME, comment=b"from the ward"),
    "pax": tarred(SOME),
    "GNU tar": tarred(SOME, form=tarfile.GNU_FORMAT),
    "ustar": tarred(SOME, form=tarfile.USTAR_FORMAT),
    "packed tar": packed(tarred(SOME)),
}


@pytest.mark.parametrize("name", SOUND)
@pytest.mark.parametrize("piece", [1, 13, 512, 65_536])
def test_a_sound_archive_is_looked_into_however_it_comes(name: str, piece: int) -> None:
    assert look_into(SOUND[name], piece=piece) == Found(State.SOUND, "", 3, SIZE)


def test_what_our_own_downloads_look_like_is_sound() -> None:
    stream = ZipStream(sized=True)
    for name, content in SOME:
        stream.add(content, name)
    assert look_into(b"".join(stream)) == Found(State.SOUND, "", 3, SIZE)


@needs("zip")
@pytest.mark.parametrize("options", [[], ["-0"], ["-fd"], ["-fz"]])
def test_what_info_zip_makes_is_sound(tmp_path: Path, options: list[str]) -> None:
    (tmp_path / "größe.txt").write_bytes(b"1,2\n" * 100)
    (tmp_path / "b").mkdir()
    subprocess.run(["zip", "-qr", *options, "a.zip", "größe.txt", "b"], cwd=tmp_path, check=True)
    assert state(look_into((tmp_path / "a.zip").read_bytes())) == (State.SOUND, "")


def test_long_zip_forms_are_understood() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive, archive.open("x", "w", force_zip64=True) as entry:
        entry.write(b"hello")
    assert look_into(made.getvalue()) == Found(State.SOUND, "", 1, 5)


def test_long_names_of_tar_are_understood() -> None:
    entries = [("folder/" * 30 + "größe", b"x")]
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        assert look_into(tarred(entries, form=form)) == Found(State.SOUND, "", 1, 1)


def test_an_empty_archive_is_sound() -> None:
    assert look_into(zipped([])) == Found(State.SOUND, "", 0, 0)


@pytest.mark.parametrize("content", [b"", b"P", b"PK\3", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n", bytes(2000)], ids=str)
def test_what_is_no_archive_is_left_alone(content: bytes) -> None:
    assert look_into(content) is None


def test_an_office_document_is_told_by_its_parts() -> None:
    parts = [("[Content_Types].xml", b"<Types/>"), ("xl/workbook.xml", b"<workbook/>")]
    found = look_into(zipped(parts))
    assert found
    assert found.office == "xl"
    assert look_into(zipped(parts[1:])).office == ""  # type: ignore[union-attr]
    assert look_into(zipped([("a.zip", zipped(parts))])).office == ""  # type: ignore[union-attr]


# Bombs ------------------------------------------------------------------------------------------------------------


BOMBS = {
    "zip": lambda: zipped([("0", bytes(80 * MIB))]),
    "gzip": lambda: packed(bytes(80 * MIB)),
    "gzip in gzip": lambda: packed(packed(bytes(80 * MIB))),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_stopped_by_its_ratio(name: str) -> None:
    found = look_into(BOMBS[name]())
    assert state(found) == (State.UNSEEN, "It unpacks to more than 100 times its size.")
    assert found
    assert found.unpacked < 70 * MIB


def test_a_bomb_needs_little_memory() -> None:
    bomb = zipped([("0", bytes(80 * MIB))])
    tracemalloc.start()
    try:
        look_into(bomb)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2 * MIB


def test_an_archive_of_archives_of_zeros_is_stopped() -> None:
    small, limits = forty_two(width=8, depth=2), Limits(entries=1000, unpacked=64 * MIB, ratio=10**6, depth=4)
    assert len(small) < 10_000
    assert state(look_into(small, limits=limits)) == (State.UNSEEN, "It unpacks to more than 64 MiB.")
    assert state(look_into(small)) == (State.UNSEEN, "There are archives in archives in it, more than 2 deep.")


@pytest.mark.parametrize("depth", [1, 2])
def test_archives_in_archives_are_looked_into(depth: int) -> None:
    assert state(look_into(nested(depth))) == (State.SOUND, "")


def test_archives_deeper_than_that_are_not() -> None:
    for bomb in (nested(3), packed(packed(packed(b"x"))), packed(tarred([("a.zip", nested(2))]))):
        assert state(look_into(bomb)) == (State.UNSEEN, "There are archives in archives in it, more than 2 deep.")


def test_too_many_entries_are_too_many() -> None:
    many = [(str(number), b"") for number in range(101)]
    for bomb in (zipped(many), tarred(many), packed(tarred(many)), zipped([("a.zip", zipped(many))])):
        assert state(look_into(bomb)) == (State.UNSEEN, "It holds more than 100 entries.")


def test_a_long_file_that_was_compressed_by_itself_is_ordinary() -> None:
    limits = Limits(entries=10, unpacked=MIB, ratio=100, depth=2)
    assert state(look_into(packed(os.urandom(2 * MIB)), limits=limits))[0] == State.LARGE
    assert state(look_into(packed(tarred([("a", os.urandom(2 * MIB))])), limits=limits))[0] == State.UNSEEN


def test_zeros_behind_the_end_of_a_packed_archive_count_too() -> None:
    assert state(look_into(packed(tarred([("a", b"1")]) + bytes(80 * MIB))))[0] == State.UNSEEN


def test_a_million_tiny_pieces_are_too_many() -> None:
    assert state(look_into(packed(b"") * 100_001))[0] == State.LARGE


# Names, links, and entries that are not what they seem ------------------------------------------------------------

OUTSIDE = [
    "../x",
    "a/../../x",
    "..",
    "..\\x",
    "a\\..\\..\\x",
    "/etc/passwd",
    "\\x",
    "C:\\x",
    "c:x",
    "//host/share",
    ". ./../x",
]


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_name_that_leads_out_is_unsafe(name: str) -> None:
    assert state(look_into(zipped([(name, b"x")])))[0] == State.UNSAFE
    assert state(look_into(tarred([(name, b"x")])))[0] == State.UNSAFE
    assert state(look_into(packed(tarred([("fine", b""), (name, b"x")]))))[0] == State.UNSAFE
    assert state(look_into(zipped([("inner.zip", zipped([(name, b"x")]))])))[0] == State.UNSAFE


@pytest.mark.parametrize("name", ["a..b", "...", "a/...", "visit 1/..notes", "C", "ä:"])
def test_a_name_that_only_looks_like_it_is_not(name: str) -> None:
    assert state(look_into(zipped([(name, b"x")]))) == (State.SOUND, "")


def test_the_second_name_of_an_entry_counts_as_well() -> None:
    made = io.BytesIO()
    entry = zipfile.ZipInfo("fine")
    entry.extra = b"\x75\x70" + (5 + 5).to_bytes(2, "little") + b"\1\0\0\0\0" + b"../ab"
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(entry, b"")
    assert state(look_into(made.getvalue()))[0] == State.UNSAFE


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_in_a_zip_are_unsafe(kind: int) -> None:
    made, entry = io.BytesIO(), zipfile.ZipInfo("link")
    entry.create_system, entry.external_attr = 3, (kind | 0o777) << 16
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(entry, b"/etc")
    assert state(look_into(made.getvalue()))[0] == State.UNSAFE


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar_are_unsafe(kind: bytes) -> None:
    assert state(look_into(tarred([("a", b"")], type=kind, linkname="/etc")))[0] == State.UNSAFE


def test_entries_that_share_their_content_are_unsafe() -> None:
    assert len(zipfile.ZipFile(io.BytesIO(overlapping(50))).namelist()) == 50
    assert state(look_into(overlapping(50)))[0] == State.UNSAFE


def test_an_entry_that_begins_inside_another_is_unsafe() -> None:
    inner = zipped([("inner", b"evil")])
    outer = zipped([("outer", inner)], method=zipfile.ZIP_STORED)
    start, record = directory_of(outer[outer.index(inner) + len(inner) :])
    start += outer.index(inner) + len(inner)
    _, hidden = directory_of(inner)
    at = outer.index(inner).to_bytes(4, "little")
    assert state(look_into(with_list(outer[:start], [record, hidden[:42] + at + hidden[46:]])))[0] == State.UNSAFE


def test_an_entry_that_the_list_does_not_name_is_unsafe() -> None:
    assert state(look_into(hiding(b"fine", b"evil")))[0] == State.UNSAFE


def test_a_list_with_other_names_is_unsafe() -> None:
    archive = zipped([("letter.pdf", b"x")])
    start, record = directory_of(archive)
    assert (
        state(look_into(with_list(archive[:start], [record.replace(b"letter.pdf", b"letter.exe")])))[0] == State.UNSAFE
    )


def test_a_length_that_is_not_true_is_unsafe() -> None:
    archive = bytearray(zipped([("a", b"x" * 100)]))
    archive[22:26] = (5).to_bytes(4, "little")
    assert state(look_into(bytes(archive)))[0] == State.UNSAFE


def test_something_behind_the_end_is_unsafe() -> None:
    for archive in (zipped(SOME), packed(b"x")):
        assert state(look_into(archive + b"MZ a program"))[0] == State.UNSAFE
    assert state(look_into(zipped(SOME) + zipped(SOME)))[0] == State.UNSAFE
    assert state(look_into(zipped(SOME, comment=b"PK\5\6" + bytes(18))))[0] == State.UNSAFE


def test_padding_behind_a_packed_file_is_fine() -> None:
    assert state(look_into(packed(b"x") + bytes(1000))) == (State.SOUND, "")


# What cannot be looked into ---------------------------------------------------------------------------------------


def test_an_encrypted_archive_says_so() -> None:
    archive = bytearray(zipped(SOME))
    archive[6] |= 1
    assert state(look_into(bytes(archive))) == (
        State.UNSEEN,
        "It is encrypted: nobody can see what is in it without the password.",
    )


@pytest.mark.parametrize("name", SOUND)
def test_an_archive_that_is_cut_off_says_so_wherever_it_was_cut(name: str) -> None:
    archive, ends = SOUND[name], 1024 if "tar" in name or name in {"pax", "ustar"} else 0
    whole = len(archive.rstrip(b"\0")) + ends if ends and "packed" not in name else len(archive)
    for cut in random.Random(7).sample(range(600, whole - 1024 if ends else whole), 40):
        found = look_into(archive[:cut])
        assert found is not None
        assert found.state in {State.UNSEEN, State.UNSAFE}, cut


OTHERS = {
    "bzip2": bz2.compress(b"x"),
    "xz": lzma.compress(b"x"),
    "7-Zip": b"7z\xbc\xaf\x27\x1c\0\4",
    "RAR": b"Rar!\x1a\x07\1\0",
}


@pytest.mark.parametrize("name", OTHERS)
def test_archives_of_other_kinds_say_so(name: str) -> None:
    assert state(look_into(OTHERS[name])) == (State.UNSEEN, f"Archives of this kind are not understood here: {name}.")
    assert state(look_into(zipped([("inner", OTHERS[name])])))[0] == State.UNSEEN


def test_an_entry_that_is_compressed_otherwise_says_so_and_the_rest_is_looked_into() -> None:
    found = look_into(zipped([("a", b"x" * 1000)], method=zipfile.ZIP_BZIP2))
    assert state(found) == (
        State.UNSEEN,
        "Some of it is compressed in a way that is not understood here (method 12).",
    )


def test_a_tar_with_holes_says_so() -> None:
    assert state(look_into(tarred([("a", b"x")], pax_headers={"GNU.sparse.realsize": "1"})))[0] == State.UNSEEN
    assert state(look_into(tarred([("a", b"")], type=b"S")))[0] == State.UNSEEN


def test_a_size_that_is_nonsense_is_damage() -> None:
    assert state(look_into(tarred([("a", b"x")], pax_headers={"size": "-1"})))[0] == State.UNSEEN
    assert state(look_into(tarred([("a", b"x")], pax_headers={"size": "9" * 30})))[0] == State.UNSEEN


# Whatever comes ---------------------------------------------------------------------------------------------------


def test_no_archive_however_damaged_makes_looking_fail() -> None:
    chance = random.Random(42)
    seeds = [*SOUND.values(), nested(2), forty_two(2, 1), overlapping(3), hiding(b"a", b"b")]
    seeds = [seed for seed in seeds if len(seed) < 80_000]
    for _ in range(600):
        archive = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 5)):
            damage(chance, archive)
        inspector = Inspector(LIMITS)
        for at in range(0, len(archive), 4096):
            inspector.update(bytes(archive[at : at + 4096]))
        found = inspector.finish()
        assert found is None or len(found.finding) < 200


def damage(chance: random.Random, archive: bytearray) -> None:
    at = chance.randrange(len(archive) or 1)
    match chance.randrange(5):
        case 0:
            archive[at : at + 1] = bytes([chance.randrange(256)])
        case 1:
            archive[at : at + 4] = chance.choice([b"\xff" * 4, bytes(4), b"PK\3\4", b"PK\1\2", b"PK\7\x08"])
        case 2:
            del archive[at : at + chance.randint(1, 64)]
        case 3:
            archive[at:at] = chance.randbytes(chance.randint(1, 64))
        case _:
            del archive[at:]

"""Whoever holds the stored bytes may change them as they like: it is found before one wrong byte leaves.

Exhaustive at the edges of segments, random elsewhere (a failure prints its seed; STORAGE_SEED=… repeats it).
"""

import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations, islice
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from accounts.models import User
from core.errors import DamagedContent
from tests.ceph import ACCESS_KEY, SECRET_KEY
from tests.fakes.s3 import Thing, bucket_in_memory
from tests.workspaces.conftest import last_entry, put, read
from workspaces import services
from workspaces.crypt4gh import (
    CIPHER_SEGMENT,
    SEGMENT,
    Crypt4ghError,
    SealedBody,
    SealingWriter,
    new_data_key,
)
from workspaces.events import VersionDamaged
from workspaces.models import Version, Workspace
from workspaces.storage import BlobStore, blob_store

SEED = int(os.environ.get("STORAGE_SEED", random.SystemRandom().randrange(2**32)))
CONTENT = random.Random(1).randbytes(2 * SEGMENT + 1000)
NONCE, TAG = 12, 16


@dataclass
class Shelf:
    """The stored bytes, as whoever holds the disk or the bucket sees them."""

    take: Callable[[UUID], bytes]
    put: Callable[[UUID, bytes], object]
    remove: Callable[[UUID], object]
    # The directory sees every attack; over HTTP each costs two requests, so the bucket sees one in `every`.
    every: int = 1


@pytest.fixture(params=["directory", "bucket"])
def shelf(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Iterator[Shelf]:
    if request.param == "directory":
        settings.BLOB_DIRECTORY = tmp_path / "blobs"

        def path(name: UUID) -> Path:
            return tmp_path / "blobs" / name.hex[0] / name.hex[1] / name.hex

        yield Shelf(lambda n: path(n).read_bytes(), lambda n, b: path(n).write_bytes(b), lambda n: path(n).unlink())
        return
    with bucket_in_memory() as bucket:
        keys = {"style": "path", "access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
        settings.BLOB_BUCKET = {"bucket": "bucket", "endpoint": bucket.address, **keys}
        objects = bucket.objects
        yield Shelf(
            lambda n: objects[f"blobs/{n.hex}"].body,
            lambda n, b: objects.update({f"blobs/{n.hex}": Thing(b)}),
            lambda n: objects.pop(f"blobs/{n.hex}"),
            every=13,
        )


def seal(store: BlobStore, content: bytes, key: bytes) -> UUID:
    blob = store.create()
    with SealingWriter(key, blob.write) as writer:
        writer.update(content)
        writer.finish()
    blob.commit()
    return blob.name


def what_leaves(store: BlobStore, name: UUID, key: bytes, size: int) -> tuple[bytes, bool]:
    """Read as a download does; return what came out, and whether it ended with an error."""
    left = b""
    try:
        for block in SealedBody(store.reader(name), key=key, body_size=size).iter_range(0, len(CONTENT)):
            left += block
    except (Crypt4ghError, DamagedContent):
        return left, True
    return left, False


def flips(body: bytes) -> Iterator[bytes]:
    """Flip every bit of every nonce and tag, and of the bytes beside them; and a hundred bits elsewhere."""
    places: set[int] = set()
    for start in range(0, len(body), CIPHER_SEGMENT):
        stop = min(start + CIPHER_SEGMENT, len(body))
        places |= {*range(start, start + NONCE + 2), *range(stop - TAG - 2, stop)}
    bits = [(place, bit) for place in sorted(places) for bit in range(8)]
    dice = random.Random(SEED)
    bits += [(dice.randrange(len(body)), dice.randrange(8)) for _ in range(100)]
    for place, bit in bits:
        yield body[:place] + bytes([body[place] ^ 1 << bit]) + body[place + 1 :]


def segments(body: bytes) -> list[bytes]:
    return [body[at : at + CIPHER_SEGMENT] for at in range(0, len(body), CIPHER_SEGMENT)]


def swaps(body: bytes) -> Iterator[bytes]:
    """Put segments into every other order, double each, and leave each out."""
    parts = segments(body)
    for first, second in combinations(range(len(parts)), 2):
        swapped = list(parts)
        swapped[first], swapped[second] = parts[second], parts[first]
        yield b"".join(swapped)
    for at, part in enumerate(parts):
        yield b"".join([*parts[:at], part, *parts[at:]])
        yield b"".join([*parts[:at], *parts[at + 1 :]])


def cuts(body: bytes) -> Iterator[bytes]:
    dice = random.Random(SEED)
    edges = {0, 1, len(body) - 1}
    for start in range(CIPHER_SEGMENT, len(body), CIPHER_SEGMENT):
        edges |= {start - TAG, start - 1, start, start + 1, start + NONCE, start + NONCE + TAG}
    for length in sorted(edges | {dice.randrange(len(body)) for _ in range(20)}):
        yield body[:length]
        if length:
            yield body[length:]
            yield bytes(length) + body[length:]
            yield body[:length] + bytes(len(body) - length)


def extensions(body: bytes) -> Iterator[bytes]:
    for more in (b"\0", bytes(NONCE + TAG), bytes(CIPHER_SEGMENT), body[-NONCE - TAG - 1 :], body):
        yield body + more
        yield more + body


ATTACKS = {"flip": flips, "swap": swaps, "cut": cuts, "extend": extensions}


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_wrong_byte_leaves_after(attack: str, shelf: Shelf) -> None:
    store, key = blob_store(), new_data_key()
    name = seal(store, CONTENT, key)
    body = shelf.take(name)
    assert what_leaves(store, name, key, len(body)) == (CONTENT, False)
    tried = 0
    for changed in islice(ATTACKS[attack](body), 0, None, shelf.every):
        if changed == body:
            continue
        shelf.put(name, changed)
        left, ended = what_leaves(store, name, key, len(body))
        assert ended, f"{attack} {tried} was not found (STORAGE_SEED={SEED})"
        assert CONTENT.startswith(left), f"{attack} {tried} let wrong bytes out (STORAGE_SEED={SEED})"
        tried += 1
    assert tried * shelf.every >= {"flip": 800, "swap": 9, "cut": 90, "extend": 10}[attack]


def test_another_valid_body_of_the_same_length_is_found(shelf: Shelf) -> None:
    store, key = blob_store(), new_data_key()
    name = seal(store, CONTENT, key)
    size = len(shelf.take(name))
    # The same content under another key, and other content under a third.
    for other in (CONTENT, bytes(len(CONTENT))):
        shelf.put(name, shelf.take(seal(store, other, new_data_key())))
        assert what_leaves(store, name, key, size) == (b"", True)


@pytest.fixture
def two(shelf: Shelf, alice: User, workspace: Workspace) -> tuple[Version, Version]:
    """Return two versions of one file that are equally long."""
    first = put(alice, workspace, "scan.bin", CONTENT)
    sealed = services.seal_upload(actor=alice, workspace=workspace, chunks=[CONTENT[::-1]], into=None)
    second = services.upload_version(actor=alice, file=first.file, sealed=sealed)
    return first, second


def test_an_older_version_of_the_bucket_is_found(shelf: Shelf, alice: User, two: tuple[Version, Version]) -> None:
    first, second = two
    shelf.put(second.blob, shelf.take(first.blob))
    with pytest.raises(DamagedContent):
        read(alice, second)
    assert last_entry().kind == VersionDamaged.kind
    assert read(alice, first) == CONTENT


def test_two_blobs_that_change_places_are_both_found(shelf: Shelf, alice: User, two: tuple[Version, Version]) -> None:
    first, second = (shelf.take(version.blob) for version in two)
    shelf.put(two[0].blob, second)
    shelf.put(two[1].blob, first)
    for version in two:
        with pytest.raises(DamagedContent):
            read(alice, version)


@pytest.mark.parametrize("attack", [*ATTACKS, "remove"])
def test_every_kind_of_damage_is_recorded(attack: str, shelf: Shelf, alice: User, two: tuple[Version, Version]) -> None:
    version, other = two
    if attack == "remove":
        shelf.remove(version.blob)
    else:
        shelf.put(version.blob, next(ATTACKS[attack](shelf.take(version.blob))))
    with pytest.raises(DamagedContent):
        read(alice, version)
    entry = last_entry()
    assert (entry.kind, entry.outcome) == (VersionDamaged.kind, "deny")
    assert read(alice, other) == CONTENT[::-1]

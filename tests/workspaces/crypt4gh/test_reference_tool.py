"""The reference implementation as an oracle, in both directions; and what it does not notice."""

import base64
import hashlib
import io
from pathlib import Path
from typing import Any

import pytest

from workspaces.crypt4gh import (
    SealingWriter,
    SegmentError,
    keys,
    make_header,
    new_data_key,
    open_header,
    open_stream,
    read_header,
)

reference: Any = pytest.importorskip("crypt4gh.lib")
reference_keys: Any = pytest.importorskip("crypt4gh.keys")

SIZES = [0, 1, 65_535, 65_536, 65_537, 131_072, 262_148, 2 * 1024 * 1024 + 7]
READER = keys.generate_secret_key()


def plaintext(size: int) -> bytes:
    return hashlib.shake_256(b"plaintext").digest(size)


def sealed(plain: bytes) -> bytes:
    key, out = new_data_key(), io.BytesIO()
    out.write(make_header(key, keys.public_key(READER)))
    with SealingWriter(key, out.write, hash_content=False) as writer:
        writer.update(plain)
        writer.finish()
    return out.getvalue()


def opened_by_reference(file: bytes) -> bytes:
    out = io.BytesIO()
    reference.decrypt([(0, READER, None)], io.BytesIO(file), out)
    return out.getvalue()


def sealed_by_reference(plain: bytes) -> io.BytesIO:
    out = io.BytesIO()
    writer = keys.generate_secret_key()
    reference.encrypt([(0, writer, keys.public_key(READER))], io.BytesIO(plain), out)
    out.seek(0)
    return out


@pytest.mark.parametrize("size", SIZES)
def test_it_opens_what_we_seal(size: int) -> None:
    assert opened_by_reference(sealed(plaintext(size))) == plaintext(size)


def test_we_open_its_header() -> None:
    file = sealed_by_reference(plaintext(5))
    assert len(open_header(read_header(file), READER)) == 32


def test_we_refuse_its_body_for_its_random_nonces() -> None:
    file = sealed_by_reference(plaintext(70_000))
    key = open_header(read_header(file), READER)
    with pytest.raises(SegmentError, match="Segment 0 carries"):
        list(open_stream(file, key))


def test_it_does_not_notice_a_cut_tail_and_we_do() -> None:
    cut = io.BytesIO(sealed(plaintext(131_072))[: 124 + 65_564])
    assert opened_by_reference(cut.getvalue()) == plaintext(65_536)
    key = open_header(read_header(cut), READER)
    with pytest.raises(SegmentError, match="was cut short"):
        list(open_stream(cut, key))


def test_it_does_not_notice_reordered_segments_and_we_do() -> None:
    file, segment = sealed(plaintext(131_072)), 65_564
    swapped = file[:124] + file[124 + segment :] + file[124 : 124 + segment]
    assert len(opened_by_reference(swapped)) == 131_072
    source = io.BytesIO(swapped)
    key = open_header(read_header(source), READER)
    with pytest.raises(SegmentError, match="Segment 0 carries the nonce of segment 1"):
        list(open_stream(source, key))


@pytest.mark.parametrize("passphrase", [None, "correct horse battery staple"])
def test_it_reads_our_portable_keys(tmp_path: Path, passphrase: str | None) -> None:
    path = tmp_path / "alice.sec"
    path.write_bytes(keys.format_secret_key(READER, passphrase, kdf=keys.PORTABLE, comment="alice"))
    assert bytes(reference_keys.get_private_key(path, lambda: passphrase)) == READER


def test_it_refuses_our_strong_keys(tmp_path: Path) -> None:
    path = tmp_path / "alice.sec"
    path.write_bytes(keys.format_secret_key(READER, "correct horse battery staple"))
    with pytest.raises(SystemExit):
        reference_keys.get_private_key(path, lambda: "correct horse battery staple")


@pytest.mark.parametrize("passphrase", [None, "correct horse battery staple"])
def test_we_read_its_keys(tmp_path: Path, passphrase: str | None) -> None:
    secret, public = tmp_path / "bob.sec", tmp_path / "bob.pub"
    locked = passphrase.encode() if passphrase else None
    reference_keys.c4gh.generate(secret, public, locked, b"bob")
    own = keys.parse_secret_key(secret.read_bytes(), passphrase)
    assert keys.public_key(own) == keys.parse_public_key(public.read_bytes())
    assert keys.public_key(own) == base64.b64decode(public.read_bytes().splitlines()[1])

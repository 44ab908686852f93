"""The published vectors, replayed: every good file opens, every bad one is refused for the right reason."""

import hashlib
import io
import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from workspaces.crypt4gh import (
    Crypt4ghError,
    SealedBody,
    SegmentError,
    errors,
    open_header,
    open_stream,
    read_header,
    verify_commitment,
)

HERE = Path(__file__).parents[2] / "vectors" / "crypt4gh"
DOCUMENT = json.loads((HERE / "vectors.json").read_text())
GENERATOR = runpy.run_path(str(HERE / "generate.py"))
READER = bytes.fromhex(DOCUMENT["reader"]["secret"])
BASES = {base["plaintext_size"]: base for base in DOCUMENT["bases"]}


def named(vectors: list[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vector", [pytest.param(v, id=v["name"]) for v in vectors])


def content(vector: dict[str, Any]) -> bytes:
    built: bytes = GENERATOR["build"](vector["base"], vector["pieces"])
    assert hashlib.sha256(built).hexdigest() == vector["sha256"]
    return built


def stream_plaintext(file: bytes) -> bytes:
    source = io.BytesIO(file)
    return b"".join(open_stream(source, open_header(read_header(source), READER)))


def stored_body(vector: dict[str, Any]) -> SealedBody:
    source = io.BytesIO(content(vector))
    key = open_header(read_header(source), READER)
    body = source.read()
    return SealedBody(
        lambda offset, length: body[offset : offset + length],
        key=key,
        body_size=BASES[vector["base"]]["body_size"],
    )


def test_the_stored_vectors_are_what_the_generator_gives() -> None:
    for name, expected in GENERATOR["files"]().items():
        assert (HERE / name).read_bytes() == expected, name


def test_there_are_vectors_enough() -> None:
    assert len({v["sha256"] for v in DOCUMENT["negative"]}) >= 60


@named(DOCUMENT["positive"])
def test_a_good_file_opens_as_a_stream(vector: dict[str, Any]) -> None:
    plain = stream_plaintext(content(vector))
    assert hashlib.sha256(plain).hexdigest() == BASES[vector["base"]]["plaintext_sha256"]


@named(DOCUMENT["positive"])
def test_a_good_file_opens_as_a_stored_body(vector: dict[str, Any]) -> None:
    body = stored_body(vector)
    plain = b"".join(body.iter_range(0, body.plaintext_size))
    assert hashlib.sha256(plain).hexdigest() == BASES[vector["base"]]["plaintext_sha256"]


@named([v for v in DOCUMENT["negative"] if v["stream"]])
def test_a_bad_file_is_refused_as_a_stream(vector: dict[str, Any]) -> None:
    with pytest.raises(Crypt4ghError) as caught:
        stream_plaintext(content(vector))
    assert type(caught.value).__name__ == vector["stream"]["error"]
    if isinstance(caught.value, SegmentError):
        assert caught.value.segment == vector["stream"]["segment"]


@named([v for v in DOCUMENT["negative"] if not v["stream"]])
def test_an_emptied_file_is_an_empty_stream(vector: dict[str, Any]) -> None:
    assert stream_plaintext(content(vector)) == b""


@named([v for v in DOCUMENT["negative"] if v["record"]])
def test_a_bad_body_is_refused_against_the_record(vector: dict[str, Any]) -> None:
    body = stored_body(vector)
    released: list[bytes] = []
    with pytest.raises(getattr(errors, vector["record"])):
        released.extend(body.iter_range(0, body.plaintext_size))
    assert released == []


@named(DOCUMENT["commitments"])
def test_a_commitment_fits_one_key_file_and_version(vector: dict[str, Any]) -> None:
    arguments = (
        bytes.fromhex(vector["commitment"]),
        bytes.fromhex(vector["key"]),
        vector["file_id"],
        vector["version_id"],
    )
    if vector["error"] is None:
        verify_commitment(*arguments)
        return
    with pytest.raises(getattr(errors, vector["error"])):
        verify_commitment(*arguments)

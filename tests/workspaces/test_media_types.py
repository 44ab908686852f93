"""What kind of bytes these are."""

import gzip
import io
import struct
import tarfile
import zlib
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workspaces.media_types import MediaType, claimed_type, decide, encoding_in_words, sniff, type_in_words

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (bytes(128) + b"DICM\2\0", "application/dicom"),
        (b"II*\0" + b"\x08" * 124 + b"DICM", "application/dicom"),
        (b"MM\0*" + b"\x08" * 124 + b"DICM", "application/dicom"),
        (b"MZ" + bytes(126) + b"DICM", "application/octet-stream"),
        (b"%PDF-1.7\n".ljust(128) + b"DICM", "application/octet-stream"),
        (b"<script>alert(1)</script>".ljust(128) + b"DICM", "application/octet-stream"),
        (b"%PDF-1.7\n", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n\0", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"PK\x03\x04\x14\0", "application/zip"),
        (b"\x1f\x8b\x08", "application/gzip"),
        (b"crypt4gh\1\0\0\0", "application/x-crypt4gh"),
        (b"a,b\n1,2\n", "text/csv; charset=us-ascii"),
        ("Größe, Übel".encode("latin-1"), "text/plain; charset=windows-1252"),
        ("Größe".encode() * 200, "text/plain; charset=utf-8"),
        (b'{"a": 1}', "application/json; charset=us-ascii"),
        (b"[1, 2]", "application/json; charset=us-ascii"),
        (b"<?xml version='1.0'?>", "application/xml; charset=us-ascii"),
        (b"\xef\xbb\xbf<svg xmlns=''>", "application/xml; charset=utf-8"),
        (b"  <!DOCTYPE html>", "text/html; charset=us-ascii"),
        (b"<script>", "text/html; charset=us-ascii"),
        (b"MSH|^~\\&|LAB", "application/hl7-v2; charset=us-ascii"),
        (b"\0\1\2\3", "application/octet-stream"),
        (b"", "application/octet-stream"),
        (b"\x9f\x92\xee\xb1" * 20, "application/octet-stream"),
    ],
)
def test_the_bytes_say_what_they_are(head: bytes, name: str) -> None:
    assert sniff(head) == name


@pytest.mark.parametrize(
    ("head_type", "name", "decided"),
    [
        ("application/zip", "table.xlsx", MediaType(XLSX)),
        ("application/zip", "files.zip", MediaType("application/zip")),
        ("text/plain", "doses.CSV", MediaType("text/csv")),
        ("application/json", "notes.txt", MediaType("text/plain")),
        ("text/plain", "result.json", MediaType("application/json")),
        ("text/plain", "no extension", MediaType("text/plain")),
        ("application/pdf", "protocol.v2", MediaType("application/pdf")),
        ("application/x-executable", "scan.pdf", MediaType("application/x-executable", mismatch=True)),
        ("text/html", "notes.txt", MediaType("text/html", mismatch=True)),
        ("text/html", "picture.png", MediaType("text/html", mismatch=True)),
        ("application/octet-stream", "scan.dcm", MediaType("application/octet-stream", mismatch=True)),
    ],
)
def test_the_name_refines_and_never_overrules(head_type: str, name: str, decided: MediaType) -> None:
    assert decide(head_type, name) == decided


from workspaces.media_types import MediaType, claimed_type, decide, encoding_in_words, sniff, type_in_words


@pytest.mark.parametrize("name", ["scan.dcm", "scan.pdf", "scan.html", "scan.txt"])
def test_a_dicom_file_that_is_something_else_as_well_contradicts_every_name(name: str) -> None:
    decided = decide(sniff(b"%PDF-1.7\n".ljust(128) + b"DICM"), name)
    assert decided.mismatch

"""What kind of bytes these are."""

import io
import struct
import tarfile
import zlib
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workspaces.inspection.archives import packed
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


def edf(signals: int, header: int) -> bytes:
    return b"0       " + bytes(176).replace(b"\0", b" ") + b"%-8d" % header + b" " * 60 + b"%-4d" % signals


def nifti(order: Literal["little", "big"] = "little") -> bytes:
    return (348).to_bytes(4, order) + bytes(340) + b"n+1\0" + bytes(600)


def tar() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a"))
    return packed.getvalue()


def blocked(content: bytes) -> bytes:
    """Return content as blocked gzip has it: with the field that says how long the block is."""
    stream = zlib.compressobj(wbits=-15)
    body = stream.compress(content) + stream.flush()
    field = struct.pack("<HBBHH", 6, ord("B"), ord("C"), 2, len(body) + 25)
    end = struct.pack("<LL", zlib.crc32(content), len(content))
    return b"\x1f\x8b\x08\x04\0\0\0\0\0\xff" + field + body + end


SAS_DATA = bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011")
OF_THE_FIELD = {
    "HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!": "application/x-sas-xport",
    "HEADER RECORD*******LIBV8   HEADER RECORD!!!!!!!": "application/x-sas-xport",
    "##fileformat=VCFv4.3\n#CHROM\tPOS": "text/x-vcf; charset=us-ascii",
    "@SRR1.1 x length=4\nACGT\n+\nFFFF\n": "text/x-fastq; charset=us-ascii",
    ">chr1 human\nACGTNNNN\n": "text/x-fasta; charset=us-ascii",
    "@HD\tVN:1.6\tSO:coordinate\n": "text/x-sam; charset=us-ascii",
    "MSH|^~\\&|LAB|": "application/hl7-v2; charset=us-ascii",
    '{"resourceType": "Patient", "id": "1"}': "application/fhir+json; charset=us-ascii",
    '<?xml version="1.0"?><Patient xmlns="http://hl7.org/fhir">': "application/fhir+xml; charset=us-ascii",
    '<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3">': "application/cda+xml; charset=us-ascii",
    "id\tdose\n1\t5\n2\t6\n": "text/tab-separated-values; charset=us-ascii",
    "id;dose\n1;5,5\n2;6\n": "text/csv; charset=us-ascii",
    "Dear Dr Brandt,\nthe results, as promised, are in.\n": "text/plain; charset=us-ascii",
}


@pytest.mark.parametrize(("head", "name"), OF_THE_FIELD.items())
def test_texts_of_the_field_are_known(head: str, name: str) -> None:
    assert sniff(head.encode()) == name


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (SAS_DATA, "application/x-sas-data"),
        (b"PAR1\x15\x04", "application/vnd.apache.parquet"),
        (b"CRAM\x03\0", "application/x-cram"),
        (nifti(), "application/x-nifti"),
        (nifti("big"), "application/x-nifti"),
        (b"\x1c\x02\0\0n+2\0\r\n\x1a\n", "application/x-nifti"),
        (bytes(344) + b"n+1\0", "application/octet-stream"),
        (edf(3, 1024), "application/x-edf"),
        (edf(3, 1000), "text/plain; charset=us-ascii"),
        (tar(), "application/x-tar"),
        (packed(tar()), "application/x-tar+gzip"),
        (packed(nifti()), "application/x-nifti+gzip"),
        (packed(b"##fileformat=VCFv4.2\n"), "application/x-vcf+gzip"),
        (packed(b"@r\nACGT\n+\nFFFF\n"), "application/x-fastq+gzip"),
        (packed(b"%PDF-1.7"), "application/gzip"),
        (packed(packed(b"x")), "application/gzip"),
        (blocked(b"BAM\1" + bytes(100)), "application/x-bam"),
        (blocked(b"BCF\2\2" + bytes(100)), "application/x-bcf"),
        (blocked(b"##fileformat=VCFv4.2\n"), "application/x-vcf+gzip"),
        (b"#!/bin/sh\nrm -rf /\n", "text/x-script"),
        ("Größe\n".encode("utf-16"), "text/plain; charset=utf-16le"),
        (b"\xfe\xff" + "Größe\n".encode("utf-16be"), "text/plain; charset=utf-16be"),
        (b"\xef\xbb\xbfa", "text/plain; charset=utf-8"),
    ],
)
def test_files_of_the_field_are_known(head: bytes, name: str) -> None:
    assert sniff(head[:1024]) == name


@pytest.mark.parametrize(
    ("head_type", "name", "decided"),
    [
        ("text/x-vcf; charset=us-ascii", "cohort.VCF", MediaType("text/x-vcf")),
        ("text/x-vcf; charset=us-ascii", "cohort.txt", MediaType("text/plain")),
        ("application/x-vcf+gzip", "cohort.vcf.gz", MediaType("application/x-vcf+gzip")),
        ("application/x-vcf+gzip", "cohort.gz", MediaType("application/x-vcf+gzip")),
        ("application/gzip", "brain.nii.gz", MediaType("application/x-nifti+gzip")),
        ("application/gzip", "doses.csv.gz", MediaType("application/x-csv+gzip")),
        ("application/gzip", "doses.tsv.gz", MediaType("application/x-tsv+gzip")),
        ("application/x-tar+gzip", "doses.csv.gz", MediaType("application/x-tar+gzip", mismatch=True)),
        ("application/rtf", "letter.rtf", MediaType("application/rtf")),
        ("application/rtf", "letter.txt", MediaType("application/rtf")),
        ("text/plain; charset=us-ascii", "letter.rtf", MediaType("text/plain", mismatch=True)),
        ("application/x-tar+gzip", "brain.nii.gz", MediaType("application/x-tar+gzip", mismatch=True)),
        ("application/gzip", "reads.bam", MediaType("application/gzip", mismatch=True)),
        ("application/fhir+json", "patient.json", MediaType("application/fhir+json")),
        ("application/cda+xml", "letter.xml", MediaType("application/cda+xml")),
        ("application/json", "cohort.vcf", MediaType("application/json", mismatch=True)),
        ("application/x-executable", "reads.fastq.gz", MediaType("application/x-executable", mismatch=True)),
        (XLSX, "table.docx", MediaType(XLSX, mismatch=True)),
        (XLSX, "table.zip", MediaType(XLSX)),
        ("application/x-ole-storage", "letter.doc", MediaType("application/msword")),
        ("text/csv", "notes.md", MediaType("text/markdown")),
        ("text/x-script", "report.pdf", MediaType("text/x-script", mismatch=True)),
    ],
)
def test_a_kind_may_be_wider_and_never_another_one(head_type: str, name: str, decided: MediaType) -> None:
    assert decide(head_type, name) == decided


def test_an_archive_without_the_parts_of_a_document_is_none() -> None:
    assert decide("application/zip", "table.xlsx", is_no_office=True) == MediaType("application/zip", mismatch=True)
    assert not decide("application/zip", "table.zip", is_no_office=True).mismatch


@pytest.mark.parametrize(
    ("name", "claim"),
    [
        ("a.nii.gz", "application/x-nifti+gzip"),
        ("a.b.gz", "application/gzip"),
        ("A.PDF", "application/pdf"),
        (".gz", None),
        (".nii.gz", "application/gzip"),
        ("gz", None),
        ("a.", None),
    ],
)
def test_the_longest_ending_that_is_known_counts(name: str, claim: str | None) -> None:
    assert claimed_type(name) == claim


def test_the_encoding_of_a_text_has_words() -> None:
    assert encoding_in_words("text/csv; charset=utf-16le") == "UTF-16"
    assert encoding_in_words("image/png") == ""


@pytest.mark.parametrize("kind", sorted({sniff(b"PK\5\6"), XLSX, "application/x-vcf+gzip", "application/x-bam"}))
def test_kinds_of_the_field_have_words(kind: str) -> None:
    assert type_in_words(kind) not in {"Other file", "Text"}


@given(st.binary(max_size=1024))
def test_whatever_comes_has_a_type(head: bytes) -> None:
    assert type_in_words(sniff(head))


@pytest.mark.parametrize("name", ["scan.dcm", "scan.pdf", "scan.html", "scan.txt"])
def test_a_dicom_file_that_is_something_else_as_well_contradicts_every_name(name: str) -> None:
    decided = decide(sniff(b"%PDF-1.7\n".ljust(128) + b"DICM"), name)
    assert decided.mismatch

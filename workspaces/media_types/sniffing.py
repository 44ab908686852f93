"""From the first kilobyte to a media type."""

import re
import zlib
from collections.abc import Callable

from workspaces.inspection import is_tar
from workspaces.media_types.texts import sniff_text

HEAD = 1024
UNKNOWN = "application/octet-stream"
PROGRAM = "application/x-executable"
DICOM = "application/dicom"

_SAS_DATA = bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011")
_SIGNATURES: list[tuple[int, bytes, str]] = [
    (0, b"%PDF-", "application/pdf"),
    (0, b"{\\rtf1", "application/rtf"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"II+\x00", "image/tiff"),
    (0, b"MM\x00+", "image/tiff"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftyp", "video/mp4"),
    (30, b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "application/vnd.oasis.opendocument.spreadsheet"),
    (30, b"mimetypeapplication/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"PK\x05\x06", "application/zip"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"\xfd7zXZ\x00", "application/x-xz"),
    (4, b"1AY&SY", "application/x-bzip2"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),
    (0, b"crypt4gh", "application/x-crypt4gh"),
    (0, b"PAR1", "application/vnd.apache.parquet"),
    (0, b"ARROW1", "application/vnd.apache.arrow.file"),
    (0, b"\x89HDF\r\n\x1a\n", "application/x-hdf5"),
    (0, b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (0, b"HEADER RECORD*******LIB", "application/x-sas-xport"),
    (12, _SAS_DATA, "application/x-sas-data"),
    (0, b"$FL2", "application/x-spss-sav"),
    (0, b"$FL3", "application/x-spss-sav"),
    (0, b"<stata_dta>", "application/x-stata-dta"),
    (0, b"BAM\x01", "application/x-bam"),
    (0, b"BCF\x02", "application/x-bcf"),
    (0, b"CRAM\x02", "application/x-cram"),
    (0, b"CRAM\x03", "application/x-cram"),
    (0, b"\xffBIOSEMI", "application/x-bdf"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (0, b"\x7fELF", PROGRAM),
    (0, b"MZ", PROGRAM),
    (0, b"\xcf\xfa\xed\xfe", PROGRAM),
    (0, b"\xce\xfa\xed\xfe", PROGRAM),
    (0, b"\xca\xfe\xba\xbe", PROGRAM),
    (0, b"#!/", "text/x-script"),
]
_GZIP = b"\x1f\x8b"
_PREAMBLE = 128
# Kinds that say in their own first bytes that they are packed, in blocks or not: no second word about it.
_PACKED_ANYWAY = {"application/x-bam", "application/x-bcf"}
_NAMED_WHEN_PACKED = {
    "text/x-vcf", "text/x-fastq", "text/x-fasta", "text/x-gff", "application/x-nifti", "application/x-tar",
}  # fmt: skip


def sniff(head: bytes) -> str:
    """Return the media type that the first kilobyte speaks for; for text with the encoding it seems to have."""
    if head[_PREAMBLE : _PREAMBLE + 4] == b"DICM":
        return DICOM if _is_dicom_preamble(head[:_PREAMBLE]) else UNKNOWN
    for offset, signature, name in _SIGNATURES:
        if head[offset : offset + len(signature)] == signature:
            return name
    if head.startswith(_GZIP):
        return _sniff_packed(head)
    for fits, name in _SHAPES:
        if fits(head):
            return name
    return sniff_text(head) or UNKNOWN


def _is_dicom_preamble(preamble: bytes) -> bool:
    """Tell a DICOM file from one that is something else as well: what stands before its mark may be run or shown.

    The standard allows a TIFF there, so that a slide can be opened by both kinds of programs (PS3.10, 7.1).
    """
    return not any(preamble) or preamble.startswith((b"II*\x00", b"MM\x00*"))


def _sniff_packed(head: bytes) -> str:
    """Unpack what the kilobyte holds of a gzip file, and say what that is, as far as it matters for the name."""
    try:
        inside = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(head, HEAD)
    except zlib.error:
        return "application/gzip"
    inner = sniff(inside).partition(";")[0] if not inside.startswith(_GZIP) else ""
    if inner in _PACKED_ANYWAY:
        return inner
    # Packed text is no text any more, and nothing that shows texts shows it.
    return f"application/{inner.partition('/')[2]}+gzip" if inner in _NAMED_WHEN_PACKED else "application/gzip"


def _is_nifti(head: bytes) -> bool:
    if head[4:12] in {b"n+2\x00\r\n\x1a\n", b"ni2\x00\r\n\x1a\n"}:
        return True
    return head[344:348] in {b"n+1\x00", b"ni1\x00"} and 348 in {  # noqa: PLR2004  the length of its header
        int.from_bytes(head[:4], "little"), int.from_bytes(head[:4], "big"),
    }  # fmt: skip


def _is_edf(head: bytes) -> bool:
    """Tell a European Data Format by its version and by a length of its header that fits its number of signals."""
    if head[:8] != b"0       " or not re.fullmatch(rb"[0-9]+ *", head[252:256]):
        return False
    return head[184:192].strip() == str(256 * (int(head[252:256]) + 1)).encode()


_SHAPES: list[tuple[Callable[[bytes], bool], str]] = [
    (_is_nifti, "application/x-nifti"),
    (_is_edf, "application/x-edf"),
    (is_tar, "application/x-tar"),
]

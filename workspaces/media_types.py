"""What kind of bytes these are: told from the bytes, refined by the extension, and never the other way round.

Enough to list, to choose an icon and to decide what draws it. It reads the first kilobyte only, so it says "this begins
like a PDF"; whether it is a sound one is for whoever opens it.
"""

import codecs
import re
from dataclasses import dataclass

from workspaces.names import split_extension

HEAD = 1024
UNKNOWN = "application/octet-stream"

_SIGNATURES: list[tuple[int, bytes, str]] = [
    (0, b"%PDF-", "application/pdf"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"PK\x05\x06", "application/zip"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"crypt4gh", "application/x-crypt4gh"),
    (0, b"PAR1", "application/vnd.apache.parquet"),
    (0, b"HEADER RECORD*******LIB", "application/x-sas-xport"),
    (0, b"\x7fELF", "application/x-executable"),
    (0, b"MZ", "application/x-executable"),
]

_PREAMBLE = 128

# What an extension may refine bytes of a type into. Bytes of any other type contradict the extension.
_OFFICE = "application/vnd.openxmlformats-officedocument."
_EXTENSIONS: dict[str, tuple[str, str]] = {
    ".pdf": ("application/pdf", "application/pdf"),
    ".png": ("image/png", "image/png"),
    ".jpg": ("image/jpeg", "image/jpeg"),
    ".jpeg": ("image/jpeg", "image/jpeg"),
    ".gif": ("image/gif", "image/gif"),
    ".webp": ("image/webp", "image/webp"),
    ".tif": ("image/tiff", "image/tiff"),
    ".tiff": ("image/tiff", "image/tiff"),
    ".dcm": ("application/dicom", "application/dicom"),
    ".dicom": ("application/dicom", "application/dicom"),
    ".zip": ("application/zip", "application/zip"),
    ".gz": ("application/gzip", "application/gzip"),
    ".xlsx": ("application/zip", _OFFICE + "spreadsheetml.sheet"),
    ".docx": ("application/zip", _OFFICE + "wordprocessingml.document"),
    ".pptx": ("application/zip", _OFFICE + "presentationml.presentation"),
    ".ods": ("application/zip", "application/vnd.oasis.opendocument.spreadsheet"),
    ".odt": ("application/zip", "application/vnd.oasis.opendocument.text"),
    ".parquet": ("application/vnd.apache.parquet", "application/vnd.apache.parquet"),
    ".xpt": ("application/x-sas-xport", "application/x-sas-xport"),
    ".c4gh": ("application/x-crypt4gh", "application/x-crypt4gh"),
    ".csv": ("text/plain", "text/csv"),
    ".tsv": ("text/plain", "text/tab-separated-values"),
    ".txt": ("text/plain", "text/plain"),
    ".md": ("text/plain", "text/markdown"),
    ".log": ("text/plain", "text/plain"),
    ".json": ("application/json", "application/json"),
    ".geojson": ("application/json", "application/json"),
    ".xml": ("application/xml", "application/xml"),
    ".svg": ("application/xml", "image/svg+xml"),
    ".html": ("text/html", "text/html"),
    ".htm": ("text/html", "text/html"),
    ".hl7": ("application/hl7-v2", "application/hl7-v2"),
    ".vcf": ("text/plain", "text/x-vcf"),
    ".fasta": ("text/plain", "text/x-fasta"),
}
_TEXT = {"text/plain", "text/html", "application/json", "application/xml", "application/hl7-v2"}

_MARKUP = re.compile(rb"<(!doctype html|html|head|body|script|svg|iframe)\b", re.IGNORECASE)
_CONTROL = frozenset(range(32)) - set(b"\t\n\r\f\x0b\x1c")


@dataclass(frozen=True)
class MediaType:
    """`mismatch`: the extension promises something else; such a file is kept, marked and never shown inline."""

    name: str
    mismatch: bool = False


def sniff(head: bytes) -> str:
    """Return the media type that the first kilobyte speaks for."""
    if head[_PREAMBLE : _PREAMBLE + 4] == b"DICM":
        return "application/dicom" if _is_dicom_preamble(head[:_PREAMBLE]) else UNKNOWN
    for offset, signature, name in _SIGNATURES:
        if head[offset : offset + len(signature)] == signature:
            return name
    return _sniff_text(head) if _is_text(head) else UNKNOWN


def decide(head_type: str, name: str) -> MediaType:
    """Return the type of a file whose bytes begin as `head_type` and that is called `name`."""
    extension = split_extension(name)[1].lower()
    if extension not in _EXTENSIONS:
        return MediaType(head_type)
    expected, refined = _EXTENSIONS[extension]
    if head_type == expected or (expected in _TEXT and head_type == "text/plain"):
        return MediaType(refined)
    if expected == "text/plain" and head_type in _TEXT - {"text/html"}:
        # A CSV may begin with a brace, and a note with "MSH|": still text, and shown as text.
        return MediaType(refined)
    return MediaType(head_type, mismatch=True)


def _is_dicom_preamble(preamble: bytes) -> bool:
    """Tell a DICOM file from one that is something else as well: what stands before its mark may be run or shown.

    The standard allows a TIFF there, so that a slide can be opened by both kinds of programs (PS3.10, 7.1).
    """
    return not any(preamble) or preamble.startswith((b"II*\x00", b"MM\x00*"))


def _is_text(head: bytes) -> bool:
    if not head or _CONTROL.intersection(head):
        return False
    try:
        # The kilobyte may end inside a character.
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        # Tables from older programs come in an 8-bit code: still text, if most of it is plain letters.
        return sum(byte < 0x80 for byte in head) * 10 >= len(head) * 7  # noqa: PLR2004
    return True


def _sniff_text(head: bytes) -> str:
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if start.startswith(b"<?xml"):
        return "application/xml"
    if _MARKUP.match(start):
        return "application/xml" if start[:4].lower() == b"<svg" else "text/html"
    if start.startswith((b"MSH|", b"FHS|", b"BHS|")):
        return "application/hl7-v2"
    return "application/json" if re.match(rb'[{\[]\s*["{\[\]}\d-]', start) else "text/plain"

"""Text: in which encoding it seems to be, and whether it is of a kind that we know."""

import codecs
import re

_CONTROL = frozenset(range(32)) - set(b"\t\n\r\f\x0b\x1c")
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16le", codecs.BOM_UTF16_BE: "utf-16be"}
# The narrowest first; nearly every byte is a letter in the last one.
_ENCODINGS = ("us-ascii", "utf-8", "windows-1252")
_MARKUP = re.compile(r"<(!doctype html|html|head|body|script|svg|iframe)\b", re.IGNORECASE)
_JSON = re.compile(r'[{\[]\s*["{\[\]}\d-]')
_FHIR = re.compile(r'"resourceType"\s*:\s*"[A-Z]')
_KINDS: list[tuple[re.Pattern[str], str]] = [
    (re.compile(r"##fileformat=VCF"), "text/x-vcf"),
    (re.compile(r"##gff-version"), "text/x-gff"),
    (re.compile(r"@HD\tVN:|@SQ\tSN:"), "text/x-sam"),
    (re.compile(r"@[^\n]+\n[A-Za-z.*-]+\r?\n\+"), "text/x-fastq"),
    (re.compile(r">[^\n]+\n[A-Za-z*-]+\r?(\n|$)"), "text/x-fasta"),
    (re.compile(r"(MSH|FHS|BHS)\|"), "application/hl7-v2"),
]
_XML_KINDS: list[tuple[re.Pattern[str], str]] = [
    (re.compile(r"<(\w+:)?ClinicalDocument\b"), "application/cda+xml"),
    (re.compile(r"""xmlns(:\w+)?=["']http://hl7\.org/fhir["']"""), "application/fhir+xml"),
]
_SEPARATORS = {"\t": "text/tab-separated-values", ";": "text/csv", ",": "text/csv"}
_LINES_OF_A_TABLE = 2


def sniff_text(head: bytes) -> str:
    """Return the kind of text that begins so, with its encoding, or nothing where it is no text."""
    for mark, name in _MARKS.items():
        if head.startswith(mark):
            return _named(head.removeprefix(mark), name)
    return next((kind for name in _ENCODINGS if (kind := _named(head, name))), "")


def _named(head: bytes, encoding: str) -> str:
    text = _decoded(head, encoding)
    if not text:
        return ""
    return f"{_kind_of(text.lstrip())}; charset={encoding}"


def _decoded(head: bytes, encoding: str) -> str:
    """Return the text, or nothing where these bytes are none in this encoding."""
    try:
        # The kilobyte may end inside a character.
        text = codecs.getincrementaldecoder(encoding)("replace" if encoding == "windows-1252" else "strict").decode(
            head
        )
    except UnicodeDecodeError:
        return ""
    if any(ord(letter) in _CONTROL for letter in text):
        return ""
    # Tables from older programs come in an 8-bit code: still text, if most of it is plain letters.
    if encoding == "windows-1252" and sum(letter < "\x80" for letter in text) * 10 < len(text) * 7:
        return ""
    return text


def _kind_of(text: str) -> str:
    if text.startswith("<?xml") or text[:4].lower() == "<svg":
        return next((kind for form, kind in _XML_KINDS if form.search(text)), "application/xml")
    if _MARKUP.match(text):
        return "text/html"
    for form, kind in _XML_KINDS:
        if text.startswith("<") and form.search(text):
            return kind
    for form, kind in _KINDS:
        if form.match(text):
            return kind
    if _JSON.match(text):
        return "application/fhir+json" if _FHIR.search(text) else "application/json"
    return _table(text) or "text/plain"


def _table(text: str) -> str:
    """Return the kind of table that a text is, if every whole line has the same number of separators, or nothing."""
    lines = text.splitlines()[:-1] if len(text.splitlines()) > _LINES_OF_A_TABLE else text.splitlines()
    if len(lines) < _LINES_OF_A_TABLE:
        return ""
    for separator, kind in _SEPARATORS.items():
        counts = {line.count(separator) for line in lines}
        if len(counts) == 1 and counts != {0}:
            return kind
    return ""

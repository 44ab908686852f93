"""What a name promises, and whether the bytes keep it."""

from dataclasses import dataclass

_OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX = _OFFICE + "wordprocessingml.document"
XLSX = _OFFICE + "spreadsheetml.sheet"
PPTX = _OFFICE + "presentationml.presentation"
OFFICE_TYPES = {"word": DOCX, "xl": XLSX, "ppt": PPTX}
"""By the folder in which such a document keeps its main part."""
_HTML = "text/html"
_ZIP = "application/zip"
_GZIP = "application/gzip"

_ENDINGS: dict[str, str] = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".svs": "image/tiff",
    ".heic": "image/heic",
    ".mp4": "video/mp4",
    ".wav": "audio/wav",
    ".dcm": "application/dicom",
    ".dicom": "application/dicom",
    ".zip": _ZIP,
    ".gz": _GZIP,
    ".tar": "application/x-tar",
    ".tar.gz": "application/x-tar+gzip",
    ".tgz": "application/x-tar+gzip",
    ".7z": "application/x-7z-compressed",
    ".rar": "application/vnd.rar",
    ".xz": "application/x-xz",
    ".bz2": "application/x-bzip2",
    ".zst": "application/zstd",
    ".xlsx": XLSX,
    ".docx": DOCX,
    ".pptx": PPTX,
    ".xls": "application/vnd.ms-excel",
    ".doc": "application/msword",
    ".ppt": "application/vnd.ms-powerpoint",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".rtf": "application/rtf",
    ".parquet": "application/vnd.apache.parquet",
    ".arrow": "application/vnd.apache.arrow.file",
    ".h5": "application/x-hdf5",
    ".xpt": "application/x-sas-xport",
    ".sas7bdat": "application/x-sas-data",
    ".sav": "application/x-spss-sav",
    ".c4gh": "application/x-crypt4gh",
    ".bam": "application/x-bam",
    ".bcf": "application/x-bcf",
    ".cram": "application/x-cram",
    ".sam": "text/x-sam",
    ".vcf": "text/x-vcf",
    ".vcf.gz": "application/x-vcf+gzip",
    ".fastq": "text/x-fastq",
    ".fq": "text/x-fastq",
    ".fastq.gz": "application/x-fastq+gzip",
    ".fq.gz": "application/x-fastq+gzip",
    ".fasta": "text/x-fasta",
    ".fa": "text/x-fasta",
    ".fasta.gz": "application/x-fasta+gzip",
    ".fa.gz": "application/x-fasta+gzip",
    ".nii": "application/x-nifti",
    ".nii.gz": "application/x-nifti+gzip",
    ".edf": "application/x-edf",
    ".bdf": "application/x-bdf",
    ".csv": "text/csv",
    ".csv.gz": "application/x-csv+gzip",
    ".tsv": "text/tab-separated-values",
    ".tsv.gz": "application/x-tsv+gzip",
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".log": "text/plain",
    ".json": "application/json",
    ".geojson": "application/json",
    ".xml": "application/xml",
    ".svg": "image/svg+xml",
    ".html": _HTML,
    ".htm": _HTML,
    ".hl7": "application/hl7-v2",
}

# What a kind is as well: a name that promises the wider kind keeps its promise.
_IS_ALSO: dict[str, str] = {
    "application/fhir+json": "application/json",
    "application/fhir+xml": "application/xml",
    "application/cda+xml": "application/xml",
    "application/rtf": "text/plain",
    "image/svg+xml": "application/xml",
    DOCX: _ZIP,
    XLSX: _ZIP,
    PPTX: _ZIP,
    "application/vnd.oasis.opendocument.spreadsheet": _ZIP,
    "application/vnd.oasis.opendocument.text": _ZIP,
    "application/x-bam": _GZIP,
    "application/x-bcf": _GZIP,
    "application/x-vcf+gzip": _GZIP,
    "application/x-csv+gzip": _GZIP,
    "application/x-tsv+gzip": _GZIP,
    "application/x-fastq+gzip": _GZIP,
    "application/x-fasta+gzip": _GZIP,
    "application/x-gff+gzip": _GZIP,
    "application/x-nifti+gzip": _GZIP,
    "application/x-tar+gzip": _GZIP,
}
# Bytes of which the first kilobyte tells no more than this may be what the name says.
_MAY_BE: dict[str, set[str]] = {
    "text/plain": {
        "text/x-sam", "text/x-vcf", "text/x-fastq", "text/x-fasta", "application/json", "application/xml",
        "application/hl7-v2", _HTML,
    },
    "application/xml": {"image/svg+xml"},
    _ZIP: {
        DOCX, XLSX, PPTX, "application/vnd.oasis.opendocument.spreadsheet", "application/vnd.oasis.opendocument.text",
    },
    _GZIP: {kind for kind, wider in _IS_ALSO.items() if wider == _GZIP and kind.endswith("+gzip")},
    "application/x-ole-storage": {"application/vnd.ms-excel", "application/msword", "application/vnd.ms-powerpoint"},
}  # fmt: skip
_ANY_TEXT = {"text/plain", "text/csv", "text/tab-separated-values", "text/markdown"}
_OTHER_TEXT = {"application/json", "application/fhir+json", "application/xml", "application/fhir+xml",
               "application/cda+xml", "application/hl7-v2"}  # fmt: skip


@dataclass(frozen=True)
class MediaType:
    """`mismatch`: the name promises something else; such a file is kept, marked and never shown."""

    name: str
    mismatch: bool = False


def plain_type(media_type: str) -> str:
    """Return a media type without what is said about its encoding."""
    return media_type.partition(";")[0]


def claimed_type(name: str) -> str | None:
    """Return the type that a name promises by its ending, the longest that we know, or None."""
    # What comes first is no ending: something called ".gz" has none.
    parts = name.lower().lstrip(".").split(".")
    for count in (2, 1):
        if len(parts) > count and (claim := _ENDINGS.get("." + ".".join(parts[-count:]))):
            return claim
    return None


def decide(head_type: str, name: str, *, is_no_office: bool = False) -> MediaType:
    """Return the type of a file whose bytes begin as `head_type` and that is called `name`.

    `is_no_office`: all of it was looked into, and a ZIP archive is nothing more than that.
    """
    told, claim = plain_type(head_type), claimed_type(name)
    if claim is None or told == claim:
        return MediaType(told)
    if claim in _ANY_TEXT and _is_text(told):
        # A CSV may begin with a brace, and a note with "MSH|": still text, and shown as text.
        return MediaType(claim)
    may_be = _MAY_BE.get("text/plain" if told in _ANY_TEXT else told, set())
    if claim in may_be and not (is_no_office and told == _ZIP):
        return MediaType(claim)
    return MediaType(told, mismatch=_IS_ALSO.get(told) != claim)


def _is_text(told: str) -> bool:
    return told != _HTML and ((told.startswith("text/") and "+" not in told) or told in _OTHER_TEXT)

"""Which kinds of files a request takes, in words that whoever makes one understands."""

from collections.abc import Collection

from django.db import models

from workspaces.media_types import MediaType, claimed_type, decide

_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
_TEXTS = ("text/plain", "text/markdown", "application/json", "application/fhir+json", "application/xml",
          "application/fhir+xml", "application/cda+xml", "application/hl7-v2")  # fmt: skip
_TABLES = ("text/csv", "text/tab-separated-values", f"{_OFFICE}spreadsheetml.sheet", "application/vnd.ms-excel",
           f"{_OPEN}spreadsheet", "application/vnd.apache.parquet", "application/vnd.apache.arrow.file",
           "application/x-hdf5", "application/x-sas-xport", "application/x-sas-data",
           "application/x-spss-sav")  # fmt: skip
_DOCUMENTS = ("application/pdf", f"{_OFFICE}wordprocessingml.document", f"{_OFFICE}presentationml.presentation",
              "application/msword", "application/vnd.ms-powerpoint", f"{_OPEN}text")  # fmt: skip
_GENOMES = ("application/x-bam", "application/x-bcf", "application/x-cram", "text/x-sam", "text/x-vcf", "text/x-fastq",
            "text/x-fasta", "application/x-vcf+gzip", "application/x-fastq+gzip",
            "application/x-fasta+gzip")  # fmt: skip
_ARCHIVES = ("application/zip", "application/gzip", "application/x-tar", "application/x-tar+gzip",
             "application/x-7z-compressed", "application/vnd.rar", "application/x-xz", "application/x-bzip2",
             "application/zstd")  # fmt: skip
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/tiff", "image/heic")


class Kind(models.TextChoices):
    DOCUMENTS = "documents", "Documents (PDF, Word, PowerPoint, OpenDocument)"
    TABLES = "tables", "Tables (CSV, Excel, Parquet, SAS, SPSS)"
    TEXTS = "texts", "Texts and messages (plain text, JSON, XML, FHIR, HL7)"
    PICTURES = "pictures", "Pictures (PNG, JPEG, TIFF, …)"
    IMAGING = "imaging", "Medical images (DICOM, NIfTI)"
    SIGNALS = "signals", "Signals (EDF, BDF)"
    GENOMES = "genomes", "Genomes (BAM, CRAM, VCF, FASTQ, FASTA)"
    ARCHIVES = "archives", "Archives (ZIP, tar, gzip, 7z)"
    SEALED = "sealed", "Files sealed with Crypt4GH"


_TYPES: dict[str, Collection[str]] = {
    Kind.DOCUMENTS: _DOCUMENTS,
    Kind.TABLES: _TABLES,
    Kind.TEXTS: _TEXTS,
    Kind.PICTURES: _PICTURES,
    Kind.IMAGING: ("application/dicom", "application/x-nifti", "application/x-nifti+gzip"),
    Kind.SIGNALS: ("application/x-edf", "application/x-bdf"),
    Kind.GENOMES: _GENOMES,
    Kind.ARCHIVES: _ARCHIVES,
    Kind.SEALED: ("application/x-crypt4gh",),
}


def takes(kinds: Collection[str], found: MediaType) -> bool:
    """Say whether a file of this type is among the kinds; no kinds are all kinds."""
    if not kinds:
        return True
    return not found.mismatch and any(found.name in _TYPES[kind] for kind in kinds)


def promises(kinds: Collection[str], name: str) -> bool:
    """Say whether a name may belong to one of the kinds, before a byte has come. One that promises nothing may."""
    claimed = claimed_type(name)
    return claimed is None or takes(kinds, decide(claimed, name))


def in_words(kinds: Collection[str]) -> str:
    return "; ".join(str(Kind(kind).label) for kind in kinds) or "Every kind of file"

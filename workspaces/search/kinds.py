"""Kinds of files by which a search can be narrowed: coarser than media types, in the words of the people."""

from functools import reduce
from operator import or_

from django.db.models import Q

TYPES = {
    "scan": "Medical images",
    "image": "Pictures",
    "pdf": "PDF documents",
    "document": "Office documents",
    "table": "Tables",
    "genome": "Genomes and variants",
    "data": "Structured data",
    "text": "Texts",
    "archive": "Archives",
}

_PARTS = {
    "scan": ("application/dicom", "application/x-nifti"),
    "image": ("image/",),
    "pdf": ("application/pdf",),
    "document": ("application/msword", "application/vnd.ms-powerpoint", "application/x-ole-storage"),
    "table": (
        "text/csv",
        "text/tab-separated-values",
        "application/vnd.ms-excel",
        "application/vnd.apache.",
        "application/x-sas-",
        "application/x-spss-",
        "application/x-stata-",
    ),
    "genome": (
        "application/x-bam",
        "application/x-cram",
        "application/x-bcf",
        "application/x-vcf",
        "application/x-fast",
        "application/x-gff",
        "text/x-sam",
        "text/x-vcf",
        "text/x-fast",
        "text/x-gff",
    ),
    "data": (
        "application/json",
        "application/fhir",
        "application/cda",
        "application/hl7-v2",
        "application/xml",
        "application/x-hdf5",
        "application/vnd.sqlite3",
    ),
    "text": ("text/plain", "text/markdown", "text/html"),
    "archive": (
        "application/zip",
        "application/x-tar",
        "application/x-7z",
        "application/vnd.rar",
        "application/gzip",
        "application/x-xz",
        "application/x-bzip2",
        "application/zstd",
    ),
}
# Of the long names of office formats the end says what they are.
_ENDS = {
    "document": ("wordprocessingml.document", "presentationml.presentation", "opendocument.text"),
    "table": ("spreadsheetml.sheet", "opendocument.spreadsheet"),
}


def of_type(name: str) -> Q:
    """Return the condition that the newest version of a file is of a kind."""
    begins = [Q(current_version__media_type__startswith=part) for part in _PARTS[name]]
    ends = [Q(current_version__media_type__endswith=part) for part in _ENDS.get(name, ())]
    return reduce(or_, begins + ends)

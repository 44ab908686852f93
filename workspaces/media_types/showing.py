"""What people are told about a type."""

from workspaces.media_types.claims import DOCX, PPTX, XLSX, plain_type

_WORDS = {
    "application/dicom": "Medical image (DICOM)",
    "application/x-nifti": "Medical image (NIfTI)",
    "application/x-nifti+gzip": "Medical image (NIfTI), compressed",
    "application/x-edf": "Signals (EDF)",
    "application/x-bdf": "Signals (BDF)",
    "application/pdf": "PDF document",
    "application/json": "Data (JSON)",
    "application/fhir+json": "Health data (FHIR, JSON)",
    "application/fhir+xml": "Health data (FHIR, XML)",
    "application/cda+xml": "Clinical document (CDA)",
    "application/hl7-v2": "Messages (HL7 v2)",
    "application/xml": "Data (XML)",
    "application/zip": "Archive (ZIP)",
    "application/x-tar": "Archive (tar)",
    "application/x-tar+gzip": "Archive (tar), compressed",
    "application/x-7z-compressed": "Archive (7-Zip)",
    "application/vnd.rar": "Archive (RAR)",
    "application/gzip": "Compressed file (gzip)",
    "application/x-xz": "Compressed file (xz)",
    "application/x-bzip2": "Compressed file (bzip2)",
    "application/zstd": "Compressed file (Zstandard)",
    "application/x-crypt4gh": "Sealed file (Crypt4GH)",
    "application/x-executable": "Program",
    "text/x-script": "Program (script)",
    "application/octet-stream": "Not recognised",
    "application/vnd.apache.parquet": "Table (Parquet)",
    "application/vnd.apache.arrow.file": "Table (Arrow)",
    "application/x-sas-xport": "Table (SAS transport)",
    "application/x-sas-data": "Table (SAS)",
    "application/x-spss-sav": "Table (SPSS)",
    "application/x-stata-dta": "Table (Stata)",
    "application/x-hdf5": "Data (HDF5)",
    "application/vnd.sqlite3": "Database (SQLite)",
    "application/x-ole-storage": "Office document (old kind)",
    "application/msword": "Text document (Word, old kind)",
    "application/vnd.ms-excel": "Spreadsheet (Excel, old kind)",
    "application/vnd.ms-powerpoint": "Presentation (PowerPoint, old kind)",
    DOCX: "Text document (Word)",
    XLSX: "Spreadsheet (Excel)",
    PPTX: "Presentation (PowerPoint)",
    "application/vnd.oasis.opendocument.spreadsheet": "Spreadsheet (OpenDocument)",
    "application/vnd.oasis.opendocument.text": "Text document (OpenDocument)",
    "application/rtf": "Text document (RTF)",
    "application/x-bam": "Reads, aligned (BAM)",
    "application/x-cram": "Reads, aligned (CRAM)",
    "text/x-sam": "Reads, aligned (SAM)",
    "application/x-bcf": "Variants (BCF)",
    "text/x-vcf": "Variants (VCF)",
    "application/x-vcf+gzip": "Variants (VCF), compressed",
    "text/x-fastq": "Reads (FASTQ)",
    "application/x-fastq+gzip": "Reads (FASTQ), compressed",
    "text/x-fasta": "Sequences (FASTA)",
    "application/x-fasta+gzip": "Sequences (FASTA), compressed",
    "text/x-gff": "Annotations (GFF)",
    "application/x-gff+gzip": "Annotations (GFF), compressed",
    "text/csv": "Table (CSV)",
    "text/tab-separated-values": "Table (tab-separated)",
    "application/x-csv+gzip": "Table (CSV), compressed",
    "application/x-tsv+gzip": "Table (tab-separated), compressed",
    "text/html": "Web page (HTML)",
}
_FAMILIES = {"image": "Image", "text": "Text", "video": "Video", "audio": "Sound"}
_ENCODINGS = {
    "us-ascii": "plain letters (ASCII)",
    "utf-8": "UTF-8",
    "utf-16le": "UTF-16",
    "utf-16be": "UTF-16",
    "windows-1252": "an 8-bit code (Windows-1252 or alike)",
}
_TABLES = (
    "text/csv",
    "text/tab-separated-values",
    "x-csv",
    "x-tsv",
    "spreadsheet",
    "ms-excel",
    "parquet",
    "sas",
    "arrow",
    "spss",
    "stata",
)


def type_in_words(media_type: str) -> str:
    """Return what a kind of file is called by people who do not know media types."""
    kind = plain_type(media_type)
    return _WORDS.get(kind) or _FAMILIES.get(kind.partition("/")[0], "Other file")


def encoding_in_words(detected: str) -> str:
    """Return what the encoding of a text is called, or nothing where none was told."""
    return _ENCODINGS.get(_encoding_of(detected), "")


def icon_of(media_type: str) -> str:
    """Return the symbol of a kind of file."""
    if media_type.startswith("image/") or "dicom" in media_type or "nifti" in media_type:
        return "image"
    if media_type == "application/pdf":
        return "pdf"
    return "table" if any(word in media_type for word in _TABLES) else "file"


def _encoding_of(detected: str) -> str:
    return detected.partition("charset=")[2]
